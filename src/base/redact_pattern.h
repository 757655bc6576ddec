/* redact_pattern.h - within core: secrets that are known by their shape. */
#ifndef TCONNECTSYNC_REDACT_PATTERN_H
#define TCONNECTSYNC_REDACT_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* How much of the text, from its start, is such a secret; 0: none is there. Its first
   *kept bytes may be shown. */
size_t redact_pattern_at(const char *text, size_t length, bool begins_word, size_t *kept, const char **label);
/* A character that no word goes across. */
bool redact_ends_word(char c);

#endif
