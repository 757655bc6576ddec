/* account.h - the person's pumps as Tandem Source lists them (tandem-source.md: pumper). */
#ifndef TCONNECTSYNC_ACCOUNT_H
#define TCONNECTSYNC_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tconnectsync/base/civil_time.h"

struct error;
struct json;

struct pump {
    char *assignment_id;
    char *serial_number;  /* digits; personal: never in a log */
    char *model_name;     /* "" when absent */
    int64_t newest_event; /* maxDateOfEvents: naive pump-local seconds since 1970, or NO_TIME */
    int64_t first_available, last_available; /* availableDataRange: naive pump-local, or NO_TIME */
    int64_t last_upload;                     /* lastUploadDate: true UTC seconds since 1970, or NO_TIME */
    const struct json *settings;             /* settings.details within document, or NULL */
    char *settings_hash;                     /* settings.settingsHash, or NULL */
};

struct account {
    struct json *document;
    struct pump *pumps;
    size_t pump_count;
};

/* The pumper answer. A pump without an assignmentId that can stand in a URL, or with that of an earlier one,
   is left out; dates that are null or garbage are NO_TIME. NULL with error when it is no such answer. */
struct account *account_parse(const char *data, size_t length, struct error *error);
void account_free(struct account *account);

/* PUMP_SERIAL_NUMBER's pump, or every pump whose events reach into [from, to) (naive pump-local seconds;
   now_local rules out dates over 24 h ahead). chosen has pump_count places. A serial that the account lacks
   is an error that names the last three digits of those it has. warning ("" when there is none, cut to
   warning_size): the pump of that serial has nothing newer than 3 days and another has; or no pump at all was
   chosen. */
bool account_choose_pumps(const struct account *account, const char *serial_number, int64_t from, int64_t to,
                          int64_t now_local, bool *chosen, char *warning, size_t warning_size,
                          struct error *error);

#endif
