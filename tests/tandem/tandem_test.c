/* The session with Tandem Source against a scripted server: the whole way in, and every way in which it can
 * end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "tconnectsync/base/base64url.h"
#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/http/http_client.h"
#include "tconnectsync/pump/account.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/settings/configuration.h"
#include "pkce.h"
#include "tconnectsync/base/redact.h"
#include "tconnectsync/base/url.h"
#include "tconnectsync/pump/pump_log.h"
#include "tconnectsync/tandem/tandem.h"

#include "fake_server.h"
#include "log_to_stream.h"

#define NOW          1778731200
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SCRIPT       12

static struct event_base *base;
static struct http_client *client;
static struct fake_server *server;
static struct redactor *redactor;
static char *log_text;
static size_t log_size;
static FILE *log_stream;
static struct log *journal;
static struct configuration configuration;
static struct tandem *tandem;
static EVP_PKEY *key;
static char cache_path[] = "/tmp/tandem_test.XXXXXX";

/* ---- the script: answers are composed once the server's address is known ---- */

static char *texts[SCRIPT];
static struct fake_answer script[SCRIPT];
static size_t script_length;

static void answer(char *text)
{
    assert_true(script_length < SCRIPT);
    texts[script_length] = text;
    script[script_length++] = (struct fake_answer){.text = text};
}

static void answer_json(int status, const char *more_headers, const char *body)
{
    answer(xasprintf("HTTP/1.1 %d X\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n%s",
                     status, more_headers, strlen(body), body));
}

static void answer_redirect(const char *location)
{
    answer(xasprintf("HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", location));
}

/* ---- around every test ---- */

static void configure(const char *origin)
{
    configuration = (struct configuration){
        .tandem_email = xstrdup("kim@example.net"),
        .tandem_password = xstrdup("correct \"horse\""),
        .sso_url = xasprintf("%s/sso/", origin),
        .source_url = xasprintf("%s/source/", origin),
        .accounts_url = xasprintf("%s/accounts/api", origin),
        .redirect_uri = xasprintf("%s/callback", origin),
        .client_id = xstrdup("client 1"),
        .credential_cache_path = cache_path,
    };
}

static void open_session(void)
{
    tandem = tandem_new(client, &configuration, redactor, journal, NOW);
}

/* A new process: what it knows, it knows from the cache. */
static void reopen_session(void)
{
    tandem_free(tandem);
    open_session();
}

static int set_up(void **state)
{
    (void)state;
    struct error error;
    unlink(cache_path);
    script_length = 0;
    memset(script, 0, sizeof script);
    base = event_base_new();
    log_stream = open_memstream(&log_text, &log_size);
    redactor = redactor_new();
    journal = log_new(log_to_stream, log_stream, LOG_DEBUG, redactor);
    client = http_client_new(base, journal, &error);
    server = fake_server_new(base, script, SCRIPT);
    configure(fake_server_url(server, ""));
    open_session();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tandem_free(tandem);
    http_client_free(client);
    fake_server_free(server);
    event_base_free(base);
    log_free(journal);
    fclose(log_stream);
    free(log_text);
    redactor_free(redactor);
    for (size_t i = 0; i < script_length; i++)
        free(texts[i]);
    char *fields[] = {configuration.tandem_email, configuration.tandem_password, configuration.sso_url,
                      configuration.source_url,   configuration.accounts_url,    configuration.redirect_uri,
                      configuration.client_id};
    for (size_t i = 0; i < COUNT(fields); i++)
        free(fields[i]);
    unlink(cache_path);
    return 0;
}

/* ---- running a step ---- */

struct outcome {
    unsigned calls;
    bool passed;
    struct error error;
};

static void on_done(void *context, const struct error *error)
{
    struct outcome *outcome = context;
    outcome->calls++;
    outcome->passed = !error;
    if (error)
        outcome->error = *error;
}

static void wait_for(const struct outcome *outcome)
{
    assert_int_equal(outcome->calls, 0); /* never from inside the call */
    for (time_t end = time(NULL) + 20; !outcome->calls && time(NULL) < end;)
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(outcome->calls, 1);
}

typedef void step(struct tandem *tandem, tandem_done *done, void *context);

static struct outcome run(step *which)
{
    struct outcome outcome = {0};
    which(tandem, on_done, &outcome);
    wait_for(&outcome);
    return outcome;
}

static void sign_in_now(struct tandem *session, tandem_done *done, void *context)
{
    tandem_sign_in(session, NOW, done, context);
}

static struct account *account;

static void fetch_account(struct tandem *session, tandem_done *done, void *context)
{
    tandem_fetch_account(session, &account, done, context);
}

static struct pump_log pump_log;

static struct outcome fetch_log(const char *assignment_id)
{
    struct outcome outcome = {0};
    struct pump_log_reader *reader = pump_log_reader_new(&pump_log, 0);
    tandem_fetch_log(tandem, assignment_id, 20587, 20588, reader, on_done, &outcome);
    wait_for(&outcome);
    pump_log_reader_free(reader);
    return outcome;
}

