/* Tells a dead man's switch how a run ended (healthchecks.io, Uptime Kuma, Better Stack). */
#include "ping.h"

#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/http/http_client.h"
#include "tconnectsync/server/application.h"
#include "tconnectsync/settings/configuration.h"

static const struct http_route route = {.user_agent = PROGRAM_NAME "/" VERSION};

static void on_done(void *context, const struct http_response *response)
{
    struct log *log = context;
    if (response->error.kind != ERROR_NONE || response->status >= 400)
        log_warn(log, "ping", "status=%d error=%s", response->status, log_quote(log, response->error.text));
}

/* The URL that tells a failure, in url; false for services that know none. */
static bool failure_url(const char *ping_url, struct buffer *url)
{
    const char *up = strstr(ping_url, "status=up");
    if (strstr(ping_url, "/api/push/") && up) { /* Uptime Kuma */
        buffer_addf(url, "%.*sstatus=down%s", (int)(up - ping_url), ping_url, up + strlen("status=up"));
        return true;
    }
    if (!strstr(ping_url, "hc-ping.com/") && !strstr(ping_url, "healthchecks") &&
        !strstr(ping_url, "/api/v1/heartbeat/"))
        return false;
    size_t length = strcspn(ping_url, "?");
    buffer_addf(url, "%.*s/fail%s", (int)length, ping_url, ping_url + length);
    return true;
}

void ping_send(const struct person *person, bool ok)
{
    const char *ping_url = person->configuration->ping_url;
    struct buffer url;
    if (!ping_url)
        return;
    buffer_init(&url, 4096);
    bool known = ok ? buffer_add_text(&url, ping_url) : failure_url(ping_url, &url);
    if (known)
        http_client_send(person->account.client, &(struct http_request){.route = &route,
                                                                        .method = "GET",
                                                                        .url = url.data,
                                                                        .retry = true,
                                                                        .on_done = on_done,
                                                                        .context = person->account.log});
    buffer_free(&url);
}
