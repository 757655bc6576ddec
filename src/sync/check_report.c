/* What check and /check_login say. */
#include "tconnectsync/sync/check_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/pump/account.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/pump/pump_clock.h"
#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/sync/sync.h"

#define TEXT_MAXIMUM (1u << 20)

static void add_settings(const struct configuration *configuration, struct buffer *out)
{
    buffer_addf(out, "Settings: region %s, time zone %s, %s, features ",
                configuration->region == REGION_EU ? "EU" : "US", configuration->time_zone,
                configuration->pump_serial_number ? "one pump by PUMP_SERIAL_NUMBER"
                                                  : "every pump with events");
    features_write(configuration->features, out);
    buffer_add_text(out, "\n");
    if (features_missing(configuration->features)) {
        buffer_add_text(out, "Not carried over: ");
        features_write(features_missing(configuration->features), out);
        buffer_add_text(out, " (TCONNECTSYNC_HEROKU_FEATURES chooses)\n");
    }
}

static void add_warnings(const struct configuration *configuration, struct buffer *out)
{
    for (size_t i = 0; i < configuration->warning_count; i++)
        buffer_addf(out, "Warning: %s\n", configuration->warnings[i]);
}

static void add_nightscout(const struct sync_check *check, const struct json *status, struct buffer *out)
{
    const char *version = json_text(json_get(status, "version"));
    const struct json *settings = json_get(status, "settings");
    const char *units = json_text(json_get(settings, "units"));
    if (check->nightscout) {
        buffer_add_text(out, "Nightscout: failed, see below\n");
        return;
    }
    buffer_addf(out, "Nightscout: the %s; version %s, units %s\n",
                check->limited ? "token is known" : "secret is good", version ? version : "not told",
                units ? units : "not told");
    if (check->limited)
        buffer_add_text(
            out, "Warning: Nightscout does not say that this token may write everything; one that may only "
                 "read, or "
                 "only create treatments, is not enough. A sync wants read, create, update and delete of "
                 "api:treatments, read and create of api:entries and api:devicestatus, and read, create and "
                 "update "
                 "of api:profile and api:activity. Give the token's role what it lacks of that, or set "
                 "NS_SECRET to "
                 "the site's API_SECRET.\n");
    if (json_is(json_get(status, "careportalEnabled"), JSON_FALSE))
        buffer_add_text(
            out, "Warning: careportal is not enabled there. Add careportal to the ENABLE setting of the "
                 "Nightscout site, or nothing but readings can be written.\n");
}

/* Whether the newest upload tells what the pump's clock is worth, and what it says of
   it: a check reads no log. */
static bool describe_clock(const struct pump *pump, const struct time_zone *zone, int64_t now,
                           struct buffer *out)
{
    const struct clock_witness witness = {pump_newest(pump, now), pump->last_upload};
    const struct clock_input input = {.zone = zone,
                                      .now = now,
                                      .first_available = NO_TIME,
                                      .newest_wall = witness.wall,
                                      .witnesses = &witness,
                                      .witness_count = 1};
    struct pump_clock clock;
    pump_clock_find(&clock, &input);
    const bool is_told = clock.evidence == CLOCK_BY_UPLOAD || clock.evidence == CLOCK_BY_GUESS;
    if (is_told && clock.ahead != 0) {
        buffer_add_text(out, "Note: ");
        pump_clock_describe(&clock, out);
        buffer_add_text(out, "\n");
    }
    pump_clock_free(&clock);
    return is_told;
}

/* The pump writes wall clock times; the upload's time is true UTC. Where that does not tell the pump's clock,
   an hour or more between them points at the zone. */
static void check_clock(const struct pump *pump, const struct time_zone *zone, bool follows_zone, int64_t now,
                        struct buffer *out)
{
    int64_t first, second, newest = pump_newest(pump, now);
    if (newest == NO_TIME || !pump_in_use(pump, now) ||
        (!follows_zone && describe_clock(pump, zone, now, out)))
        return;
    time_zone_instants(zone, newest, &first, &second);
    int64_t behind = pump->last_upload -
                     (llabs(pump->last_upload - second) < llabs(pump->last_upload - first) ? second : first);
    if (llabs(behind) >= SECONDS_PER_HOUR)
        buffer_addf(out,
                    "Warning: by TIMEZONE_NAME the newest event lies %" PRId64
                    " minutes %s its upload. If the phone "
                    "was not just out of reach, the zone or the pump's clock is wrong.\n",
                    (int64_t)llabs(behind) / 60, behind > 0 ? "before" : "after");
}

static void add_age(int64_t seconds, struct buffer *out)
{
    const bool days = seconds >= 2 * SECONDS_PER_DAY;
    buffer_addf(out, ", uploaded %" PRId64 " %s ago", seconds / (days ? SECONDS_PER_DAY : SECONDS_PER_MINUTE),
                days ? "days" : "minutes");
}