static bool contains(const char *text, const char *part)
{
    if (strstr(text, part))
        return true;
    print_error("\"%s\" lacks \"%s\"\n", text, part);
    return false;
}

/* ---- tokens ---- */

static void add_number(struct buffer *out, const char *name)
{
    BIGNUM *number = NULL;
    unsigned char bytes[512];
    EVP_PKEY_get_bn_param(key, name, &number);
    base64url_encode(out, bytes, (size_t)BN_bn2bin(number, bytes));
    BN_free(number);
}

static char *key_set(void)
{
    struct buffer n, e;
    buffer_init(&n, 1000);
    buffer_init(&e, 1000);
    add_number(&n, OSSL_PKEY_PARAM_RSA_N);
    add_number(&e, OSSL_PKEY_PARAM_RSA_E);
    char *set =
        xasprintf("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k1\",\"n\":\"%s\",\"e\":\"%s\"}]}", n.data, e.data);
    buffer_free(&n);
    buffer_free(&e);
    return set;
}

static char *id_token(void)
{
    struct buffer token;
    unsigned char signature[256];
    size_t length = sizeof signature;
    static const char header[] = "{\"alg\":\"RS256\",\"kid\":\"k1\"}";
    char *payload = xasprintf("{\"iss\":\"%s\",\"aud\":\"client 1\",\"exp\":%d,\"pumperId\":\"pumper-1\","
                              "\"accountId\":\"account-1\"}",
                              configuration.accounts_url, NOW + 600);
    buffer_init(&token, 10000);
    base64url_encode(&token, header, strlen(header));
    buffer_add_text(&token, ".");
    base64url_encode(&token, payload, strlen(payload));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key);
    EVP_DigestSign(context, signature, &length, (unsigned char *)token.data, token.length);
    EVP_MD_CTX_free(context);
    buffer_add_text(&token, ".");
    base64url_encode(&token, signature, length);
    free(payload);
    return token.data;
}

static void answer_token(const char *more)
{
    char *token = id_token();
    char *body = xasprintf(
        "{\"access_token\":\"acc3ss.t0ken\",\"id_token\":\"%s\",\"token_type\":\"Bearer\"%s}", token, more);
    answer_json(200, "", body);
    free(body);
    free(token);
}

/* The answers to a whole sign-in; the caller runs it. */
static void answer_sign_in(void)
{
    answer(xstrdup("HTTP/1.1 200 OK\r\nSet-Cookie: visit=v1; Path=/\r\nContent-Length: 6\r\n\r\n<html>"));
    answer_json(200, "Set-Cookie: session=s1; Path=/\r\n", "{\"redirectUrl\":\"/\",\"status\":\"SUCCESS\"}");
    answer_redirect("/accounts/api/connect/authorize/callback?x=1");
    char *last = xasprintf("%s?code=c0de%%2B1&scope=openid", configuration.redirect_uri);
    answer_redirect(last);
    free(last);
    answer_token(",\"expires_in\":1800");
    char *keys = key_set();
    answer_json(200, "", keys);
    free(keys);
}

static void sign_in_fully(void)
{
    struct error error = {0};
    answer_sign_in();
    assert_true(run(tandem_open_login_page).passed);
    assert_true(run(sign_in_now).passed);
    assert_true(run(tandem_authorize).passed);
    assert_true(run(tandem_fetch_token).passed);
    assert_true(run(tandem_fetch_keys).passed);
    assert_true(tandem_verify(tandem, NOW, &error));
}

/* The value of a query or form field in what the server was asked. */
static char *asked_field(size_t number, const char *name)
{
    const char *request = fake_server_request(server, number), *body = strstr(request, "\r\n\r\n") + 4;
    char *line =
        *body ? xasprintf("?%s", body) : xstrndup(request, strcspn(request, "\r\n") - strlen(" HTTP/1.1"));
    char *value = url_parameter(line, name);
    free(line);
    return value;
}

