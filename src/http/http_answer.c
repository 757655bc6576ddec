/* What an attempt came to: the answer, or in a person's words why there is none. */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "http_transfer.h"

static const struct ending {
    CURLcode code;
    enum error_kind kind;
    bool retry;
    const char *text;
} endings[] = {
    {CURLE_COULDNT_RESOLVE_HOST,     ERROR_UNREACHABLE,   true,
     "cannot be found: its host name is not known. Check the address and the internet connection"                     },
    {CURLE_COULDNT_RESOLVE_PROXY,    ERROR_UNREACHABLE,   true,
     "cannot be reached: the proxy's host name is not known. Check the proxy setting"                                 },
    {CURLE_COULDNT_CONNECT,          ERROR_UNREACHABLE,   true,
     "cannot be reached: no connection to its address comes about"                                                    },
    {CURLE_OPERATION_TIMEDOUT,       ERROR_UNREACHABLE,   true,  "did not answer in time"                             },
    {CURLE_SSL_CONNECT_ERROR,        ERROR_UNREACHABLE,   true,  "cannot be reached safely: the TLS handshake failed" },
    {CURLE_PEER_FAILED_VERIFICATION, ERROR_UNREACHABLE,   false,
     "shows a TLS certificate that cannot be trusted (expired, self-signed or another host's), so nothing "
     "was sent"                                                                                                       },
    {CURLE_SSL_CACERT_BADFILE,       ERROR_UNREACHABLE,   false,
     "cannot be reached safely: this machine's CA certificates cannot be read. Install ca-certificates"               },
    {CURLE_GOT_NOTHING,              ERROR_UNREACHABLE,   true,  "closed the connection before it answered"           },
    {CURLE_SEND_ERROR,               ERROR_UNREACHABLE,   true,  "closed the connection before it answered"           },
    {CURLE_SEND_FAIL_REWIND,         ERROR_UNREACHABLE,   false, "closed the connection before it answered"           },
    {CURLE_RECV_ERROR,               ERROR_UNREACHABLE,   true,  "broke the connection before its answer was complete"},
    {CURLE_PARTIAL_FILE,             ERROR_DATA,          true,  "cut its answer short"                               },
    {CURLE_BAD_CONTENT_ENCODING,     ERROR_DATA,          true,  "sent an answer that cannot be unpacked"             },
    {CURLE_WEIRD_SERVER_REPLY,       ERROR_DATA,          false, "sent an answer that is not valid HTTP"              },
    {CURLE_UNSUPPORTED_PROTOCOL,     ERROR_CONFIGURATION, false,
     "has an unusable address: it must begin with https:// or http://"                                                },
    {CURLE_URL_MALFORMAT,            ERROR_CONFIGURATION, false, "has an unusable address: it is not a URL"           },
};

static const struct ending *ending_of(CURLcode code)
{
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (endings[i].code == code)
            return &endings[i];
    return NULL;
}

/* curl tells of it in many ways, from a name that is not found to certificates that cannot be read. */
static bool descriptors_are_left(void)
{
    int descriptor = dup(STDERR_FILENO);
    if (descriptor >= 0)
        close(descriptor);
    return descriptor >= 0 || (errno != EMFILE && errno != ENFILE);
}

/* Fills the transfer's error unless the answer is whole, or the error is known already. */
static void judge(struct http_transfer *transfer, CURLcode code)
{
    long proxy_status = 0, system_error = 0, sent = 0;
    if (code == CURLE_OK || transfer->enough || transfer->error.kind != ERROR_NONE)
        return;
    curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &system_error);
    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &sent);
    /* This code is also curl's word for an answer that begins unlike HTTP. */
    if (code == CURLE_UNSUPPORTED_PROTOCOL && sent > 0)
        code = CURLE_WEIRD_SERVER_REPLY;
    const struct ending *ending = ending_of(code);
    if (proxy_status >= 300)
        error_set(&transfer->error, ERROR_UNREACHABLE, "cannot be reached: the proxy refused with status %ld",
                  proxy_status);
    else if (sent == 0 && !descriptors_are_left())
        error_set(
            &transfer->error, ERROR_CONFIGURATION,
            "could not be asked: this program has no file descriptor left. Raise this machine's limit for it "
            "(ulimit -n, LimitNOFILE)");
    else if (code == CURLE_COULDNT_CONNECT && system_error == ECONNREFUSED)
        error_set(&transfer->error, ERROR_UNREACHABLE, "cannot be reached: the connection was refused");
    else if (ending)
        error_set(&transfer->error, ending->kind, "%s", ending->text);
    else
        error_set(&transfer->error, ERROR_UNREACHABLE, "could not be asked: %s", curl_easy_strerror(code));
}

static const char *header(struct http_transfer *transfer, const char *name)
{
    struct curl_header *found;
    return curl_easy_header(transfer->easy, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK ? found->value
                                                                                            : NULL;
}

void http_answer_read(struct http_transfer *transfer, CURLcode code, struct http_response *response)
{
    long status = 0;
    curl_off_t whole = 0, until_answer = 0, retry_after = 0;
    char *content_type = NULL, *location = NULL;
    judge(transfer, code);
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &content_type);
    curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &location);
    curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after);
    curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &whole);
    curl_easy_getinfo(transfer->easy, CURLINFO_STARTTRANSFER_TIME_T, &until_answer);
    const char *challenge = header(transfer, "WWW-Authenticate");
    *response = (struct http_response){
        .status = (int)status,
        .body = transfer->body.data,
        .length = transfer->body.length,
        .content_type = content_type ? content_type : "",
        .location = location,
        .challenge = challenge ? challenge : "",
        .retry_after = header(transfer, "Retry-After") ? (int64_t)retry_after : -1,
        .attempts = transfer->attempts,
        .error = transfer->error,
    };
    const char *date = header(transfer, "Date");
    time_t seconds = date && !header(transfer, "Age") ? curl_getdate(date, NULL) : -1;
    if (seconds > 0) {
        response->date = seconds;
        response->clock_difference = seconds - (time(NULL) - (whole - until_answer) / 1000000);
    }
}

bool http_answer_may_recover(CURLcode code)
{
    const struct ending *ending = ending_of(code);
    return ending && ending->retry;
}
