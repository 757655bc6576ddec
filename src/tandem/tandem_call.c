/* One request to Tandem Source, and what its answers mean in a person's words. */
#include "tandem_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/url.h"

#define NOTHING_LOST "Nothing is lost: the log stays with Tandem, and the next sync catches up"

struct tandem_call *tandem_call_new(struct tandem *tandem, const char *step, tandem_answer *answer,
                                    tandem_done *done, void *context)
{
    struct tandem_call *call = xcalloc(1, sizeof *call);
    call->tandem = tandem;
    call->step = step;
    call->answer = answer;
    call->done = done;
    call->context = context;
    LIST_INSERT_HEAD(&tandem->calls, call, others);
    return call;
}

void tandem_call_free(struct tandem_call *call)
{
    if (call->transfer)
        http_client_cancel(call->transfer);
    LIST_REMOVE(call, others);
    free(call);
}

/* The client's errors go on from the service's name; a declined call's is a whole sentence already. */
static void explain(const struct tandem_call *call, const struct error *from, struct error *error)
{
    if (call->declined)
        *error = *from;
    else
        error_set(error, from->kind, "Tandem %s (step: %s). " NOTHING_LOST ".", from->text, call->step);
}

static void on_done(void *context, const struct http_response *response)
{
    struct tandem_call *call = context;
    struct tandem *tandem = call->tandem;
    struct error error = {0};
    bool passed = false;
    call->transfer = NULL;
    if (response->date) {
        tandem->clock_seen = true;
        tandem->clock_difference = response->clock_difference;
    }
    if (response->error.kind != ERROR_NONE)
        explain(call, &response->error, &error);
    else
        passed = call->answer(call, response, &error);
    if (call->transfer)
        return;
    if (!passed && !error.status)
        error.status = response->status;
    if (!passed && tandem->credentials.limit.not_before)
        tandem->last_failure = error;
    log_info(tandem->log, "tandem", "step=%s status=%d attempts=%u", call->step, response->status,
             response->attempts);
    if (!passed) /* whoever asked tells it, or needs no answer */
        log_debug(tandem->log, "tandem", "step=%s error=%s", call->step, log_quote(tandem->log, error.text));
    tandem_done *done = call->done;
    void *done_context = call->context;
    tandem_call_free(call);
    done(done_context, passed ? NULL : &error);
}

void tandem_call_decline(struct tandem_call *call, const struct error *error)
{
    const struct http_request request = {.route = &call->tandem->route,
                                         .method = "GET",
                                         .url = "",
                                         .label = call->step,
                                         .on_done = on_done,
                                         .context = call};
    call->declined = true;
    call->transfer = http_client_decline(call->tandem->client, &request, error);
}

void tandem_call_send(struct tandem_call *call, struct http_request *request)
{
    struct tandem *tandem = call->tandem;
    struct error error;
    request->route = &tandem->route;
    request->label = call->step;
    request->on_done = on_done;
    request->context = call;
    if (url_is_private(request->url, tandem->route.proxy)) {
        call->transfer = http_client_send(tandem->client, request);
        return;
    }
    error_set(
        &error, ERROR_CONFIGURATION,
        "Nothing was sent to Tandem (step: %s): its address must begin with https://, or be this machine's.",
        call->step);
    tandem_call_decline(call, &error);
}

void tandem_quote_message(const struct http_response *response, char *out, size_t size)
{
    static const char *const names[] = {"message", "error_description", "error"};
    struct json *json = json_parse(response->body, response->length, NULL);
    const char *message = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !message; i++)
        message = json_text(json_get(json, names[i]));
    snprintf(out, size, message ? ", \"%.160s\"" : "%s", message ? message : "");
    for (; *out; out++)
        if (*out < ' ' || *out > '~')
            *out = '?';
    json_free(json);
}

static bool is_page(const struct http_response *response)
{
    return strncmp(response->content_type, "text/html", 9) == 0 ||
           response->body[strspn(response->body, " \t\r\n")] == '<';
}

static const struct meaning {
    int first, last;
    bool page; /* only where a web page came with it */
    enum error_kind kind;
    const char *what, *advice;
} meanings[] = {
    {401, 401, false, ERROR_SERVICE, "ended the session early", NOTHING_LOST},
    {403, 403, false, ERROR_SERVICE, "has a firewall that blocked the request",
     "Check TCONNECT_REGION. If it is right, too many sign-ins may have come from this address: wait an "
     "hour"},
    {404, 404, true, ERROR_SERVICE, "has changed its service",
     "What this program asks for is gone: look for an update of it. " NOTHING_LOST},
    {408, 408, false, ERROR_UNREACHABLE, "did not get the request in time", NOTHING_LOST},
    {429, 429, false, ERROR_UNREACHABLE, "asks for fewer requests", "Wait a while. " NOTHING_LOST},
    {500, 599, false, ERROR_UNREACHABLE, "has trouble of its own", NOTHING_LOST},
    {0, 999, false, ERROR_SERVICE, "answered in an unexpected way",
     "It may have changed its service: look for an update of this program"},
};

bool tandem_status_error(const struct tandem_call *call, const struct http_response *response,
                         struct error *error)
{
    char message[200];
    const struct meaning *meaning = meanings;
    while (response->status < meaning->first || response->status > meaning->last ||
           (meaning->page && !is_page(response)))
        meaning++;
    tandem_quote_message(response, message, sizeof message);
    error_set(error, meaning->kind, "Tandem %s (%d%s, step: %s). %s.", meaning->what, response->status,
              message, call->step, meaning->advice);
    error->status = response->status;
    return false;
}

struct json *tandem_read_object(const struct tandem_call *call, const struct http_response *response,
                                struct error *error)
{
    struct json *json = json_parse(response->body, response->length, NULL);
    if (json_is(json, JSON_OBJECT))
        return json;
    json_free(json);
    if (is_page(response))
        error_set(error, ERROR_SERVICE,
                  "Tandem answered with a web page where data belongs (step: %s): it is down for "
                  "maintenance, or has "
                  "changed its service. " NOTHING_LOST ".",
                  call->step);
    else
        error_set(error, ERROR_DATA,
                  "Tandem's answer is garbage or was cut short (step: %s). " NOTHING_LOST ".", call->step);
    error->status = response->status;
    return NULL;
}