static void the_whole_way_in(void **state)
{
    (void)state;
    sign_in_fully();
    assert_true(tandem_signed_in(tandem, NOW));
    assert_true(tandem_signed_in(tandem, NOW + 1800 - 120));
    assert_false(tandem_signed_in(tandem, NOW + 1800 - 119));
    assert_int_equal(fake_server_requests(server), 6);
    static const char *const starts[] = {
        "GET /sso/ HTTP",
        "POST /accounts/api/login HTTP",
        "GET "
        "/accounts/api/connect/"
        "authorize?client_id=client%201&response_type=code&scope=openid%20profile%20email"
        "&redirect_uri=http%3A%2F%2F127.0.0.1%3A",
        "GET /accounts/api/connect/authorize/callback?x=1 HTTP",
        "POST /accounts/api/connect/token HTTP",
        "GET /accounts/api/.well-known/openid-configuration/jwks HTTP",
    };
    for (size_t i = 0; i < COUNT(starts); i++) {
        const char *request = fake_server_request(server, i);
        assert_int_equal(strncmp(request, starts[i], strlen(starts[i])), 0);
        assert_true(contains(request, "User-Agent: Mozilla/5.0 "));
        assert_int_equal(strstr(request, "horse") != NULL, i == 1);
        assert_int_equal(strstr(request, "visit=v1") != NULL, i > 0);
        assert_int_equal(strstr(request, "session=s1") != NULL, i > 1);
    }
    const char *login = fake_server_request(server, 1);
    assert_true(
        contains(login, "\r\n\r\n{\"username\":\"kim@example.net\",\"password\":\"correct \\\"horse\\\"\"}"));
    assert_true(contains(login, "Content-Type: application/json\r\n"));
    assert_true(contains(login, "Referer: http://127.0.0.1:"));
}

static void the_code_is_redeemed_by_who_asked_for_it(void **state)
{
    (void)state;
    sign_in_fully();
    char *challenge = asked_field(2, "code_challenge"), *verifier = asked_field(4, "code_verifier");
    char *code = asked_field(4, "code"), *redirect_uri = asked_field(4, "redirect_uri"),
         expected[PKCE_CHALLENGE_SIZE];
    assert_int_equal(strlen(verifier), PKCE_VERIFIER_SIZE - 1);
    pkce_challenge(verifier, expected);
    assert_string_equal(challenge, expected);
    assert_string_equal(code, "c0de+1");
    assert_string_equal(redirect_uri, configuration.redirect_uri);
    free(challenge);
    free(verifier);
    free(code);
    free(redirect_uri);
}

static void the_next_process_has_the_token_too(void **state)
{
    (void)state;
    sign_in_fully();
    reopen_session();
    assert_true(tandem_signed_in(tandem, NOW));
    tandem_forget_token(tandem);
    assert_false(tandem_signed_in(tandem, NOW));
    reopen_session();
    assert_false(tandem_signed_in(tandem, NOW));
}

static void no_cache_is_no_file(void **state)
{
    (void)state;
    configuration.credential_cache_path = NULL;
    reopen_session();
    sign_in_fully();
    assert_true(tandem_signed_in(tandem, NOW));
    assert_int_not_equal(access(cache_path, F_OK), 0);
}

/* ---- the password is refused ---- */

static void what_tandem_says_to_a_password(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum error_kind kind;
        const char *text;
        bool refused;
    } cases[] = {
        {401, "{\"error\":\"account/invalid_credentials\"}", ERROR_CREDENTIALS,
         "Tandem refused the email or password. EU account? Set TCONNECT_REGION=EU.", true},
        {200, "{\"status\":\"INVALID_CREDENTIALS\"}", ERROR_CREDENTIALS, "Tandem refused the email", true},
        {200, "{\"status\":\"LOCKED_OUT\"}", ERROR_SERVICE, "locked the account (200, \"LOCKED_OUT\")",
         false},
        {401, "{\"error\":\"account/locked\"}", ERROR_SERVICE, "locked the account (401", false},
        {400, "{\"message\":\"Max attempted logins exceeded.\"}", ERROR_SERVICE,
         "too many sign-ins (400, \"Max attempted logins exceeded.\")", false},
        {200, "{\"status\":\"ERROR\",\"message\":\"Max attempted logins exceeded.\"}", ERROR_SERVICE,
         "locked the account", false},
        {200, "{\"redirectUrl\":\"/\"}", ERROR_SERVICE, "did not complete the sign-in (200).", false},
        {200, "{\"status\":true}", ERROR_SERVICE, "did not complete the sign-in", false},
        {200, "{\"status\":\"PASSWORD_EXPIRED\"}", ERROR_SERVICE, "(200, \"PASSWORD_EXPIRED\")", false},
        {200, "{\"status\":\"MFA_REQUIRED\"}", ERROR_SERVICE, "second factor", false},
        {200, "<html>Please consent to the new terms</html>", ERROR_SERVICE, "asks for consent", false},
        {401, "{\"error\":\"account/disabled\"}", ERROR_SERVICE,
         "does not let this account sign in (401, \"account/disabled\")", false},
        {401, "{}", ERROR_SERVICE, "Something on the way to Tandem", false},
        {401, "<html>Access denied</html>", ERROR_SERVICE, "Something on the way to Tandem", false},
        {400, "{\"message\":\"Email is required.\"}", ERROR_SERVICE,
         "did not take the sign-in (400, \"Email is required.\"). The password is not known to be wrong",
         false},
        {403, "{\"message\":\"The request is blocked.\"}", ERROR_SERVICE, "firewall", false},
        {403, "<html>The request is blocked</html>", ERROR_SERVICE, "firewall", false},
        {404, "<html>gone</html>", ERROR_SERVICE, "Tandem has changed its service", false},
        {429, "", ERROR_UNREACHABLE, "asks for fewer requests", false},
        {500, "{}", ERROR_UNREACHABLE, "has trouble of its own (500", false},
        {503, "<html>down</html>", ERROR_UNREACHABLE, "has trouble of its own (503", false},
        {200, "<html>maintenance</html>", ERROR_SERVICE, "a web page where data belongs", false},
        {200, "{\"status\":\"SUCC", ERROR_DATA, "garbage or was cut short", false},
        {200, "", ERROR_DATA, "garbage or was cut short", false},
        {302, "", ERROR_SERVICE, "in an unexpected way (302", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        tear_down(NULL);
        set_up(NULL);
        answer_json(cases[i].status, "", cases[i].body);
        struct outcome outcome = run(sign_in_now);
        assert_false(outcome.passed);
        assert_true(contains(outcome.error.text, cases[i].text));
        assert_int_equal(outcome.error.kind, cases[i].kind);
        assert_int_equal(outcome.error.status, cases[i].status);
        assert_int_equal(tandem_refused(tandem, NULL), cases[i].refused);
        assert_int_equal(fake_server_requests(server), 1); /* never repeated */
    }
}

