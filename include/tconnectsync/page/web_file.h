/* web_file.h - the files of src/page/web, built into the program. */
#ifndef TCONNECTSYNC_WEB_FILE_H
#define TCONNECTSYNC_WEB_FILE_H

#include <stddef.h>

struct web_file {
    const char *name; /* "page.css" */
    const char *type; /* Content-Type */
    const char *tag;  /* of the content: for ETag, and in addresses so that they can be cached forever */
    const char *data; /* NUL-terminated */
    size_t length;
    const char *gzip;
    size_t gzip_length;
};

extern const struct web_file web_files[];
extern const size_t web_file_count;

/* NULL when there is none of that name. */
const struct web_file *web_file_find(const char *name);

#endif
