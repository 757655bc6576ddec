#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/error.h"
#include "tconnectsync/pump/account.h"

static const int64_t now = 1780000000;

static void choose(const struct account *account, const char *serial_number)
{
    bool *chosen = calloc(account->pump_count + 1, sizeof *chosen);
    char warning[100];
    struct error error = {0};
    bool done = account_choose_pumps(account, serial_number, now - SECONDS_PER_DAY, now, now, chosen, warning,
                                     sizeof warning, &error);
    if (!done && (!serial_number || !*error.text))
        abort();
    free(chosen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0};
    struct account *account = account_parse((const char *)data, size, &error);
    if (!account && !*error.text)
        abort();
    if (!account)
        return 0;
    choose(account, NULL);
    choose(account, "9000123");
    for (size_t i = 0; i < account->pump_count && i < 10; i++)
        choose(account, account->pumps[i].serial_number);
    account_free(account);
    return 0;
}
