/* Tandem's answers to a sign-in, one after another: wherever they lead, the password goes to one address
   alone, no request leaves the hosts of the settings, and only a checked token is kept. */
#include "fuzz.h"

#include <curl/curl.h>

#include "scripted_client.h"
#include "tandem_session.h"
#include "tconnectsync/base/redact.h"

#define NOW      INT64_C(1780000000)
#define ACCOUNTS "https://accounts.example.test/api"
#define PASSWORD "Seven-Lazy-Otters"

static char email[] = "kim@example.test", password[] = PASSWORD, accounts_url[] = ACCOUNTS,
            sso_url[] = "https://sso.example.test/", source_url[] = "https://source.example.test/",
            redirect_uri[] = "https://sso.example.test/auth/callback", client_id[] = "client-1";
static const struct configuration configuration = {
    .tandem_email = email,
    .tandem_password = password,
    .accounts_url = accounts_url,
    .sso_url = sso_url,
    .source_url = source_url,
    .redirect_uri = redirect_uri,
    .client_id = client_id,
};

static unsigned done_count, passwords;
static struct error last;

/* The host as libcurl understands it, who is to call it; to be freed with curl_free. */
static char *host_of(const char *url)
{
    char *host = NULL, *scheme = NULL;
    CURLU *parts = curl_url();
    must(curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK);
    must(curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK && strcmp(scheme, "https") == 0);
    must(curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK);
    curl_free(scheme);
    curl_url_cleanup(parts);
    return host;
}

static void judge(const struct http_request *request)
{
    char *host = host_of(request->url);
    bool login_page = strcmp(request->url, sso_url) == 0;
    must(login_page || strcasecmp(host, "accounts.example.test") == 0);
    bool tells = request->body && memmem(request->body, request->body_length, PASSWORD, strlen(PASSWORD));
    must(!strstr(request->url, PASSWORD));
    must(!tells || (strcmp(request->url, ACCOUNTS "/login") == 0 && !request->retry));
    passwords += tells;
    curl_free(host);
}

static void on_done(void *context, const struct error *error)
{
    (void)context;
    done_count++;
    last = error ? *error : (struct error){0};
    must(!error || (error->kind != ERROR_NONE && *error->text));
}

/* Each step answers exactly once. */
static bool is_done(unsigned steps)
{
    while (script_answer())
        ;
    must(done_count == steps);
    done_count = 0;
    return last.kind == ERROR_NONE;
}

static bool signs_in(struct tandem *tandem)
{
    struct error error = {0};
    tandem_open_login_page(tandem, on_done, NULL);
    if (!is_done(1))
        return false;
    tandem_sign_in(tandem, NOW, on_done, NULL);
    if (!is_done(1))
        return false;
    tandem_authorize(tandem, on_done, NULL);
    if (!is_done(1))
        return false;
    must(tandem->sign_in.code && *tandem->sign_in.code);
    tandem_fetch_token(tandem, on_done, NULL);
    tandem_fetch_keys(tandem, on_done, NULL);
    is_done(2);
    bool verified = tandem_verify(tandem, NOW, &error);
    must(verified || *error.text);
    return verified;
}

static void check_credentials(const struct credentials *credentials)
{
    for (const char *c = credentials->token; *c; c++)
        must(*c > ' ' && *c <= '~');
    must(*credentials->token && *credentials->pumper_id);
    must(credentials->expires > NOW && credentials->expires <= NOW + 30 * INT64_C(86400));
    must(!credentials->refused && !credentials->limit.attempts && !credentials->limit.not_before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct redactor *redactor = redactor_new();
    struct tandem *tandem = tandem_new(NULL, &configuration, redactor, NULL, NOW);
    struct error error;
    passwords = 0;
    script_begin(data, size, judge);
    bool verified = signs_in(tandem);
    must(verified == (tandem->credentials.token != NULL));
    if (verified)
        check_credentials(&tandem->credentials);
    must(passwords <= 1);
    /* A failure has its patience, and after a refusal no password goes out at all. */
    must(verified || passwords == 0 || tandem_refused(tandem, NULL) ||
         !tandem_may_sign_in(tandem, NOW, false, &error));
    if (tandem_refused(tandem, NULL)) {
        tandem_sign_in(tandem, NOW + 86400, on_done, NULL);
        must(!is_done(1) && passwords == 1);
    }
    tandem_free(tandem);
    redactor_free(redactor);
    must(script_is_over());
    return 0;
}
