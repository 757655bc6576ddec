/* account.h - the person's pumps as Tandem Source lists them (tandem-source.md: pumper). A pump is one serial
   number; the account may list it under several assignments, whose logs may repeat each other's records. */
#ifndef TCONNECTSYNC_ACCOUNT_H
#define TCONNECTSYNC_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tconnectsync/base/civil_time.h"

struct error;
struct json;

/* In one account; no person has had so many. */
#define ASSIGNMENTS_MAXIMUM 64

/* One of the stretches of time in which the account had the pump: what its log is asked for by. */
struct assignment {
    char *id;
    int64_t
        newest_event; /* maxDateOfEvents: naive pump-local seconds since 1970, or NO_TIME; see pump_newest */
    int64_t first_available, last_available; /* availableDataRange: naive pump-local, or NO_TIME */
    int64_t last_upload;                     /* lastUploadDate: true UTC seconds since 1970, or NO_TIME */
};

struct pump {
    char *serial_number; /* digits; personal: never in a log. An assignment's id where Tandem tells none */
    char *model_name;    /* "" when absent */
    struct assignment *assignments; /* one at least, in Tandem's order */
    size_t assignment_count;
    int64_t last_upload;         /* the newest of the assignments', or NO_TIME */
    const struct json *settings; /* settings.details within document, of the newest upload, or NULL */
    char *settings_hash;         /* settings.settingsHash of the same, or NULL */
};

struct account {
    struct json *document;
    struct pump *pumps;
    size_t pump_count;
};

/* The pumper answer. An assignment without an id that can stand in a URL, or with that of an earlier one, is
   left out; dates that are null or garbage are NO_TIME. NULL with error when it is no such answer, or a
   monstrous one. */
struct account *account_parse(const char *data, size_t length, struct error *error);
void account_free(struct account *account);

/* An upload came within the last 7 days. Profiles and warnings are about pumps in use alone. now: UTC. */
bool pump_in_use(const struct pump *pump, int64_t now);

/* What the pump's clock showed at its newest event (naive pump-local), or NO_TIME: a date that lies ahead of
   the upload that should have brought it is none (placeholders of retired pumps, a clock whose year is
   wrong). */
int64_t pump_newest(const struct pump *pump, int64_t now);

/* Whether that part of the pump's log can hold events of [from, to) (naive
   pump-local). True where nobody can tell. */
bool assignment_reaches_into(const struct assignment *assignment, int64_t from, int64_t to, int64_t now);

/* PUMP_SERIAL_NUMBER's pump, or every pump that has events and whose log reaches into [from, to) (naive
   pump-local seconds; now is UTC). chosen has pump_count places. A serial that the account lacks is an error
   that names the last three digits of those it has. warning ("" when there is none, cut to warning_size): the
   pump of that serial has been silent for over 3 days and another is in use; or no pump at all was chosen. */
bool account_choose_pumps(const struct account *account, const char *serial_number, int64_t from, int64_t to,
                          int64_t now, bool *chosen, char *warning, size_t warning_size, struct error *error);

/* Whose settings are the person's: PUMP_SERIAL_NUMBER's pump, or where that is unset (NULL) the one that
   uploaded last. NULL when it is not in use, or has been silent for over 3 days while another one is in use.
   Only where no pump of the account is in use, one counts that was seen since from (of the range that is
   asked for): days of long ago are carried over with the profile of then. */
const struct pump *account_profile_pump(const struct account *account, const char *serial_number,
                                        int64_t from, int64_t now);

#endif
