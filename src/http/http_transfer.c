/* One request. It waits on its own timer before every attempt, the first included, so that no callback is
   ever called from inside http_client_send. */
#include "http_transfer.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <event2/util.h>
#include <openssl/crypto.h>

#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/monotonic.h"

#include "http_retry.h"

enum {
    CONNECTIONS_PER_ORIGIN = 4,
    CONNECTION_IDLE_SECONDS = 4, /* Nightscout closes after 5: one that old may die under a request */
    CONNECT_SECONDS = 20,
    LEAST_SECONDS = 60,
    LEAST_SPEED = 512 << 10, /* bytes a second, beyond that minute */
    DEFAULT_MAXIMUM = 1 << 20,
    REFUSAL_MAXIMUM = 64 << 10, /* as much of an error page as anyone needs */
    SLOW_BYTES = 10,            /* per second */
    SLOW_SECONDS = 30,
    RECEIVE_BUFFER = 16 << 10, /* of packed bytes: up to ten times as many come out */
    TURN_MAXIMUM = 128 << 10,  /* handed on in one turn of the loop: about a millisecond of work */
};

/* ---- what curl asks of a transfer ---- */

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct http_transfer *transfer = context;
    size_t length = size * count;
    long status = 0;
    if (transfer->cancelled)
        return CURL_WRITEFUNC_ERROR;
    /* curl would go on for as long as bytes come faster than they are read. */
    if (transfer->client->taken >= TURN_MAXIMUM) {
        transfer->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    transfer->client->taken += length;
    if (transfer->client->taken >= TURN_MAXIMUM)
        evtimer_add(transfer->client->resume, &(struct timeval){0});
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 300 && length > REFUSAL_MAXIMUM - transfer->received) {
        transfer->enough = true;
        return CURL_WRITEFUNC_ERROR;
    }
    if (length > transfer->request.maximum_length - transfer->received) {
        error_set(&transfer->error, ERROR_LIMIT, "sent more than the %zu bytes that are expected at most",
                  transfer->request.maximum_length);
        return CURL_WRITEFUNC_ERROR;
    }
    transfer->received += length;
    if (status != 200 || !transfer->request.on_data) {
        buffer_add(&transfer->body, data, length);
        return length;
    }
    if (transfer->request.on_data(transfer->request.context, data, length, &transfer->error))
        return length;
    if (transfer->error.kind == ERROR_NONE)
        error_set(&transfer->error, ERROR_DATA, "sent what could not be understood");
    return CURL_WRITEFUNC_ERROR;
}

static size_t give_body(char *data, size_t size, size_t count, void *context)
{
    struct http_transfer *transfer = context;
    size_t left = transfer->request.body_length - transfer->sent;
    size_t length = left < size * count ? left : size * count;
    if (length)
        memcpy(data, transfer->content + transfer->sent, length);
    transfer->sent += length;
    return length;
}

/* curl asks for this to send a body once more by itself, when a kept connection died under it. The service
   may have acted on the first one, so it is for those alone who allowed repeats. */
static int rewind_body(void *context, curl_off_t offset, int origin)
{
    struct http_transfer *transfer = context;
    if (!transfer->request.retry || offset != 0 || origin != SEEK_SET)
        return CURL_SEEKFUNC_FAIL;
    transfer->sent = 0;
    return CURL_SEEKFUNC_OK;
}

/* ---- one transfer ---- */

/* What is left of the time for all attempts. */
static int64_t left_milliseconds(const struct http_transfer *transfer)
{
    return transfer->deadline - monotonic_milliseconds();
}

static void schedule(struct http_transfer *transfer, int64_t milliseconds)
{
    struct timeval wait = {milliseconds / 1000, milliseconds % 1000 * 1000};
    evtimer_add(transfer->timer, &wait);
}

/* curl has a limit of its own, but there the wait counts as part of the time-out. */
static bool connections_are_taken(const struct http_transfer *transfer)
{
    unsigned taken = 0;
    struct http_transfer *other;
    TAILQ_FOREACH(other, &transfer->client->transfers, others)
    taken += other->in_multi && strcmp(other->origin, transfer->origin) == 0;
    return taken >= CONNECTIONS_PER_ORIGIN;
}

/* Also lets the next in the queue see whether there is a connection for it now. */
static void leave_multi(struct http_transfer *transfer)
{
    struct http_transfer *other;
    if (transfer->in_multi)
        curl_multi_remove_handle(transfer->client->multi, transfer->easy);
    transfer->in_multi = false;
    TAILQ_FOREACH(other, &transfer->client->transfers, others)
    if (other->queued && strcmp(other->origin, transfer->origin) == 0) {
        other->queued = false;
        schedule(other, 0);
        return;
    }
}

