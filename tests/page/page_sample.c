/* Writes each state of the page into a folder, NAME.html, with the files that it refers to: page_sample
   FOLDER. The browser tests look at these. page_sample -: each line of standard input, a message of the
   program, in Spanish, German and French, a line each. */
#include <stdio.h>
#include <string.h>

#include "page_internal.h"
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

static int translate_lines(void)
{
    char line[4096];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        for (enum page_language language = LANGUAGE_SPANISH; language < LANGUAGE_COUNT; language++) {
            struct buffer said;
            buffer_init(&said, sizeof line * 4);
            page_language_speak(&(struct page_reader){.language = language});
            page_message(line, &said);
            puts(said.data);
            buffer_free(&said);
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct page_state state;
    bool good = argc == 2;
    if (good && strcmp(argv[1], "-") == 0)
        return translate_lines();
    for (size_t i = 0; good && i < web_file_count; i++)
        good = write_file(argv[1], web_files[i].name, "", web_files[i].data, web_files[i].length);
    for (size_t i = 0; good && i < page_state_count; i++) {
        struct buffer page;
        buffer_init(&page, PAGE_MAXIMUM);
        page_state_set(&state, page_state_names[i]);
        for (enum page_language language = 0; good && language < LANGUAGE_COUNT; language++) {
            static const char *const suffixes[] = {".html", ".es.html", ".de.html", ".fr.html"};
            buffer_clear(&page);
            state.view.reader = (struct page_reader){language, false, language != LANGUAGE_ENGLISH};
            page_render(&state.view, &page);
            good = write_file(argv[1], page_state_names[i], suffixes[language], page.data, page.length);
        }
        buffer_free(&page);
    }
    return good ? 0 : 1;
}
