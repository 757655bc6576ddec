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
        .signed_out = daemon->signed_out,
        .https = http_exchange_is_https(exchange),
    };
    struct moment now = moment_now();
    authorization_check(&request, daemon->application->configuration->secret, flags, daemon->rate_limit,
                        now.wall, now.monotonic, result);
}

enum wish_answer daemon_read_wish(const struct daemon *daemon, const struct request_words *words,
                                  struct wish *wish, struct error *error)
{
    const struct application *application = daemon->application;
    if (daemon->draining)
        return WISH_STOPPING;
    if (!daemon->runner)
        return WISH_UNUSABLE;
    return wish_read(words, application->configuration, application->zone, (int64_t)time(NULL), wish, error)
               ? WISH_READ
               : WISH_WRONG;
}

void daemon_add_retry_after(struct http_exchange *exchange, unsigned seconds)
{
    char text[16];
    snprintf(text, sizeof text, "%u", seconds);
    http_exchange_add_header(exchange, "Retry-After", text);
}

void daemon_reply_full(struct http_exchange *exchange)
{
    daemon_add_retry_after(exchange, 60);
    http_reply_text(exchange, 429, "Another run is waiting already. Try again when it has ended.\n");
}