/* Headers and bodies carry secrets: they are overwritten first. */
void http_transfer_free(struct http_transfer *transfer)
{
    TAILQ_REMOVE(&transfer->client->transfers, transfer, others);
    leave_multi(transfer);
    curl_easy_cleanup(transfer->easy);
    for (struct curl_slist *header = transfer->headers; header; header = header->next)
        OPENSSL_cleanse(header->data, strlen(header->data));
    curl_slist_free_all(transfer->headers);
    event_free(transfer->timer);
    if (transfer->content)
        OPENSSL_cleanse(transfer->content, transfer->request.body_length);
    free(transfer->content);
    free(transfer->origin);
    buffer_wipe(&transfer->body);
    free(transfer);
}

/* A value with a line break would smuggle in headers of its own: it is left out. */
static void add_header(struct http_transfer *transfer, const char *name, const char *value)
{
    if (strpbrk(value, "\r\n"))
        return;
    struct buffer line;
    buffer_init(&line, 64 << 10);
    buffer_addf(&line, "%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(transfer->headers, line.data);
    buffer_wipe(&line);
    if (longer)
        transfer->headers = longer;
}

static void set_method(struct http_transfer *transfer)
{
    const struct http_request *request = &transfer->request;
    if (transfer->content || strcmp(request->method, "POST") == 0) {
        curl_easy_setopt(transfer->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
        curl_easy_setopt(transfer->easy, CURLOPT_READFUNCTION, give_body);
        curl_easy_setopt(transfer->easy, CURLOPT_READDATA, transfer);
        curl_easy_setopt(transfer->easy, CURLOPT_SEEKFUNCTION, rewind_body);
        curl_easy_setopt(transfer->easy, CURLOPT_SEEKDATA, transfer);
    }
    if (strcmp(request->method, "GET") != 0)
        curl_easy_setopt(transfer->easy, CURLOPT_CUSTOMREQUEST, request->method);
}

void http_transfer_set_trust(const struct http_client *client, CURL *easy, bool verify)
{
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
    /* With a folder of certificates set curl would read them all anew for each connection. */
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    if (client->certificates)
        curl_easy_setopt(easy, CURLOPT_CAINFO, client->certificates);
#if LIBCURL_VERSION_NUM >= 0x075700
    curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, -1L);
#endif
}

static void set_route(struct http_transfer *transfer)
{
    const struct http_route *route = transfer->request.route;
    CURL *easy = transfer->easy;
    http_transfer_set_trust(transfer->client, easy, !route->skip_tls_verify);
    /* Set even where there is none: the environment's proxies are not meant for us. */
    curl_easy_setopt(easy, CURLOPT_PROXY, route->proxy ? route->proxy : "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_SHARE,
                     route->cookies ? route->cookies->jar : transfer->client->tls_sessions);
    if (route->cookies)
        curl_easy_setopt(easy, CURLOPT_COOKIEFILE, "");
    if (route->user_agent)
        curl_easy_setopt(easy, CURLOPT_USERAGENT, route->user_agent);
}

static void set_options(struct http_transfer *transfer)
{
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_URL, transfer->request.url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)CONNECTION_IDLE_SECONDS);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
#if LIBCURL_VERSION_NUM >= 0x075700
    /* Without it a cancel blocks until the system's resolver has given up on a name. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
}

/* ---- how an attempt ended ---- */

static void count(struct http_transfer *transfer, CURLcode code)
{
    struct http_client_statistics *statistics = &transfer->client->statistics;
    curl_off_t bytes = 0, microseconds = 0;
    long connections = 0, status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
    curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &microseconds);
    curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connections);
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    statistics->connections += (uint64_t)connections;
    statistics->bytes_received += (uint64_t)bytes;
    log_debug(transfer->client->log, "http",
              "request=%s method=%s status=%ld bytes=%lld milliseconds=%lld attempt=%u connection=%s curl=%d",
              transfer->request.label ? transfer->request.label : "-", transfer->request.method, status,
              (long long)bytes, (long long)microseconds / 1000, transfer->attempts,
              connections ? "new" : "kept", (int)code);
}

static int64_t wait_milliseconds(const struct http_transfer *transfer, const struct http_response *response,
                                 CURLcode code)
{
    struct http_retry retry = {
        .status = response->error.kind == ERROR_NONE ? response->status : 0,
        .transport_may_recover = http_answer_may_recover(code),
        .retry_after = response->retry_after,
        .attempts = transfer->attempts,
        .elapsed_milliseconds = monotonic_milliseconds() - transfer->begun,
        .patience_seconds = transfer->request.patience_seconds,
    };
    evutil_secure_rng_get_bytes(&retry.random, sizeof retry.random);
    int64_t wait = transfer->request.retry ? http_retry_wait(&retry) : -1;
    return wait < left_milliseconds(transfer) ? wait : -1;
}

