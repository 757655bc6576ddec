/* curl tells which sockets and which timer to watch, libevent watches them, and what finished is collected
   after each turn. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "tconnectsync/base/memory.h"

#include "http_transfer.h"

enum { CONNECTIONS_KEPT = 16 };

struct watch {
    LIST_ENTRY(watch) others;
    struct event *event;
};

/* ---- curl on libevent ---- */

/* Deals with what ended during the last turn: first the cancelled, whose messages must
   not be told any more. */
static void collect(struct http_client *client)
{
    for (struct http_transfer *transfer = TAILQ_FIRST(&client->transfers), *next; transfer; transfer = next) {
        next = TAILQ_NEXT(transfer, others);
        if (transfer->cancelled)
            http_transfer_free(transfer);
    }
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(client->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        struct http_transfer *transfer = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        http_transfer_finish(transfer, code);
    }
}

static void run_curl(struct http_client *client, curl_socket_t socket, int action)
{
    int running;
    client->in_curl = true;
    curl_multi_socket_action(client->multi, socket, action, &running);
    client->in_curl = false;
    collect(client);
}

/* What is handed on here may be refused, or cancelled, as in any other turn; but curl
   tells so to us alone. */
static void on_resume(evutil_socket_t none, short what, void *context)
{
    (void)none, (void)what;
    struct http_client *client = context;
    struct http_transfer *transfer;
    client->taken = 0;
    client->in_curl = true;
    TAILQ_FOREACH(transfer, &client->transfers, others)
    if (transfer->paused && transfer->in_multi) {
        transfer->paused = false;
        if (curl_easy_pause(transfer->easy, CURLPAUSE_CONT) != CURLE_OK)
            http_transfer_end_soon(transfer);
    }
    client->in_curl = false;
    collect(client);
}

