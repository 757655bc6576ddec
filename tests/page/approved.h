/* approved.h - texts that somebody has looked at and found right: what the program says today is compared
   with them, word for word. APPROVE=1 in the environment writes them anew instead. */
#ifndef APPROVED_H
#define APPROVED_H

#include "page_internal.h"

struct approved {
    char path[4096];
    struct buffer said;
    const struct buffer *base; /* what a case has in common with it is not written again; NULL: nothing */
};

/* Where the files are. */
extern const char *approved_folder;

/* base must outlive it. */
void approved_begin(struct approved *approved, const char *file, const struct buffer *base);
/* A line for each line or element of the text; "= 12-40" where it goes on as the base does there. */
void approved_add(struct approved *approved, const char *name, const struct buffer *text);
/* What that part of the page says in the view's language. */
void approved_add_part(struct approved *approved, const struct page_view *view, const char *name,
                       page_part *part);
/* Compares, or writes anew; a difference fails the test and tells the first line that differs. */
void approved_end(struct approved *approved);

#endif
