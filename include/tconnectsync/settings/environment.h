/* environment.h - where settings come from: the process's environment, files that hold a secret, .env files. */
#ifndef TCONNECTSYNC_ENVIRONMENT_H
#define TCONNECTSYNC_ENVIRONMENT_H

#include "tconnectsync/settings/configuration.h"

struct environment;
struct error;

/* Reads .env in the working folder and ~/.config/tconnectsync/.env or, in place of both, the file of that path, which
   then must be readable: else NULL. */
struct environment *environment_new(const char *file, struct error *error);
/* Wipes what it read, secrets in the process's own variables too: who needs a setting has it by now. */
void environment_free(struct environment *environment);

/* A configuration_lookup; its context is the environment. In this order: the process's variable NAME; for a secret the
   file that NAME_FILE names, then NAME or name in $CREDENTIALS_DIRECTORY; NAME, and for a secret NAME_FILE, in the .env
   of the working folder, then in that of the home. One newline at a file's end is cut. */
const char *environment_lookup(void *environment, const char *name);

/* Adds to the people's warnings and problems what is wrong with the files and the names, without any value. */
void environment_review(const struct environment *environment, struct configuration *const *people,
                        size_t count);

#endif
