/* The sign-in as a browser does it (tandem-source.md: Login), up to the password; tandem_tokens.c goes on.
   Only the password and the code go out by POST, and those two are never repeated. */
#include "tandem_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/json.h"

enum { PAGE_MAXIMUM = 16 << 20, URL_MAXIMUM = 8 << 10 };

/* ---- the login page: only its cookies matter ---- */

static bool drop_data(void *context, const char *data, size_t length, struct error *error)
{
    (void)context, (void)data, (void)length, (void)error;
    return true;
}

static bool on_login_page(struct tandem_call *call, const struct http_response *response, struct error *error)
{
    return response->status < 400 || tandem_status_error(call, response, error);
}

void tandem_open_login_page(struct tandem *tandem, tandem_done *done, void *context)
{
    struct tandem_call *call = tandem_call_new(tandem, "login-page", on_login_page, done, context);
    sign_in_clear(&tandem->sign_in);
    http_cookies_clear(tandem->cookies);
    struct http_request request = {.method = "GET",
                                   .url = tandem->configuration->sso_url,
                                   .retry = true,
                                   .maximum_length = PAGE_MAXIMUM,
                                   .on_data = drop_data};
    tandem_call_send(call, &request);
}

/* ---- email and password ---- */

static const char wait_for_person[] =
    "It is not tried again before the password or region is changed or a check is asked for";

#define LOOK_THERE "Sign in to Tandem Source with a browser"
#define NO_REFUSAL "The password is not known to be wrong"

/* What Tandem, or somebody before it, can say to a password. Only its own word that email or password are
   wrong is a refusal, after which none is sent; everything else may pass, and has its own patience. */
static const struct verdict {
    int status;       /* 0: any */
    bool page;        /* of an answer that is no JSON object */
    const char *mark; /* in what it says; "": whatever it says */
    int patience_minutes;
    const char *what, *advice; /* what NULL: a refusal; advice NULL: what the status means in every step */
} verdicts[] = {
    {0, false, "max attempted logins", 240, "Tandem has locked the account after too many sign-ins",
     LOOK_THERE " first"},
    {0, false, "locked_out", 240, "Tandem has locked the account", LOOK_THERE " first"},
    {0, false, "/locked", 240, "Tandem has locked the account", LOOK_THERE " first"},
    {423, false, "", 240, "Tandem has locked the account", LOOK_THERE " first"},
    {0, false, "mfa", 60, "Tandem asks for a second factor, which this program cannot give",
     "Switch it off in the account's settings"},
    {0, false, "factor", 60, "Tandem asks for a second factor, which this program cannot give",
     "Switch it off in the account's settings"},
    {0, false, "consent", 60, "Tandem asks for consent", LOOK_THERE " and answer what it asks"},
    {200, true, "consent", 60, "Tandem asks for consent", LOOK_THERE " and answer what it asks"},
    {401, false, "account/invalid_credentials", 0, NULL, NULL},
    {200, false, "invalid", 0, NULL, NULL},
    {200, false, "credential", 0, NULL, NULL},
    {200, false, "denied", 0, NULL, NULL},
    {401, false, "account/", 60, "Tandem does not let this account sign in", LOOK_THERE},
    {200, false, "", 60, "Tandem did not complete the sign-in",
     LOOK_THERE ": it may ask for something there, such as a new password or consent"},
    {400, false, "", 10, "Tandem did not take the sign-in",
     NO_REFUSAL ". " LOOK_THERE "; if that works, look for an update of this program"},
    {401, false, "", 10, "Something on the way to Tandem, such as a gateway or a proxy, refused the sign-in",
     NO_REFUSAL},
    {401, true, "", 10, "Something on the way to Tandem, such as a gateway or a proxy, refused the sign-in",
     NO_REFUSAL},
    {403, false, "", 60, "", NULL},
    {403, true, "", 60, "", NULL},
};

/* Its own words, ", \"LOCKED_OUT\"", for marks and messages. */
static void quote_answer(const struct http_response *response, const struct json *json, char *out,
                         size_t size)
{
    const char *status = json_text(json_get(json, "status"));
    tandem_quote_message(response, out, size);
    if (!*out && status)
        snprintf(out, size, ", \"%.60s\"", status);
}

