/* TLS over real sockets: a server in a thread of its own, with a certificate made here. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <event2/event.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <sys/socket.h>

#include "tconnectsync/http/http_client.h"

static EVP_PKEY *key;
static SSL_CTX *context;
static int listener;
static pthread_t server;
static char url[64], bundle[] = "/tmp/http_tls_test.XXXXXX";

/* Answers one connection after another, each until the client closes it, until the listener is shut down. */
static void *serve(void *nothing)
{
    (void)nothing;
    for (int socket; (socket = accept(listener, NULL, NULL)) >= 0; close(socket)) {
        char request[4096];
        SSL *tls = SSL_new(context);
        SSL_set_fd(tls, socket);
        static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsafe";
        if (SSL_accept(tls) == 1)
            while (SSL_read(tls, request, sizeof request) > 0)
                SSL_write(tls, answer, sizeof answer - 1);
        SSL_free(tls);
    }
    return NULL;
}

/* A certificate of its own making for the name; the first one of all goes into the bundle. */
static X509 *certificate_for(const char *name)
{
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, name);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(certificate, key, EVP_sha256());
    return certificate;
}

static void show_certificate_for(const char *name)
{
    X509 *certificate = certificate_for(name);
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
    X509_free(certificate);
}

static void write_bundle(void)
{
    X509 *certificate = certificate_for("IP:127.0.0.1");
    FILE *file = fopen(bundle, "w");
    PEM_write_X509(file, certificate);
    fclose(file);
    X509_free(certificate);
}

static int set_up_all(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    close(mkstemp(bundle));
    key = EVP_RSA_gen(2048);
    context = SSL_CTX_new(TLS_server_method());
    show_certificate_for("IP:127.0.0.1");
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 8) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        return -1;
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", ntohs(address.sin_port));
    return pthread_create(&server, NULL, serve, NULL);
}

static int tear_down_all(void **state)
{
    (void)state;
    shutdown(listener, SHUT_RDWR);
    pthread_join(server, NULL);
    close(listener);
    SSL_CTX_free(context);
    EVP_PKEY_free(key);
    unlink(bundle);
    return 0;
}

static struct event_base *base;
static struct http_client *client;

static void start_client(const char *certificates)
{
    struct error error;
    setenv("SSL_CERT_FILE", certificates, 1);
    base = event_base_new();
    client = http_client_new(base, NULL, &error);
    assert_non_null(client);
}

static void stop_client(void)
{
    http_client_free(client);
    event_base_free(base);
}

struct outcome {
    bool done;
    int status;
    struct error error;
};

static void on_done(void *to, const struct http_response *response)
{
    struct outcome *outcome = to;
    *outcome = (struct outcome){true, response->status, response->error};
}

static struct outcome ask_by(const struct http_route *route)
{
    struct outcome outcome = {0};
    struct http_request request = {.route = route,
                                   .method = "GET",
                                   .url = url,
                                   .timeout_seconds = 5,
                                   .on_done = on_done,
                                   .context = &outcome};
    http_client_send(client, &request);
    for (time_t end = time(NULL) + 10; !outcome.done && time(NULL) < end;)
        event_base_loop(base, EVLOOP_ONCE);
    assert_true(outcome.done);
    return outcome;
}

static struct outcome ask(bool skip_verify)
{
    const struct http_route route = {.skip_tls_verify = skip_verify};
    return ask_by(&route);
}

static const char distrust[] = "shows a TLS certificate that cannot be trusted (expired, self-signed or "
                               "another host's), so nothing was sent";

static void a_known_certificate_is_trusted(void **state)
{
    (void)state;
    show_certificate_for("IP:127.0.0.1");
    write_bundle();
    start_client(bundle);
    assert_int_equal(ask(false).status, 200);
    stop_client();
}

static void an_unknown_certificate_is_not(void **state)
{
    (void)state;
    show_certificate_for("IP:127.0.0.1");
    start_client("");
    struct outcome outcome = ask(false);
    assert_int_equal(outcome.status, 0);
    assert_string_equal(outcome.error.text, distrust);
    assert_int_equal(ask(true).status, 200);
    stop_client();
}

static void another_hosts_certificate_is_not(void **state)
{
    (void)state;
    show_certificate_for("DNS:elsewhere.test");
    write_bundle();
    start_client(bundle);
    assert_string_equal(ask(false).error.text, distrust);
    stop_client();
    show_certificate_for("IP:127.0.0.1");
}

/* Loaded once: the bundle may even be gone by the time that the first connection is opened. */
static void certificates_are_read_once(void **state)
{
    (void)state;
    show_certificate_for("IP:127.0.0.1");
    write_bundle();
    start_client(bundle);
    http_client_load_certificates(client);
    assert_int_equal(truncate(bundle, 0), 0);
    assert_int_equal(ask(false).status, 200);
    stop_client();
    start_client(bundle);
    assert_string_equal(ask(false).error.text,
                        "cannot be reached safely: this machine's CA certificates cannot be "
                        "read. Install ca-certificates");
    stop_client();
}

/* A jar shares its users' TLS sessions: it may go while their connection is still kept. */
static void a_jar_may_go_before_the_connection(void **state)
{
    (void)state;
    show_certificate_for("IP:127.0.0.1");
    write_bundle();
    start_client(bundle);
    struct http_cookies *cookies = http_cookies_new();
    const struct http_route route = {.cookies = cookies};
    for (int i = 0; i < 2; i++)
        assert_int_equal(ask_by(&route).status, 200);
    http_cookies_free(cookies);
    assert_int_equal(ask(false).status, 200);
    struct http_client_statistics statistics;
    http_client_count(client, &statistics);
    assert_int_equal(statistics.connections, 1);
    stop_client();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_certificate_is_trusted),     cmocka_unit_test(an_unknown_certificate_is_not),
        cmocka_unit_test(another_hosts_certificate_is_not),   cmocka_unit_test(certificates_are_read_once),
        cmocka_unit_test(a_jar_may_go_before_the_connection),
    };
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
