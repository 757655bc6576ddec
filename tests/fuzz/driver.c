/* Runs a fuzz target over a corpus without a fuzzer: each file as it is, cut at every byte, and with some of
   its bytes changed. Always the same inputs, so that a failure can be repeated. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAXIMUM = 64 * 1024, CUTS_MAXIMUM = 3000, CHANGED_COPIES = 1500 };

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* In memory of just that size, so that a sanitizer sees every byte read too far. */
static void run(const uint8_t *data, size_t size, uint32_t *random)
{
    static const char telling[] = "\"\\{}[],:0-9eE.'=#\n\r\t %$<@\xff\xc3";
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    for (uint32_t changes = random && size ? 1 + next_random(random) % 4 : 0; changes > 0; changes--) {
        uint32_t byte = next_random(random), choice = next_random(random) % 3;
        copy[next_random(random) % size] = choice == 0   ? (uint8_t)byte
                                           : choice == 1 ? (uint8_t)telling[byte % sizeof telling]
                                                         : copy[byte % size];
    }
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run_file(const char *folder, const char *name)
{
    static uint8_t data[FILE_MAXIMUM];
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    uint32_t random = 2463534242;
    run(data, size, NULL);
    for (size_t cut = 0; cut < size && cut < CUTS_MAXIMUM; cut++)
        run(data, cut, NULL);
    for (int i = 0; i < CHANGED_COPIES; i++)
        run(data, size, &random);
}

int main(int count, char **arguments)
{
    DIR *folder = count == 2 ? opendir(arguments[1]) : NULL;
    unsigned files = 0;
    if (!folder) {
        fprintf(stderr, "usage: %s CORPUS-FOLDER\n", arguments[0]);
        return 2;
    }
    for (struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.') {
            run_file(arguments[1], entry->d_name);
            files++;
        }
    closedir(folder);
    return files ? 0 : 1;
}
