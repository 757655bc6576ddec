/* Runs a fuzz target over a corpus without a fuzzer: each file as it is, cut at every byte, with some of its
   bytes changed, and with a part of it repeated up to a megabyte. Always the same inputs, so that a failure
   can be repeated. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <time.h>

enum {
    FILE_MAXIMUM = 64 * 1024,
    CUTS_MAXIMUM = 3000,
    CHANGED_COPIES = 1500,
    LARGE = 1 << 20,
    LARGE_COPIES = 4,
};
/* Seconds of this process's own time. What grows with the length takes four times as long for four times as
   much, what grows with its square sixteen times; below a second nobody minds. */
static const double longest = 20, mind_from = 1, most_growth = 10;

static const char telling[] = "\"\\{}[],:0-9eE.'=#\n\r\t %$<@\xff\xc3";

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

/* ---- large inputs ---- */

struct part {
    size_t from, to;
};

/* Between two equal characters, as a list's elements stand; the whole where there is no such place. */
static struct part choose_part(const uint8_t *data, size_t size, uint32_t *random)
{
    size_t from = next_random(random) % size, to = from + next_random(random) % (size - from);
    static const char parting[] = ",;&.\n /{\"\x1e";
    while (from > 0 && !memchr(parting, data[from - 1], sizeof parting - 1))
        from--;
    if (from == 0)
        return (struct part){0, size};
    const uint8_t *end = memchr(data + to, data[from - 1], size - to);
    if (!end)
        end = memchr(data + from, data[from - 1], size - from);
    return (struct part){from, end ? (size_t)(end - data) + 1 : size};
}

/* Seconds that the target takes for the input with its part repeated up to that length. */
static double time_large(const uint8_t *data, size_t size, struct part part, size_t length)
{
    size_t step = part.to - part.from, copies = length / step + 1;
    uint8_t *large = malloc(size + copies * step), *to = large;
    struct timespec begin, end;
    to = mempcpy(to, data, part.to);
    for (size_t i = 0; i < copies; i++)
        to = mempcpy(to, data + part.from, step);
    to = mempcpy(to, data + part.to, size - part.to);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    LLVMFuzzerTestOneInput(large, (size_t)(to - large));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    free(large);
    return (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
}

static bool takes_too_long(double small, double large)
{
    return large > longest || (large > mind_from && large > most_growth * small);
}

/* Once more, and once again, before a disturbance is taken for growth. */
static void run_large(const char *name, const uint8_t *data, size_t size, struct part part)
{
    double small = 0, large = 0;
    for (int i = 0; i < 3; i++) {
        small = time_large(data, size, part, LARGE / 4);
        large = time_large(data, size, part, LARGE);
        if (!takes_too_long(small, large))
            return;
    }
    fprintf(stderr, "%s, with its bytes %zu to %zu repeated: %.1f s for %d kB, %.1f s for %d kB\n", name,
            part.from, part.to, small, LARGE / 4 >> 10, large, LARGE >> 10);
    exit(1);
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
    for (int i = 0; i < LARGE_COPIES && size > 0; i++)
        run_large(name, data, size, i == 0 ? (struct part){0, size} : choose_part(data, size, &random));
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