static bool holds(const struct json *json, const char *mark)
{
    static const char *const names[] = {"error", "status", "message", "error_description"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = json_text(json_get(json, names[i]));
        if (text && strcasestr(text, mark))
            return true;
    }
    return !*mark;
}

static const struct verdict *find_verdict(const struct http_response *response, const struct json *json)
{
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        const struct verdict *verdict = &verdicts[i];
        if ((verdict->status == 0 || verdict->status == response->status) &&
            verdict->page != json_is(json, JSON_OBJECT) &&
            (verdict->page ? strcasestr(response->body, verdict->mark) != NULL : holds(json, verdict->mark)))
            return verdict;
    }
    return NULL;
}

/* A refusal is remembered: repeated ones lock the account. */
static bool refuse(struct tandem_call *call, struct error *error)
{
    struct tandem *tandem = call->tandem;
    const char *other_region = tandem->configuration->region == REGION_US ? "EU" : "US";
    tandem_note_refusal(tandem, call->now);
    return error_set(error, ERROR_CREDENTIALS,
                     "Tandem refused the email or password. %s account? Set TCONNECT_REGION=%s. %s.",
                     other_region, other_region, wait_for_person);
}

static bool explain_answer(struct tandem_call *call, const struct http_response *response,
                           const struct json *json, struct error *error)
{
    char said[200];
    const struct verdict *verdict = find_verdict(response, json);
    if (!verdict && response->status == 200) {
        json_free(tandem_read_object(call, response, error)); /* it is none: this says so */
        return false;
    }
    if (verdict && !verdict->what)
        return refuse(call, error);
    if (verdict)
        tandem_wait_until(call->tandem, call->now + verdict->patience_minutes * INT64_C(60));
    if (!verdict || !verdict->advice)
        return tandem_status_error(call, response, error);
    quote_answer(response, json, said, sizeof said);
    return error_set(error, ERROR_SERVICE, "%s (%d%s). %s.", verdict->what, response->status, said,
                     verdict->advice);
}

static bool on_signed_in(struct tandem_call *call, const struct http_response *response, struct error *error)
{
    struct json *json = json_parse(response->body, response->length, NULL);
    const char *status = json_text(json_get(json, "status"));
    bool success = response->status == 200 && status && strcmp(status, "SUCCESS") == 0;
    if (!success) {
        explain_answer(call, response, json, error);
        error->status = response->status;
    }
    json_free(json);
    return success;
}

static void write_login(struct buffer *body, const struct configuration *configuration)
{
    struct json_writer *writer = json_writer_new(body);
    json_open_object(writer);
    json_write_key(writer, "username");
    json_write_text(writer, configuration->tandem_email);
    json_write_key(writer, "password");
    json_write_text(writer, configuration->tandem_password);
    json_close_object(writer);
    json_writer_free(writer);
}

void tandem_sign_in(struct tandem *tandem, int64_t now, tandem_done *done, void *context)
{
    const struct configuration *configuration = tandem->configuration;
    struct tandem_call *call = tandem_call_new(tandem, "sign-in", on_signed_in, done, context);
    call->now = now;
    tandem_learn_failures(tandem, now);
    if (tandem_refused(tandem, NULL)) {
        struct error error;
        error_set(&error, ERROR_CREDENTIALS, "Tandem refused this email and password before. %s.",
                  wait_for_person);
        tandem_call_decline(call, &error);
        return;
    }
    struct buffer body, url;
    tandem_note_attempt(tandem, now);
    buffer_init(&body, URL_MAXIMUM);
    buffer_init(&url, URL_MAXIMUM);
    write_login(&body, configuration);
    buffer_addf(&url, "%s/login", configuration->accounts_url);
    const struct http_header headers[] = {{"Content-Type", "application/json"},
                                          {"Accept", "application/json"},
                                          {"Referer", configuration->sso_url}};
    struct http_request request = {.method = "POST",
                                   .url = url.data,
                                   .headers = headers,
                                   .header_count = 3,
                                   .body = body.data,
                                   .body_length = body.length};
    tandem->sign_ins++;
    tandem_call_send(call, &request);
    buffer_wipe(&body);
    buffer_free(&url);
}