static void on_socket_ready(evutil_socket_t socket, short what, void *client)
{
    run_curl(client, socket,
             (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timer(evutil_socket_t none, short what, void *client)
{
    (void)none, (void)what;
    run_curl(client, CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long milliseconds, void *context)
{
    (void)multi;
    struct http_client *client = context;
    struct timeval wait = {milliseconds / 1000, milliseconds % 1000 * 1000};
    if (milliseconds < 0)
        evtimer_del(client->timer);
    else
        evtimer_add(client->timer, &wait);
    return 0;
}

static void watch_free(struct watch *watch)
{
    LIST_REMOVE(watch, others);
    if (watch->event)
        event_free(watch->event);
    free(watch);
}

static int set_watch(CURL *easy, curl_socket_t socket, int what, void *context, void *socket_context)
{
    (void)easy;
    struct http_client *client = context;
    struct watch *watch = socket_context;
    if (what == CURL_POLL_REMOVE) {
        if (watch)
            watch_free(watch);
        return 0;
    }
    if (!watch) {
        watch = xcalloc(1, sizeof *watch);
        LIST_INSERT_HEAD(&client->watches, watch, others);
        curl_multi_assign(client->multi, socket, watch);
    }
    if (watch->event)
        event_free(watch->event);
    short wanted = (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST;
    watch->event = event_new(client->base, socket, wanted, on_socket_ready, client);
    return watch->event && event_add(watch->event, NULL) == 0 ? 0 : -1;
}

/* ---- the client ---- */

/* Where TLS sessions (and cookies, for a jar) outlive the request. */
static CURLSH *share_new(bool cookies)
{
    CURLSH *share = curl_share_init();
    if (!share)
        end_process("libcurl or libevent cannot start");
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    if (cookies)
        curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
    return share;
}

struct http_client *http_client_new(struct event_base *base, struct log *log, struct error *error)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    if (!(curl->features & CURL_VERSION_SSL) || !(curl->features & CURL_VERSION_ASYNCHDNS) ||
        !(curl->features & CURL_VERSION_LIBZ)) {
        error_set(error, ERROR_CONFIGURATION,
                  "The installed libcurl %s lacks TLS, an asynchronous resolver or gzip: install another "
                  "build of it.",
                  curl->version);
        return NULL;
    }
    const char *certificates = getenv("SSL_CERT_FILE");
    struct http_client *client = xcalloc(1, sizeof *client);
    client->base = base;
    client->log = log;
    client->multi = curl_multi_init();
    client->timer = evtimer_new(base, on_timer, client);
    client->resume = evtimer_new(base, on_resume, client);
    if (!client->multi || !client->timer || !client->resume)
        end_process("libcurl or libevent cannot start");
    client->tls_sessions = share_new(false);
    client->certificates = certificates && *certificates ? xstrdup(certificates) : NULL;
    LIST_INIT(&client->watches);
    TAILQ_INIT(&client->transfers);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, set_watch);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    return client;
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    while (!TAILQ_EMPTY(&client->transfers))
        http_client_cancel(TAILQ_FIRST(&client->transfers));
    curl_multi_cleanup(client->multi);
    curl_share_cleanup(client->tls_sessions);
    while (!LIST_EMPTY(&client->watches))
        watch_free(LIST_FIRST(&client->watches));
    event_free(client->timer);
    event_free(client->resume);
    free(client->certificates);
    free(client);
}

const char *http_client_library(char *text, size_t size)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    snprintf(text, size, "libcurl %s with %s", curl->version, curl->ssl_version);
    return text;
}

void http_client_count(const struct http_client *client, struct http_client_statistics *out)
{
    *out = client->statistics;
}

/* A socket on loopback that takes connections and never says a word; -1 on failure. */
static int silent_listener(char *url, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener >= 0 && bind(listener, (struct sockaddr *)&address, length) == 0 &&
        listen(listener, 1) == 0 && getsockname(listener, (struct sockaddr *)&address, &length) == 0) {
        snprintf(url, size, "https://127.0.0.1:%u/", ntohs(address.sin_port));
        return listener;
    }
    if (listener >= 0)
        close(listener);
    return -1;
}

/* curl reads certificates within a handshake only, so it gets one; once its hello is there, they are read. */
void http_client_load_certificates(struct http_client *client)
{
    char url[64], byte;
    int partner = -1, running, listener = silent_listener(url, sizeof url);
    CURL *easy = curl_easy_init();
    if (easy && listener >= 0) {
        http_transfer_set_trust(client, easy, true);
        curl_easy_setopt(easy, CURLOPT_URL, url);
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_multi_add_handle(client->multi, easy);
        client->in_curl = true;
        for (int turn = 0; turn < 50; turn++) {
            curl_multi_perform(client->multi, &running);
            partner = partner >= 0 ? partner : accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (!running || (partner >= 0 && recv(partner, &byte, 1, MSG_PEEK) > 0))
                break;
            curl_multi_poll(client->multi, NULL, 0, 1, NULL);
        }
        client->in_curl = false;
        curl_multi_remove_handle(client->multi, easy);
        evtimer_add(client->resume, &(struct timeval){0}); /* requests may have ended meanwhile */
    }
    curl_easy_cleanup(easy);
    if (partner >= 0)
        close(partner);
    if (listener >= 0)
        close(listener);
}

/* ---- cookies ---- */

struct http_cookies *http_cookies_new(void)
{
    struct http_cookies *cookies = xcalloc(1, sizeof *cookies);
    cookies->jar = share_new(true);
    return cookies;
}

void http_cookies_clear(struct http_cookies *cookies)
{
    CURL *easy = curl_easy_init();
    if (!easy)
        end_process("libcurl or libevent cannot start");
    curl_easy_setopt(easy, CURLOPT_SHARE, cookies->jar);
    curl_easy_setopt(easy, CURLOPT_COOKIELIST, "ALL");
    curl_easy_cleanup(easy);
}

void http_cookies_free(struct http_cookies *cookies)
{
    if (cookies)
        curl_share_cleanup(cookies->jar);
    free(cookies);
}