static void add_pumps(const struct sync_check *check, const struct account *account,
                      const struct time_zone *zone, bool follows_zone, int64_t now, struct buffer *out)
{
    char time[CIVIL_TEXT_SIZE];
    if (!account)
        buffer_addf(out, "Tandem Source: %s\n", check->tandem ? "failed, see below" : "not tried");
    if (!account)
        return;
    buffer_addf(out, "Tandem Source: signed in; %zu pump%s\n", account->pump_count,
                account->pump_count == 1 ? "" : "s");
    for (size_t i = 0; i < account->pump_count; i++) {
        const struct pump *pump = &account->pumps[i];
        buffer_addf(out, "Pump %zu: %s, newest event ", i + 1,
                    *pump->model_name ? pump->model_name : "unnamed model");
        int64_t newest = pump_newest(pump, now);
        buffer_add_text(out, newest == NO_TIME ? "not known" : civil_format(time, newest, 0, NO_OFFSET));
        if (pump->last_upload != NO_TIME)
            add_age(now - pump->last_upload, out);
        buffer_addf(out, "%s\n", pump->settings ? "" : ", no settings");
        check_clock(pump, zone, follows_zone, now, out);
    }
}

/* Documents of before it was switched on a person may have deleted, or have from
   elsewhere: a person decides. */
static void add_past(const struct sync_check *check, const struct time_zone *zone, int64_t now,
                     struct buffer *out)
{
    char from[CIVIL_TEXT_SIZE], to[CIVIL_TEXT_SIZE];
    if (!check->added_features)
        return;
    civil_format_date(from, check->first_day * SECONDS_PER_DAY);
    civil_format_date(to, check->last_day * SECONDS_PER_DAY);
    buffer_add_text(out, "Note: ");
    features_write(check->added_features, out);
    buffer_addf(
        out,
        " was switched on later than the rest and is carried over from then on. To fill the days before: "
        "tconnectsync-heroku sync --from %s --to %s, or on the page %" PRId64
        " days back under \"Choose days and kinds\".\n",
        from, to, time_zone_wall(zone, now) / SECONDS_PER_DAY - check->first_day + 1);
}

void check_report_problems(const struct configuration *configuration, struct buffer *out)
{
    buffer_add_text(out, "The settings cannot be used yet:\n");
    for (size_t i = 0; i < configuration->problem_count; i++)
        buffer_addf(out, "- %s\n", configuration->problems[i]);
    add_warnings(configuration, out);
}

static bool is_said(const struct error *error, const struct report *report)
{
    return error && strcmp(error->text, report->error.text) == 0;
}

/* A line for each thing to fix. */
static void add_ending(const struct sync_check *check, const struct report *report, struct buffer *out)
{
    if (check->tandem)
        buffer_addf(out, "FAILED: %s\n", check->tandem->text);
    if (check->nightscout)
        buffer_addf(out, "FAILED: %s\n", check->nightscout->text);
    if (report->ok)
        buffer_add_text(out, "No API errors returned!\n");
    else if (!is_said(check->tandem, report) && !is_said(check->nightscout, report))
        buffer_addf(out, "FAILED: %s\n", report->error.text);
    if (!report->ok)
        buffer_add_text(out, "Help: copy this report into the issue tracker of this program's repository, or "
                             "ask the Nightscout community: https://discord.gg/rTKhrqz\n");
}

void check_report_write(const struct configuration *configuration, const struct time_zone *zone,
                        const struct sync *sync, const struct report *report, int64_t now, struct buffer *out)
{
    struct buffer said; /* with settings named as the first person has them */
    buffer_init(&said, TEXT_MAXIMUM);
    add_settings(configuration, &said);
    configuration_add_named(configuration, said.data, out);
    add_warnings(configuration, out);
    buffer_clear(&said);
    struct sync_check check;
    if (sync_check_results(sync, &check))
        add_nightscout(&check, sync_nightscout_status(sync), &said);
    else
        buffer_add_text(&said, "Nightscout: not tried\n");
    add_pumps(&check, sync_account(sync), zone, configuration->pump_clock_follows_zone, now, &said);
    add_past(&check, zone, now, &said);
    for (size_t i = 0; i < report->warning_count; i++)
        buffer_addf(&said, "Warning: %s\n", report->warnings[i]);
    add_ending(&check, report, &said);
    configuration_add_named(configuration, said.data, out);
    buffer_free(&said);
}

static void write_side(struct json_writer *writer, const char *name, const struct error *error)
{
    json_write_key(writer, name);
    json_write_text(writer, error ? error->text : NULL);
}

void check_report_write_json(const struct configuration *configuration, const struct time_zone *zone,
                             const struct sync *sync, const struct report *report, int64_t now,
                             struct buffer *out)
{
    struct sync_check check;
    struct buffer text;
    buffer_init(&text, TEXT_MAXIMUM);
    check_report_write(configuration, zone, sync, report, now, &text);
    sync_check_results(sync, &check);
    struct json_writer *writer = json_writer_new(out);
    json_open_object(writer);
    if (report->person) {
        json_write_key(writer, "person");
        json_write_integer(writer, report->person);
    }
    json_write_key(writer, "result");
    json_write_text(writer, report->ok ? "ok" : "failed");
    write_side(writer, "error", report->ok ? NULL : &report->error);
    write_side(writer, "tandem_error", check.tandem);
    write_side(writer, "nightscout_error", check.nightscout);
    json_write_key(writer, "report");
    json_write_text(writer, text.data);
    json_close_object(writer);
    json_writer_free(writer);
    buffer_add_text(out, "\n");
    buffer_free(&text);
}
