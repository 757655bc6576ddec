/* url_parts.h - the parts of an absolute URL that settings are judged by. */
#ifndef TCONNECTSYNC_URL_PARTS_H
#define TCONNECTSYNC_URL_PARTS_H

#include <stdbool.h>
#include <stddef.h>

struct url_parts {
    char scheme[16]; /* lower case */
    char host[256];  /* lower case; IPv6 without its brackets */
    unsigned port;   /* 0: none given */
    const char *userinfo; /* into the parsed text; not NUL-terminated */
    size_t userinfo_length;
    bool has_userinfo;
    const char *path; /* into the parsed text; "" or begins with '/'; not NUL-terminated */
    size_t path_length;
    bool has_query, has_fragment;
};

/* False when text is no absolute URL of printable ASCII with a plausible host and port. */
bool url_parse(const char *text, struct url_parts *url);
/* The host is this machine whatever a name server says: localhost, 127.0.0.0/8, ::1. */
bool url_is_loopback(const struct url_parts *url);

#endif