static void tell(struct http_transfer *transfer, const struct http_response *response)
{
    transfer->told = true;
    transfer->request.on_done(transfer->request.context, response);
    http_transfer_free(transfer);
}

void http_transfer_finish(struct http_transfer *transfer, CURLcode code)
{
    struct http_response response;
    http_answer_read(transfer, code, &response);
    count(transfer, code);
    leave_multi(transfer);
    int64_t wait = wait_milliseconds(transfer, &response, code);
    if (wait >= 0) {
        log_info(transfer->client->log, "http", "request=%s status=%d attempt=%u again_in=%.1fs%s%s",
                 transfer->request.label ? transfer->request.label : "-", response.status, transfer->attempts,
                 (double)wait / 1000, response.error.kind == ERROR_NONE ? "" : " reason=",
                 response.error.kind == ERROR_NONE ? ""
                                                   : log_quote(transfer->client->log, response.error.text));
        schedule(transfer, wait);
        return;
    }
    tell(transfer, &response);
}

void http_transfer_end_soon(struct http_transfer *transfer)
{
    schedule(transfer, 0);
}

static void attempt(evutil_socket_t none, short what, void *context)
{
    (void)none, (void)what;
    struct http_transfer *transfer = context;
    if (transfer->in_multi) { /* its end, not its beginning */
        http_transfer_finish(transfer, CURLE_WRITE_ERROR);
        return;
    }
    if (transfer->declined) {
        struct http_response response = {
            .body = "", .content_type = "", .challenge = "", .retry_after = -1, .error = transfer->error};
        tell(transfer, &response);
        return;
    }
    transfer->queued = connections_are_taken(transfer);
    if (transfer->queued)
        return;
    if (transfer->attempts == 0) {
        transfer->begun = monotonic_milliseconds();
        transfer->deadline =
            transfer->begun +
            ((int64_t)transfer->request.timeout_seconds + transfer->request.patience_seconds) * 1000;
    }
    if (transfer->attempts++ && transfer->request.on_restart)
        transfer->request.on_restart(transfer->request.context);
    int64_t left = left_milliseconds(transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long)(left > 0 ? left : 1));
    buffer_clear(&transfer->body);
    transfer->received = transfer->sent = 0;
    transfer->paused = false;
    transfer->enough = false;
    transfer->error = (struct error){0};
    transfer->client->statistics.requests++;
    CURLMcode code = curl_multi_add_handle(transfer->client->multi, transfer->easy);
    transfer->in_multi = code == CURLM_OK;
    if (code != CURLM_OK)
        http_transfer_finish(transfer, CURLE_FAILED_INIT);
}

struct http_transfer *http_client_send(struct http_client *client, const struct http_request *request)
{
    struct http_transfer *transfer = xcalloc(1, sizeof *transfer);
    transfer->client = client;
    transfer->request = *request;
    transfer->easy = curl_easy_init();
    transfer->timer = evtimer_new(client->base, attempt, transfer);
    if (!transfer->easy || !transfer->timer)
        end_process("libcurl or libevent cannot start");
    if (request->maximum_length == 0)
        transfer->request.maximum_length = DEFAULT_MAXIMUM;
    if (request->timeout_seconds == 0)
        transfer->request.timeout_seconds =
            LEAST_SECONDS + (unsigned)(transfer->request.maximum_length / LEAST_SPEED);
    buffer_init(&transfer->body, transfer->request.maximum_length + REFUSAL_MAXIMUM);
    if (request->body) {
        transfer->content = xmalloc(request->body_length);
        memcpy(transfer->content, request->body, request->body_length);
    }
    transfer->origin = url_origin(request->url);
    if (!transfer->origin)
        transfer->origin = xstrdup("");
    for (size_t i = 0; i < request->header_count; i++)
        add_header(transfer, request->headers[i].name, request->headers[i].value);
    if (request->body)
        add_header(transfer, "Expect", "");
    set_options(transfer);
    set_route(transfer);
    set_method(transfer);
    transfer->request.url = transfer->request.body = NULL;
    transfer->request.headers = NULL;
    TAILQ_INSERT_TAIL(&client->transfers, transfer, others);
    schedule(transfer, 0);
    return transfer;
}

struct http_transfer *http_client_decline(struct http_client *client, const struct http_request *request,
                                          const struct error *error)
{
    struct http_transfer *transfer = http_client_send(client, request);
    transfer->declined = true;
    transfer->error = *error;
    return transfer;
}

void http_client_cancel(struct http_transfer *transfer)
{
    if (transfer->told)
        return;
    if (transfer->client->in_curl && transfer->in_multi) {
        transfer->cancelled = true;
        return;
    }
    http_transfer_free(transfer);
}
