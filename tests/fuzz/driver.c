/* Without libFuzzer: the same mutations of a target's seeds each time, or the files named on the command
 * line. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum {
    ROUNDS_PER_SEED = 4000,
    INPUT_MAXIMUM = 1 << 20,
};

static uint64_t state = 1;

/* splitmix64 */
static size_t random_below(size_t limit)
{
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (size_t)((z ^ (z >> 31)) % limit);
}

/* Changes, doubles or leaves out a piece. input has room for twice its length and 16 bytes more. */
static size_t mutate(uint8_t *input, size_t length)
{
    size_t at = random_below(length + 1), piece = random_below(length - at + 1);
    switch (random_below(5)) {
    case 0:
        memmove(input + at + piece, input + at, length - at);
        return length + piece;
    case 1:
        memmove(input + at, input + at + piece, length - at - piece);
        return length - piece;
    case 2:
        return at;
    default:
        if (at < length)
            input[at] = (uint8_t)(random_below(4) ? "\r\n\0 \t:;,%/09afAFxZ{}[]\"\\-+.eu"[random_below(29)]
                                                  : (char)random_below(256));
        return length;
    }
}

static void one(const uint8_t *data, size_t length)
{
    /* A copy of its own size: reading past the end is noticed. */
    uint8_t *copy = malloc(length ? length : 1);
    if (!copy)
        abort();
    memcpy(copy, data, length);
    LLVMFuzzerTestOneInput(copy, length);
    free(copy);
}

static bool run_file(const char *name, uint8_t *input)
{
    FILE *file = fopen(name, "rb");
    if (!file) {
        perror(name);
        return false;
    }
    one(input, fread(input, 1, INPUT_MAXIMUM, file));
    fclose(file);
    return true;
}

int main(int count, char **names)
{
    static uint8_t input[INPUT_MAXIMUM];
    bool fine = true;
    for (int i = 1; i < count; i++)
        fine &= run_file(names[i], input);
    for (const struct fuzz_seed *seed = fuzz_seeds; count == 1 && seed->data; seed++) {
        one((const uint8_t *)seed->data, seed->length);
        for (size_t round = 0; round < ROUNDS_PER_SEED; round++) {
            size_t length = seed->length;
            memcpy(input, seed->data, length);
            for (size_t changes = random_below(6) + 1; changes > 0 && length > 0; changes--)
                if (2 * length < sizeof input)
                    length = mutate(input, length);
            one(input, length);
        }
    }
    return fine ? 0 : 1;
}
