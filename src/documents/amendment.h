/* amendment.h - whose words a stored document holds. */
#ifndef TCONNECTSYNC_AMENDMENT_H
#define TCONNECTSYNC_AMENDMENT_H

#include <stdbool.h>

#include "tconnectsync/documents/document.h"

/* The pump's words for a sleep or exercise that goes on, and nothing that a person
   added. text may be NULL. */
bool says_not_ended(enum document_kind kind, const char *text);

#endif