static void a_vanished_answer_is_no_refusal(void **state)
{
    (void)state;
    script[0] = (struct fake_answer){.close = true};
    struct outcome outcome = run(sign_in_now);
    assert_int_equal(outcome.error.kind, ERROR_UNREACHABLE);
    assert_true(
        contains(outcome.error.text, "Tandem closed the connection before it answered (step: sign-in)."));
    assert_false(tandem_refused(tandem, NULL));
    assert_int_equal(fake_server_requests(server), 1);
}

static void refuse_once(void)
{
    answer_json(401, "", "{\"error\":\"account/invalid_credentials\"}");
    assert_int_equal(run(sign_in_now).error.kind, ERROR_CREDENTIALS);
}

static void a_refused_password_is_not_tried_again(void **state)
{
    (void)state;
    int64_t since = 0;
    refuse_once();
    for (int process = 0; process < 2; process++) {
        assert_true(tandem_refused(tandem, &since));
        assert_int_equal(since, NOW);
        assert_int_equal(run(sign_in_now).error.kind, ERROR_CREDENTIALS);
        assert_int_equal(fake_server_requests(server), 1);
        reopen_session();
    }
    configuration.region = REGION_EU;
    reopen_session();
    assert_false(tandem_refused(tandem, NULL));
    configuration.region = REGION_US;
    reopen_session();
    assert_true(tandem_refused(tandem, NULL));
    free(configuration.tandem_password);
    configuration.tandem_password = xstrdup("another");
    reopen_session();
    assert_false(tandem_refused(tandem, NULL));
}

static void a_person_may_lift_it_every_half_hour(void **state)
{
    (void)state;
    refuse_once();
    answer_json(401, "", "{\"error\":\"account/invalid_credentials\"}");
    assert_true(tandem_lift_refusal(tandem, NOW + 10));
    assert_false(tandem_refused(tandem, NULL));
    assert_true(tandem_lift_refusal(tandem, NOW + 11)); /* still the same one */
    assert_int_equal(run(sign_in_now).error.status, 401);
    assert_int_equal(fake_server_requests(server), 2);
    for (int process = 0; process < 2; process++) {
        assert_true(tandem_refused(tandem, NULL));
        assert_false(tandem_lift_refusal(tandem, NOW + 10 + 1799));
        assert_true(tandem_refused(tandem, NULL));
        reopen_session();
    }
    assert_true(tandem_lift_refusal(tandem, NOW + 10 + 1800));
}

/* Lifted, then killed before Tandem answered: the next process must not take the lift for its own. */
static void a_lift_ends_with_its_process(void **state)
{
    (void)state;
    refuse_once();
    assert_true(tandem_lift_refusal(tandem, NOW));
    reopen_session();
    assert_true(tandem_refused(tandem, NULL));
}

/* A daemon with a token in hand, and a check from the command line that is refused. */
static void another_process_refusal_counts_too(void **state)
{
    (void)state;
    struct tandem *daemon = tandem_new(client, &configuration, redactor, journal, NOW);
    refuse_once();
    tandem_forget_token(daemon);
    struct outcome outcome = {0};
    tandem_sign_in(daemon, NOW + 1, on_done, &outcome);
    wait_for(&outcome);
    assert_int_equal(outcome.error.kind, ERROR_CREDENTIALS);
    assert_true(tandem_refused(daemon, NULL));
    assert_int_equal(fake_server_requests(server), 1);
    tandem_free(daemon);
    reopen_session();
    assert_true(tandem_refused(tandem, NULL));
}

static bool may_sign_in(int64_t later)
{
    struct error error = {0};
    bool may = tandem_may_sign_in(tandem, NOW + later, false, &error);
    assert_true(may || contains(error.text, "Signing in is tried again in "));
    return may;
}

