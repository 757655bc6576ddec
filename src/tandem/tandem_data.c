/* What a token is for: the account with its pumps, and a pump's log (tandem-source.md:
   Calls with the token). */
#include "tandem_session.h"

#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/url.h"
#include "tconnectsync/pump/account.h"
#include "tconnectsync/pump/pump_log.h"

enum {
    URL_MAXIMUM = 8 << 10,
    ACCOUNT_MAXIMUM = 8 << 20,
    LOG_MAXIMUM = 128 << 20, /* 28 days have been seen to take 30 MB */
};

/* Without the region's own Origin and Referer the firewall answers 403. */
static void send_with_token(struct tandem_call *call, struct http_request *request)
{
    const struct configuration *configuration = call->tandem->configuration;
    const char *token = call->tandem->credentials.token;
    size_t length = strlen(configuration->source_url);
    char *bearer = xasprintf("Bearer %s", token ? token : "");
    char *origin = xstrndup(configuration->source_url, length > 0 ? length - 1 : 0);
    const struct http_header headers[] = {{"Authorization", bearer},
                                          {"Accept", "application/json"},
                                          {"Origin", origin},
                                          {"Referer", configuration->source_url}};
    request->method = "GET";
    request->headers = headers;
    request->header_count = 4;
    request->retry = true;
    tandem_call_send(call, request);
    free_secret(bearer);
    free_secret(origin);
}

static bool token_error(struct tandem_call *call, const struct http_response *response, struct error *error)
{
    if (response->status == 400) {
        char message[200];
        tandem_quote_message(response, message, sizeof message);
        error_set(
            error, ERROR_SERVICE,
            "Tandem refused the request (400%s, step: %s). Ask for fewer days. If that does not help, look "
            "for an update of this program.",
            message, call->step);
        error->status = 400;
        return false;
    }
    if (response->status != 401)
        return tandem_status_error(call, response, error);
    error_set(error, ERROR_CREDENTIALS,
              "Tandem no longer accepts the token of this session (401, step: %s). Nothing is lost: the next "
              "sync signs in again.",
              call->step);
    error->status = 401;
    return false;
}

static bool on_account(struct tandem_call *call, const struct http_response *response, struct error *error)
{
    if (response->status != 200)
        return token_error(call, response, error);
    *call->account = account_parse(response->body, response->length, error);
    if (!*call->account)
        json_free(tandem_read_object(call, response, error)); /* perhaps it has better words */
    return *call->account != NULL;
}

void tandem_fetch_account(struct tandem *tandem, struct account **account, tandem_done *done, void *context)
{
    struct tandem_call *call = tandem_call_new(tandem, "account", on_account, done, context);
    struct buffer url;
    *account = NULL;
    call->account = account;
    buffer_init(&url, URL_MAXIMUM);
    buffer_addf(&url, "%sapi/reports/bff/pumper/", tandem->configuration->source_url);
    url_encode(&url, tandem->credentials.pumper_id ? tandem->credentials.pumper_id : "");
    struct http_request request = {.url = url.data, .maximum_length = ACCOUNT_MAXIMUM};
    send_with_token(call, &request);
    buffer_free(&url);
}

/* ---- the log ---- */

static bool on_log_data(void *context, const char *data, size_t length, struct error *error)
{
    struct tandem_call *call = context;
    struct error why = {0};
    if (pump_log_reader_feed(call->reader, data, length, &why))
        return true;
    return error_set(error, why.kind == ERROR_NONE ? ERROR_DATA : why.kind,
                     "sent a log that cannot be read: %s", why.text);
}

static void on_log_restart(void *context)
{
    struct tandem_call *call = context;
    pump_log_reader_restart(call->reader);
}

static bool on_log(struct tandem_call *call, const struct http_response *response, struct error *error)
{
    struct error why = {0};
    if (response->status != 200)
        return token_error(call, response, error);
    if (pump_log_reader_finish(call->reader, &why))
        return true;
    return error_set(error, why.kind,
                     "Tandem's log cannot be read: %s. Nothing is lost: the next sync reads it again.",
                     why.text);
}

void tandem_fetch_log(struct tandem *tandem, const char *assignment_id, int64_t first_day, int64_t last_day,
                      struct pump_log_reader *reader, tandem_done *done, void *context)
{
    struct tandem_call *call = tandem_call_new(tandem, "log", on_log, done, context);
    char first[CIVIL_TEXT_SIZE], last[CIVIL_TEXT_SIZE];
    struct buffer url;
    call->reader = reader;
    civil_format_date(first, first_day * SECONDS_PER_DAY);
    civil_format_date(last, last_day * SECONDS_PER_DAY);
    buffer_init(&url, URL_MAXIMUM);
    buffer_addf(&url, "%sapi/reports/bff/pump-logs/", tandem->configuration->source_url);
    url_encode(&url, assignment_id);
    buffer_add_text(&url, "?pumperId=");
    url_encode(&url, tandem->credentials.pumper_id ? tandem->credentials.pumper_id : "");
    buffer_addf(&url, "&startDate=%sT00:00:00Z&endDate=%sT23:59:59Z&eventIds=%s", first, last,
                pump_log_event_ids);
    struct http_request request = {
        .url = url.data, .maximum_length = LOG_MAXIMUM, .on_data = on_log_data, .on_restart = on_log_restart};
    send_with_token(call, &request);
    buffer_free(&url);
}
