/* The mark that tells one pump's record numbers from another's. */
#include "tconnectsync/pump/pump_source.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "tconnectsync/base/memory.h"

uint32_t pump_source(const char *serial_number, int32_t group)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t length = 0;
    char *text = xasprintf("%s/%" PRId32, serial_number, group);
    if (!EVP_Q_digest(NULL, "SHA256", NULL, text, strlen(text), digest, &length))
        end_process("libcrypto does not work");
    free(text);
    return (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 | digest[3];
}
