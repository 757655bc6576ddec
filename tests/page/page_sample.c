/* Writes each state of the page into a folder, NAME.html, with the files that it refers to: page_sample
   FOLDER. The browser tests look at these. */
#include <stdio.h>

#include "page_state.h"
#include "tconnectsync/base/buffer.h"
#include "tconnectsync/page/web_file.h"

static bool write_file(const char *folder, const char *name, const char *suffix, const char *data,
                       size_t length)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s%s", folder, name, suffix);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, length, file) != length || fclose(file) != 0) {
        perror(path);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct page_state state;
    bool good = argc == 2;
    for (size_t i = 0; good && i < web_file_count; i++)
        good = write_file(argv[1], web_files[i].name, "", web_files[i].data, web_files[i].length);
    for (size_t i = 0; good && i < page_state_count; i++) {
        struct buffer page;
        buffer_init(&page, PAGE_MAXIMUM);
        page_state_set(&state, page_state_names[i]);
        for (enum page_language language = 0; good && language < LANGUAGE_COUNT; language++) {
            static const char *const suffixes[] = {".html", ".es.html", ".de.html", ".fr.html"};
            buffer_clear(&page);
            state.view.reader.language = language;
            page_render(&state.view, &page);
            good = write_file(argv[1], page_state_names[i], suffixes[language], page.data, page.length);
        }
        buffer_free(&page);
    }
    return good ? 0 : 1;
}
