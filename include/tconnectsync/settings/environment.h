/* environment.h - where settings come from: the process's environment, files that hold a secret, .env files. */
#ifndef TCONNECTSYNC_ENVIRONMENT_H
#define TCONNECTSYNC_ENVIRONMENT_H

struct environment;
struct log;

/* Reads .env in the working folder and ~/.config/tconnectsync/.env. What cannot be read or understood there is
   logged, without any value; log is not kept. */
struct environment *environment_new(struct log *log);
/* Wipes what it read, secrets in the process's own variables too: who needs a setting has it by now. */
void environment_free(struct environment *environment);

/* A configuration_lookup; its context is the environment. In this order: the process's variable NAME; for a secret the
   file that NAME_FILE names, then NAME or name in $CREDENTIALS_DIRECTORY; NAME, and for a secret NAME_FILE, in the .env
   of the working folder, then in that of the home. One newline at a file's end is cut. */
const char *environment_lookup(void *environment, const char *name);

#endif