static void sign_in_at(int64_t later, bool by_person)
{
    struct outcome outcome = {0};
    struct error error = {0};
    assert_true(tandem_may_sign_in(tandem, NOW + later, by_person, &error));
    tandem_sign_in(tandem, NOW + later, on_done, &outcome);
    wait_for(&outcome);
}

/* However a sign-in fails, the next process knows it too. */
static void a_password_goes_out_once_a_minute(void **state)
{
    (void)state;
    struct error error = {0};
    assert_true(may_sign_in(0));
    answer_json(200, "", "{\"status\":\"SUCCESS\"}");
    sign_in_at(0, false);
    answer_json(400, "", "{}");
    assert_int_equal(run(tandem_authorize).error.status, 400);
    assert_false(tandem_may_sign_in(tandem, NOW + 20, false, &error));
    assert_true(contains(error.text, "in an unexpected way (400"));
    assert_true(contains(error.text, "tried again in 40 seconds"));
    for (int process = 0; process < 2; process++) {
        assert_false(may_sign_in(59));
        assert_true(may_sign_in(60));
        assert_true(tandem_may_sign_in(tandem, NOW + 1, true, &error));
        reopen_session();
    }
    free(configuration.tandem_password);
    configuration.tandem_password = xstrdup("another");
    reopen_session();
    assert_true(may_sign_in(1));
}

static void ten_passwords_a_day_are_enough(void **state)
{
    (void)state;
    for (int i = 0; i < 9; i++)
        answer_json(503, "", "{}");
    for (int i = 0; i < 9; i++)
        sign_in_at(i * 60, false);
    answer_json(503, "", "{}");
    sign_in_at(541, true); /* a person's does not count */
    answer_json(503, "", "{}");
    sign_in_at(640, false);
    for (int process = 0; process < 2; process++) {
        assert_false(may_sign_in(86399));
        assert_true(may_sign_in(86400));
        reopen_session();
    }
}

static void an_answer_may_ask_for_more_patience(void **state)
{
    (void)state;
    answer_json(403, "", "<html>The request is blocked</html>");
    sign_in_at(0, false);
    assert_false(may_sign_in(3599));
    assert_true(may_sign_in(3600));
    answer_json(200, "", "{\"status\":\"LOCKED_OUT\"}");
    sign_in_at(3600, false);
    assert_false(may_sign_in(3600 + 4 * 3600 - 1));
}

static void success_ends_the_limit_but_not_with_a_useless_token(void **state)
{
    (void)state;
    const struct error reason = {.kind = ERROR_SERVICE, .text = "The token is no good."};
    struct error error = {0};
    sign_in_fully();
    assert_true(may_sign_in(1));
    tandem_reject_token(tandem, &reason);
    assert_false(tandem_signed_in(tandem, NOW));
    assert_false(tandem_may_sign_in(tandem, NOW + 1, false, &error));
    assert_true(contains(error.text, "The token is no good. Signing in is tried again in 59 seconds"));
    reopen_session();
    assert_false(may_sign_in(1));
}

static void success_forgets_the_refusal(void **state)
{
    (void)state;
    refuse_once();
    assert_true(tandem_lift_refusal(tandem, NOW));
    sign_in_fully();
    reopen_session();
    assert_false(tandem_refused(tandem, NULL));
    assert_true(tandem_signed_in(tandem, NOW));
}

static void nothing_goes_out_in_the_clear(void **state)
{
    (void)state;
    static const char *const addresses[] = {"http://tandem.test/accounts/api",
                                            "http://127.0.0.1@tandem.test/accounts/api",
                                            "http://127.0.0.1.tandem.test/accounts/api", "ftp://127.0.0.1/"};
    for (size_t i = 0; i < COUNT(addresses); i++) {
        free(configuration.accounts_url);
        configuration.accounts_url = xstrdup(addresses[i]);
        struct outcome outcome = run(sign_in_now);
        assert_int_equal(outcome.error.kind, ERROR_CONFIGURATION);
        assert_true(contains(outcome.error.text, "must begin with https://"));
        assert_false(tandem_refused(tandem, NULL));
    }
    struct http_client_statistics statistics;
    http_client_count(client, &statistics);
    assert_int_equal(statistics.requests, 0);
}

/* ---- the way to the code ---- */

