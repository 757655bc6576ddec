/* One error in words, filled in one line. */
#include "tconnectsync/base/error.h"

#include <stdarg.h>
#include <stdio.h>

bool error_set(struct error *error, enum error_kind kind, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        error->kind = kind;
        error->status = 0;
        vsnprintf(error->text, sizeof error->text, format, arguments);
        va_end(arguments);
    }
    return false;
}
