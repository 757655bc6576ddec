/* fuzz.h - a fuzz target is a file with these two. libFuzzer runs it where the compiler is clang; driver.c
   everywhere, as a short test with mutations of the seeds, or on the files that it is given. */
#ifndef TCONNECTSYNC_FUZZ_H
#define TCONNECTSYNC_FUZZ_H

#include <stddef.h>
#include <stdint.h>

struct fuzz_seed {
    const char *data;
    size_t length;
};
#define FUZZ_SEED(text)                                                                                      \
    {                                                                                                        \
        text, sizeof(text) - 1                                                                               \
    }

extern const struct fuzz_seed fuzz_seeds[]; /* ends in {NULL, 0} */
/* Ends the process (abort, or a sanitizer) when something is not as it must be. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