static void where_authorize_leads(void **state)
{
    (void)state;
    static const struct {
        const char *location; /* %s: the server's origin */
        const char *text;     /* NULL: it passes */
        unsigned requests;
    } cases[] = {
        {"%s/callback?scope=a&code=c", NULL, 1},
        {"/callback?code=c", NULL, 1},
        {"%s/sso/?returnUrl=x", "kept no session", 1},
        {"%s/callback?error=login_required", "gave no code", 1},
        {"%s/callback?code=", "gave no code", 1},
        {"%s/callback", "gave no code", 1},
        {"https://elsewhere.test/accounts/api", "a place that this program does not know", 1},
        {"http://127.0.0.1:1/accounts/api", "a place that this program does not know", 1},
        {"%s.evil.test/callback?code=c", "a place that this program does not know", 1},
        {"javascript:alert(1)", "a place that this program does not know", 1},
        {"%s/round", "leads in circles", 10},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        tear_down(NULL);
        set_up(NULL);
        char location[256];
        const char *place = strstr(cases[i].location, "%s");
        snprintf(location, sizeof location, "%s%s", place ? fake_server_url(server, "") : "",
                 place ? place + 2 : cases[i].location);
        for (int n = 0; n < SCRIPT; n++)
            answer_redirect(location);
        struct outcome outcome = run(tandem_authorize);
        assert_int_equal(outcome.passed, cases[i].text == NULL);
        if (cases[i].text) {
            assert_true(contains(outcome.error.text, cases[i].text));
            assert_int_equal(outcome.error.kind, ERROR_SERVICE);
        }
        assert_int_equal(fake_server_requests(server), cases[i].requests);
    }
}

static void a_page_where_a_redirect_belongs(void **state)
{
    (void)state;
    answer_json(200, "", "<html>Sign in</html>");
    answer_json(403, "", "<html>blocked</html>");
    assert_true(contains(run(tandem_authorize).error.text, "no longer leads to a code"));
    assert_true(contains(run(tandem_authorize).error.text, "firewall"));
}

/* ---- the tokens ---- */

static void what_comes_for_a_code(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum error_kind kind;
    } cases[] = {
        {400, "{\"error\":\"invalid_grant\"}", ERROR_SERVICE},
        {401, "{\"error\":\"invalid_client\"}", ERROR_SERVICE},
        {503, "", ERROR_UNREACHABLE},
        {200, "<html>", ERROR_SERVICE},
        {200, "{\"access_token\":\"a\"", ERROR_DATA},
        {200, "{}", ERROR_SERVICE},
        {200, "{\"access_token\":\"a\"}", ERROR_SERVICE},
        {200, "{\"access_token\":\"a\\r\\nX: y\",\"id_token\":\"i\",\"expires_in\":60}", ERROR_SERVICE},
        {200, "{\"access_token\":\"\",\"id_token\":\"i\",\"expires_in\":60}", ERROR_SERVICE},
        {200, "{\"access_token\":\"a\",\"id_token\":\"i\",\"expires_in\":0}", ERROR_SERVICE},
        {200, "{\"access_token\":\"a\",\"id_token\":\"i\",\"expires_in\":-5}", ERROR_SERVICE},
        {200, "{\"access_token\":\"a\",\"id_token\":\"i\",\"token_type\":\"mac\",\"expires_in\":60}",
         ERROR_SERVICE},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        tear_down(NULL);
        set_up(NULL);
        answer_json(cases[i].status, "", cases[i].body);
        struct outcome outcome = run(tandem_fetch_token);
        assert_false(outcome.passed);
        assert_int_equal(outcome.error.kind, cases[i].kind);
        assert_int_equal(fake_server_requests(server), 1);
        struct error error = {0};
        assert_false(tandem_verify(tandem, NOW, &error));
        assert_false(tandem_refused(tandem, NULL));
    }
}

static void how_long_a_token_lives(void **state)
{
    (void)state;
    static const struct {
        const char *more;
        int64_t lifetime;
    } cases[] = {{",\"expires_in\":28800", 28800}, {"", 1800}, {",\"expires_in\":1e15", 30 * 86400}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        tear_down(NULL);
        set_up(NULL);
        answer_token(cases[i].more);
        char *keys = key_set();
        answer_json(200, "", keys);
        free(keys);
        struct error error = {0};
        assert_true(run(tandem_fetch_token).passed);
        assert_true(run(tandem_fetch_keys).passed);
        assert_true(tandem_verify(tandem, NOW, &error));
        assert_true(tandem_signed_in(tandem, NOW + cases[i].lifetime - 120));
        assert_false(tandem_signed_in(tandem, NOW + cases[i].lifetime - 119));
    }
}

static void an_id_token_that_is_not_tandems_is_worth_nothing(void **state)
{
    (void)state;
    answer_token(",\"expires_in\":60");
    answer_json(200, "", "{\"keys\":[]}");
    struct error error = {0};
    assert_true(run(tandem_fetch_token).passed);
    assert_true(run(tandem_fetch_keys).passed);
    assert_false(tandem_verify(tandem, NOW, &error));
    assert_true(contains(error.text, "a key that Tandem has not published"));
    assert_false(tandem_signed_in(tandem, NOW));
    assert_int_not_equal(access(cache_path, F_OK), 0);
}

/* ---- with the token ---- */

