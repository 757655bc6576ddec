/* fuzz.h - what libFuzzer, and in the normal test run driver.c, calls with hostile bytes. */
#ifndef TCONNECTSYNC_FUZZ_H
#define TCONNECTSYNC_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
