/* The HTTP client's functions, over answers out of the input in the place of a network. */
#include "scripted_client.h"

#include <sys/queue.h>

#include "fuzz.h"
#include "tconnectsync/http/http_client.h"

struct http_transfer {
    TAILQ_ENTRY(http_transfer) others;
    struct http_request request; /* its url and headers are gone */
    struct error declined;
};

static struct {
    const uint8_t *data;
    size_t size;
    void (*judge)(const struct http_request *request);
} script;
static TAILQ_HEAD(, http_transfer) under_way = TAILQ_HEAD_INITIALIZER(under_way);

void script_begin(const uint8_t *data, size_t size, void (*judge)(const struct http_request *request))
{
    script.data = data;
    script.size = size;
    script.judge = judge;
}

bool script_is_over(void)
{
    return TAILQ_EMPTY(&under_way);
}

static struct http_transfer *enqueue(const struct http_request *request)
{
    struct http_transfer *transfer = calloc(1, sizeof *transfer);
    must(transfer != NULL);
    transfer->request = *request;
    TAILQ_INSERT_TAIL(&under_way, transfer, others);
    return transfer;
}

struct http_transfer *http_client_send(struct http_client *client, const struct http_request *request)
{
    (void)client;
    script.judge(request);
    return enqueue(request);
}

struct http_transfer *http_client_decline(struct http_client *client, const struct http_request *request,
                                          const struct error *error)
{
    (void)client;
    struct http_transfer *transfer = enqueue(request);
    transfer->declined = *error;
    return transfer;
}

void http_client_cancel(struct http_transfer *transfer)
{
    TAILQ_REMOVE(&under_way, transfer, others);
    free(transfer);
}

/* In two pieces, after a first attempt that broke off. */
static void stream(const struct http_request *request, const char *body, size_t length,
                   struct http_response *response)
{
    size_t half = length / 2;
    if (request->on_restart && request->on_data(request->context, body, half, &response->error))
        request->on_restart(request->context);
    response->error = (struct error){0};
    if (request->on_data(request->context, body, half, &response->error))
        request->on_data(request->context, body + half, length - half, &response->error);
}

static void answer(const struct http_request *request, const uint8_t *data, size_t size)
{
    char *head = take_line(&data, &size), *rest = head;
    const char *status = strsep(&rest, " "), *type = strsep(&rest, " "), *location = strsep(&rest, " ");
    char *body = malloc(size + 1);
    struct http_response response = {.status = atoi(status),
                                     .challenge = "",
                                     .content_type = type ? type : "",
                                     .retry_after = -1,
                                     .attempts = 1};
    must(body != NULL);
    memcpy(body, data, size);
    body[size] = '\0';
    response.status = response.status < 100 || response.status > 999 ? 200 : response.status;
    response.location = location && strcmp(location, "-") != 0 ? location : NULL;
    response.body = "";
    if (request->on_data && response.status == 200) {
        stream(request, body, size, &response);
    } else {
        response.body = body;
        response.length = size;
    }
    request->on_done(request->context, &response);
    free(head);
    free(body);
}

bool script_answer(void)
{
    struct http_transfer *transfer = TAILQ_FIRST(&under_way);
    if (!transfer)
        return false;
    TAILQ_REMOVE(&under_way, transfer, others);
    struct http_request request = transfer->request;
    struct http_response none = {
        .body = "", .content_type = "", .challenge = "", .retry_after = -1, .error = transfer->declined};
    free(transfer);
    if (none.error.kind == ERROR_NONE && script.size > 0) {
        const uint8_t *end = memchr(script.data, 0x1e, script.size), *data = script.data;
        size_t length = end ? (size_t)(end - data) : script.size;
        script.data += end ? length + 1 : length;
        script.size -= end ? length + 1 : length;
        answer(&request, data, length);
        return true;
    }
    if (none.error.kind == ERROR_NONE)
        error_set(&none.error, ERROR_UNREACHABLE, "did not answer in time");
    request.on_done(request.context, &none);
    return true;
}

/* One that holds nothing: whether cookies are kept is libcurl's. */
struct http_cookies *http_cookies_new(void)
{
    return malloc(1);
}

void http_cookies_clear(struct http_cookies *cookies)
{
    (void)cookies;
}

void http_cookies_free(struct http_cookies *cookies)
{
    free(cookies);
}