static void the_account_is_read(void **state)
{
    (void)state;
    sign_in_fully();
    answer_json(200, "",
                "{\"pumps\":[{\"assignmentId\":\"aaaaaaaa-0000-4000-8000-000000000001\","
                "\"serialNumber\":\"90000001\"}]}");
    assert_true(run(fetch_account).passed);
    assert_int_equal(account->pump_count, 1);
    account_free(account);
    const char *request = fake_server_request(server, 6);
    assert_true(contains(request, "GET /source/api/reports/bff/pumper/pumper-1 HTTP/1.1\r\n"));
    assert_true(contains(request, "Authorization: Bearer acc3ss.t0ken\r\n"));
    assert_true(contains(request, "Accept: application/json\r\n"));
    char *headers = xasprintf("Origin: %.*s\r\nReferer: %s\r\n", (int)strlen(configuration.source_url) - 1,
                              configuration.source_url, configuration.source_url);
    assert_true(contains(request, headers));
    free(headers);
}

static void what_tandem_says_to_a_token(void **state)
{
    (void)state;
    /* A long Retry-After keeps the client from trying again. */
    static const char soon[] = "", much_later[] = "Retry-After: 3600\r\n";
    static const struct {
        int status;
        const char *headers, *body;
        enum error_kind kind;
        const char *text;
    } cases[] = {
        {401, soon, "", ERROR_CREDENTIALS, "no longer accepts the token"},
        {403, soon, "<html>The request is blocked</html>", ERROR_SERVICE, "firewall"},
        {404, soon, "<html>Not here</html>", ERROR_SERVICE, "Tandem has changed its service"},
        {404, soon, "{\"message\":\"no such pumper\"}", ERROR_SERVICE,
         "(404, \"no such pumper\", step: account)"},
        {400, soon, "{\"message\":\"Check input parameters.\"}", ERROR_SERVICE,
         "\"Check input parameters.\""},
        {429, much_later, "", ERROR_UNREACHABLE, "asks for fewer requests"},
        {500, much_later, "", ERROR_UNREACHABLE, "trouble of its own (500"},
        {504, much_later, "<html>", ERROR_UNREACHABLE, "trouble of its own (504"},
        {302, soon, "", ERROR_SERVICE, "unexpected way (302"},
        {200, soon, "<html>maintenance</html>", ERROR_SERVICE, "web page where data belongs"},
        {200, soon, "{\"pumps\":[", ERROR_DATA, "garbage or was cut short"},
        {200, soon, "\xff\xfe\x01", ERROR_DATA, "garbage or was cut short"},
        {200, soon, "{\"pumps\":5}", ERROR_DATA, "no list of pumps"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        tear_down(NULL);
        set_up(NULL);
        answer_json(cases[i].status, cases[i].headers, cases[i].body);
        struct outcome outcome = run(fetch_account);
        assert_false(outcome.passed);
        assert_true(contains(outcome.error.text, cases[i].text));
        assert_int_equal(outcome.error.kind, cases[i].kind);
        assert_int_equal(outcome.error.status, cases[i].status);
        assert_null(account);
        assert_false(tandem_refused(tandem, NULL));
        assert_int_equal(fake_server_requests(server), 1);
    }
}

#define RECORD(sequence, minute)                                                                             \
    "{\"deviceAssignmentId\":\"x\",\"eventCode\":279,\"sequenceGroup\":0,\"sequenceNumber\":" #sequence      \
    ",\"pumpDateTime\":\"2026-05-14T00:" #minute ":00\",\"eventProperties\":{\"commandedRateSource\":1,"     \
    "\"commandedRate\":800},\"estimatedDateTime\":\"2026-05-14T00:" #minute ":00Z\"}"

static void the_log_streams_in(void **state)
{
    (void)state;
    sign_in_fully();
    answer(xstrdup("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{\"events\":[" RECORD(1, 00)));
    script[6].close = true; /* cut short: it is asked for once more, and what was read is forgotten */
    answer_json(200, "", "{\"events\":[" RECORD(1, 00) "," RECORD(2, 05) "],\"clockChanges\":[]}");
    pump_log_init(&pump_log, FEATURES_DEFAULT, NOW);
    struct outcome outcome = fetch_log("aaaaaaaa-0000-4000-8000-000000000001");
    assert_string_equal(outcome.error.text, "");
    assert_true(outcome.passed);
    assert_int_equal(pump_log.records, 2);
    pump_log_sort(&pump_log);
    assert_int_equal(pump_log.event_count, 2);
    assert_int_equal(fake_server_requests(server), 8);
    assert_true(contains(
        fake_server_request(server, 7),
        "GET /source/api/reports/bff/pump-logs/aaaaaaaa-0000-4000-8000-000000000001?pumperId=pumper-1"
        "&startDate=2026-05-14T00:00:00Z&endDate=2026-05-15T23:59:59Z&eventIds=229,5,28,"));
    assert_true(contains(fake_server_request(server, 7), "Authorization: Bearer acc3ss.t0ken\r\n"));
    pump_log_free(&pump_log);
}

static void a_log_that_is_none(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum error_kind kind;
        const char *text;
    } cases[] = {
        {401, "", ERROR_CREDENTIALS, "no longer accepts the token of this session (401, step: log)"},
        {400, "{\"message\":\"Check input parameters.\"}", ERROR_SERVICE, "Ask for fewer days"},
        {404, "<!DOCTYPE html>", ERROR_SERVICE, "Tandem has changed its service"},
        {200, "<!DOCTYPE html>", ERROR_DATA, "Tandem sent a log that cannot be read"},
        {200, "{\"events\":[" RECORD(1, 00), ERROR_DATA, "cut short"},
        {200, "{\"clockChanges\":[]}", ERROR_SERVICE, "no list of pump events"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        tear_down(NULL);
        set_up(NULL);
        answer_json(cases[i].status, "", cases[i].body);
        pump_log_init(&pump_log, FEATURES_DEFAULT, NOW);
        struct outcome outcome = fetch_log("a");
        assert_false(outcome.passed);
        assert_true(contains(outcome.error.text, cases[i].text));
        assert_int_equal(outcome.error.kind, cases[i].kind);
        pump_log_sort(&pump_log);
        assert_int_equal(pump_log.event_count, 0);
        assert_int_equal(fake_server_requests(server), 1);
        pump_log_free(&pump_log);
    }
}

static void the_services_clock_is_known(void **state)
{
    (void)state;
    int64_t difference;
    assert_false(tandem_clock_difference(tandem, &difference));
    time_t then = time(NULL) + 900;
    char date[64];
    strftime(date, sizeof date, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime(&then));
    answer_json(200, date, "");
    assert_true(run(tandem_open_login_page).passed);
    assert_true(tandem_clock_difference(tandem, &difference));
    assert_in_range(difference, 897, 901);
}

static void cancelling_ends_every_step_silently(void **state)
{
    (void)state;
    static step *const steps[] = {tandem_open_login_page, sign_in_now,       tandem_authorize,
                                  tandem_fetch_token,     tandem_fetch_keys, fetch_account};
    struct outcome outcomes[COUNT(steps)] = {0};
    for (size_t i = 0; i < SCRIPT; i++)
        script[i].delay_ms = 200;
    for (int wait = 0; wait <= 50; wait += 50) {
        for (size_t i = 0; i < COUNT(steps); i++)
            steps[i](tandem, on_done, &outcomes[i]);
        struct timeval time = {0, wait * 1000};
        event_base_loopexit(base, &time);
        if (wait)
            event_base_dispatch(base);
        tandem_cancel(tandem);
    }
    struct timeval time = {0, 300000};
    event_base_loopexit(base, &time);
    event_base_dispatch(base);
    for (size_t i = 0; i < COUNT(outcomes); i++)
        assert_int_equal(outcomes[i].calls, 0);
}

/* What the log says must not tell anyone who this is. */
static void the_log_gives_nothing_away(void **state)
{
    (void)state;
    sign_in_fully();
    static const char *const secrets[] = {"kim",      "horse",     "acc3ss",   "c0de",
                                          "pumper-1", "account-1", "session=", "127.0.0.1"};
    for (size_t i = 0; i < COUNT(secrets); i++)
        assert_null(strstr(log_text, secrets[i]));
    assert_true(contains(log_text, "step=sign-in status=200"));
    assert_true(contains(log_text, "request=token method=POST status=200"));
}

static int make_key(void **state)
{
    (void)state;
    close(mkstemp(cache_path));
    key = EVP_RSA_gen(2048);
    return key ? 0 : -1;
}

static int free_key(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(the_whole_way_in),
        CASE(the_code_is_redeemed_by_who_asked_for_it),
        CASE(the_next_process_has_the_token_too),
        CASE(no_cache_is_no_file),
        CASE(what_tandem_says_to_a_password),
        CASE(a_vanished_answer_is_no_refusal),
        CASE(a_refused_password_is_not_tried_again),
        CASE(a_person_may_lift_it_every_half_hour),
        CASE(a_lift_ends_with_its_process),
        CASE(another_process_refusal_counts_too),
        CASE(a_password_goes_out_once_a_minute),
        CASE(ten_passwords_a_day_are_enough),
        CASE(an_answer_may_ask_for_more_patience),
        CASE(success_ends_the_limit_but_not_with_a_useless_token),
        CASE(success_forgets_the_refusal),
        CASE(nothing_goes_out_in_the_clear),
        CASE(where_authorize_leads),
        CASE(a_page_where_a_redirect_belongs),
        CASE(what_comes_for_a_code),
        CASE(how_long_a_token_lives),
        CASE(an_id_token_that_is_not_tandems_is_worth_nothing),
        CASE(the_account_is_read),
        CASE(what_tandem_says_to_a_token),
        CASE(the_log_streams_in),
        CASE(a_log_that_is_none),
        CASE(the_services_clock_is_known),
        CASE(cancelling_ends_every_step_silently),
        CASE(the_log_gives_nothing_away),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
