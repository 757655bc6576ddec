/* memory.h - allocation that either succeeds or ends the process with a message. */
#ifndef TCONNECTSYNC_MEMORY_H
#define TCONNECTSYNC_MEMORY_H

#include <stddef.h>

/* Ends the process with this line and status 1: it cannot go on, and what Nightscout
   holds is complete in itself. */
void end_process(const char *why) __attribute__((noreturn));

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *memory, size_t size);
void *xreallocarray(void *memory, size_t count, size_t size);
char *xstrdup(const char *text); /* NULL gives NULL */
char *xstrndup(const char *text, size_t length);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For libraries through whose hands secrets go: nothing of them stays behind where
   they have freed or moved memory. */
void free_wiped(void *memory);
void *xrealloc_wiped(void *memory, size_t size);

/* Overwrites a string that held a secret, then frees it. NULL is allowed. */
void free_secret(char *text);

#endif
