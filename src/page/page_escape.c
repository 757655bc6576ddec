/* Any text into markup, as text. */
#include "page_internal.h"

#include <string.h>

void page_text(struct buffer *out, const char *text)
{
    static const char special[] =
        "<>&\"'\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15"
        "\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f";
    while (text && *text) {
        size_t plain = strcspn(text, special);
        buffer_add(out, text, plain);
        text += plain;
        if (!*text)
            break;
        switch (*text++) {
        case '<':
            buffer_add_text(out, "&lt;");
            break;
        case '>':
            buffer_add_text(out, "&gt;");
            break;
        case '&':
            buffer_add_text(out, "&amp;");
            break;
        case '"':
            buffer_add_text(out, "&quot;");
            break;
        case '\'':
            buffer_add_text(out, "&#39;");
            break;
        default:
            buffer_add_text(out, " ");
        }
    }
}
