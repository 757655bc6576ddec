/* What answers have in common. */
#include "daemon_answer.h"

#include <stdio.h>
#include <time.h>

#include "tconnectsync/http/http_server.h"
#include "tconnectsync/settings/configuration.h"
#include "authorization.h"
#include "daemon.h"
#include "runner.h"
#include "session.h"
#include "wish.h"

void daemon_authorize(struct daemon *daemon, struct http_exchange *exchange, unsigned flags,
                      struct authorization *result)
{
    const struct authorization_request request = {
        .method = http_exchange_method_name(exchange),
        .parameter = http_exchange_parameter(exchange, "secret"),
        .header = http_exchange_header(exchange, "Authorization"),
        .cookie = http_exchange_cookie(exchange, SESSION_COOKIE),
        .form_token = http_exchange_parameter(exchange, "form_token"),
        .fetch_site = http_exchange_header(exchange, "Sec-Fetch-Site"),
        .origin = http_exchange_header(exchange, "Origin"),
        .host = http_exchange_header(exchange, "Host"),
        .address = http_exchange_client_address(exchange),
        .https = http_exchange_is_https(exchange),
    };
    struct authorization_key keys[PEOPLE_MAXIMUM];
    for (size_t i = 0; i < daemon->count; i++)
        keys[i] = (struct authorization_key){daemon->services[i].person->configuration->secret,
                                             daemon->services[i].signed_out};
    struct moment now = moment_now();
    authorization_check(&request, keys, daemon->count, flags, daemon->rate_limit, now.wall, now.monotonic,
                        result);
}

/* Whether there is such a person is not told to who may not know. */
people_set daemon_choose(struct daemon *daemon, struct http_exchange *exchange, people_set choice,
                         people_set named)
{
    const char *word = http_exchange_parameter(exchange, "person");
    if (!word || !*word)
        return choice;
    const struct person *person = application_find(daemon->application, word, named);
    const people_set chosen = person ? choice & 1u << (person - daemon->application->people) : 0;
    if (!chosen)
        http_reply_text(exchange, 403, "this secret opens no person of that number or name\n");
    return chosen;
}

enum wish_answer service_read_wish(const struct service *service, const struct request_words *words,
                                   struct wish *wish, struct error *error)
{
    const struct person *person = service->person;
    if (service->daemon->draining)
        return WISH_STOPPING;
    if (!service->runner)
        return WISH_UNUSABLE;
    return wish_read(words, person->configuration, person->zone, (int64_t)time(NULL), wish, error)
               ? WISH_READ
               : WISH_WRONG;
}

void daemon_add_retry_after(struct http_exchange *exchange, unsigned seconds)
{
    char text[16];
    snprintf(text, sizeof text, "%u", seconds);
    http_exchange_add_header(exchange, "Retry-After", text);
}

const char daemon_full_text[] = "Another run is waiting already. Try again when it has ended.";

void daemon_reply_full(struct http_exchange *exchange)
{
    daemon_add_retry_after(exchange, 60);
    char text[sizeof daemon_full_text + 1];
    snprintf(text, sizeof text, "%s\n", daemon_full_text);
    http_reply_text(exchange, 429, text);
}
