/* TLS: who is trusted, what is resumed and what must not be, by real handshakes. */
#include "asking.h"
#include "peer.h"
#include "probes/tls.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define HOST "127.77.4.1"

static EVP_PKEY *key;
static X509 *certificate_of_host;
static char ca_path[] = "/tmp/test_tls.XXXXXX"; /* holds the certificate of HOST */
static char pin[80];                            /* of `key` */

static X509 *make_certificate(const char *host)
{
    if (certificate_of_host && strcmp(host, HOST) == 0) {
        X509_up_ref(certificate_of_host);
        return certificate_of_host;
    }
    X509 *certificate = X509_new();
    X509V3_CTX context;
    char names[64];

    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, (const unsigned char *)host, -1,
                               -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    X509_set_pubkey(certificate, key);
    snprintf(names, sizeof names, "IP:%s", host);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, NID_subject_alt_name, names);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static SSL_CTX *server_for(const char *host, int version)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    X509 *certificate = make_certificate(host);

    assert_int_equal(SSL_CTX_use_certificate(context, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    assert_int_equal(SSL_CTX_set_session_id_context(context, (const unsigned char *)"t", 1), 1);
    SSL_CTX_set_min_proto_version(context, version);
    SSL_CTX_set_max_proto_version(context, version);
    X509_free(certificate);
    return context;
}

static int set_up_files(void **state)
{
    (void)state;
    unsigned char digest[32], text[64];
    unsigned char *der = NULL;

    key = EVP_EC_gen("P-256");
    const int fd = mkstemp(ca_path);
    FILE *file = fdopen(fd, "w");
    certificate_of_host = make_certificate(HOST);
    if (!key || !file || PEM_write_X509(file, certificate_of_host) != 1 || fclose(file) != 0)
        return -1;
    const int bytes = i2d_PUBKEY(key, &der);
    EVP_Digest(der, (size_t)bytes, digest, NULL, EVP_sha256(), NULL);
    EVP_EncodeBlock(text, digest, sizeof digest);
    snprintf(pin, sizeof pin, "sha256//%s", (const char *)text);
    OPENSSL_free(der);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    X509_free(certificate_of_host);
    return unlink(ca_path);
}

static const struct probe_settings *settings_of(bool verify, const char *ca_file, const char *pinned)
{
    return probe_settings_new(&(struct probe_settings){ .driver = DRIVER_LISTENER,
                                                        .timeout_ms = 1000,
                                                        .body_max_bytes = 65536,
                                                        .marker = "!CRYPT!",
                                                        .tls_verify = verify,
                                                        .ca_file = ca_file,
                                                        .pin = pinned });
}

#define OTHER_PIN "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static const struct {
    const char *what;
    const char *host; /* that the certificate is for */
    bool verify;
    const char *ca_file, *pin; /* "CA", "PIN": the ones that fit */
    enum cause cause;
} trust[] = {
    { "anybody", HOST, false, "", "", CAUSE_NONE },
    { "anybody, another name", "127.77.4.9", false, "", "", CAUSE_NONE },
    { "the known, unknown", HOST, true, "", "", CAUSE_TLS_REJECTED },
    { "the known", HOST, true, "CA", "", CAUSE_NONE },
    { "the known, another name", "127.77.4.9", true, "CA", "", CAUSE_TLS_REJECTED },
    { "no such file", HOST, true, "/nonexistent/ca.pem", "", CAUSE_TLS_REJECTED },
    { "no certificates in it", HOST, true, "/dev/null", "", CAUSE_TLS_REJECTED },
    { "the pinned", HOST, false, "", "PIN", CAUSE_NONE },
    { "the pinned, another", HOST, false, "", OTHER_PIN, CAUSE_TLS_REJECTED },
    { "the known and pinned", HOST, true, "CA", "PIN", CAUSE_NONE },
    { "the known, pinned another", HOST, true, "CA", OTHER_PIN, CAUSE_TLS_REJECTED },
};

/* Whoever is trusted is resumed from the second time on, and whoever is not is not trusted at the third time either. */
static void trust_is_as_configured_and_resumed(void **state)
{
    (void)state;
    enum { TIMES = 3 };
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    struct worker_pool *pool;
    char url[64];
    int fd;

    assert_int_equal(worker_pool_new(1, 10, &pool, &fd), 0);
    for (size_t i = 0; i < 2 * sizeof trust / sizeof *trust; i++) {
        const size_t n = i / 2;
        const char *ca_file = strcmp(trust[n].ca_file, "CA") == 0 ? ca_path : trust[n].ca_file;
        const struct probe_settings *settings =
            settings_of(trust[n].verify, ca_file, strcmp(trust[n].pin, "PIN") == 0 ? pin : trust[n].pin);
        struct peer *peer = peer_new(HOST, PEER_ANSWERS, PEER_HEALTHY, server_for(trust[n].host, versions[i % 2]));
        for (int time = 0; time < TIMES; time++) {
            const struct probe_answer answer = ask(pool, fd, settings, peer_url(peer, url, sizeof url));
            if (answer.observation.cause != trust[n].cause)
                fail_msg("%s, time %d: %s, %s", trust[n].what, time, cause_name(answer.observation.cause),
                         answer.detail);
            assert_true(answer.observation.heard);
        }
        const unsigned resumed = atomic_load(&peer->resumed);
        peer_free(peer);
        if (resumed != (trust[n].cause == CAUSE_NONE ? TIMES - 1 : 0))
            fail_msg("%s, version %zu: %u resumed", trust[n].what, i % 2, resumed);
        probe_settings_unref(settings);
    }
    worker_pool_free(pool);
}

static void a_session_is_not_offered_under_other_settings(void **state)
{
    (void)state;
    struct worker_pool *pool;
    char url[64];
    int fd;
    const struct probe_settings *anybody = settings_of(false, "", ""), *verified = settings_of(true, ca_path, "");
    struct peer *peer = peer_new(HOST, PEER_ANSWERS, PEER_HEALTHY, server_for(HOST, TLS1_3_VERSION));

    assert_int_equal(worker_pool_new(1, 10, &pool, &fd), 0);
    peer_url(peer, url, sizeof url);
    assert_int_equal(ask(pool, fd, anybody, url).observation.cause, CAUSE_NONE);
    assert_string_equal(ask(pool, fd, verified, url).detail, "");
    assert_int_equal(atomic_load(&peer->resumed), 0);
    assert_int_equal(ask(pool, fd, anybody, url).observation.cause, CAUSE_NONE);
    assert_int_equal(ask(pool, fd, verified, url).observation.cause, CAUSE_NONE);
    worker_pool_free(pool);
    assert_int_equal(atomic_load(&peer->resumed), 2);
    peer_free(peer);
    probe_settings_unref(anybody);
    probe_settings_unref(verified);
}

static void a_session_that_the_peer_forgot_does_no_harm(void **state)
{
    (void)state;
    struct worker_pool *pool;
    char url[64], keys[80];
    int fd;
    const struct probe_settings *settings = settings_of(false, "", "");
    SSL_CTX *tls = server_for(HOST, TLS1_3_VERSION);
    struct peer *peer = peer_new(HOST, PEER_ANSWERS, PEER_HEALTHY, tls);

    assert_int_equal(worker_pool_new(1, 10, &pool, &fd), 0);
    peer_url(peer, url, sizeof url);
    assert_int_equal(ask(pool, fd, settings, url).observation.cause, CAUSE_NONE);
    assert_int_equal(RAND_bytes((unsigned char *)keys, sizeof keys), 1);
    assert_int_equal(SSL_CTX_set_tlsext_ticket_keys(tls, keys, sizeof keys), 1);
    assert_int_equal(ask(pool, fd, settings, url).observation.cause, CAUSE_NONE);
    assert_int_equal(ask(pool, fd, settings, url).observation.cause, CAUSE_NONE);
    worker_pool_free(pool);
    assert_int_equal(atomic_load(&peer->resumed), 1);
    peer_free(peer);
    probe_settings_unref(settings);
}

static SSL_CTX *server_that_wants_a_certificate(int version)
{
    SSL_CTX *context = server_for(HOST, version);

    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return context;
}

static SSL_CTX *server_of_old(void)
{
    SSL_CTX *context = server_for(HOST, TLS1_1_VERSION);

    SSL_CTX_set_security_level(context, 0);
    return context;
}

static void each_misbehaviour_has_its_cause(void **state)
{
    (void)state;
    static const char no_length[] = "HTTP/1.0 200 OK\r\n\r\n!CRYPT!", short_of[] = "HTTP/1.1 200 OK\r\n"
                                                                                   "Content-Length: 99\r\n\r\n!CRYPT!";
    const struct {
        const char *what;
        enum peer_way way;
        const char *answer;
        SSL_CTX *tls; /* NULL: the peer speaks no TLS, and is asked for it */
        enum cause cause;
    } peers[] = {
        { "not TLS", PEER_BLURTS, "HTTP/1.1 400 Bad Request\r\n\r\n", NULL, CAUSE_TLS_REJECTED },
        { "closes before TLS", PEER_CLOSES_EARLY, "", server_for(HOST, TLS1_3_VERSION), CAUSE_RESET },
        { "no TLS in time", PEER_HANGS, "", server_for(HOST, TLS1_3_VERSION), CAUSE_TIMED_OUT },
        { "no answer in time", PEER_DRIPS, "HTTP/1.1 200 OK\r\n\r\n", server_for(HOST, TLS1_3_VERSION),
          CAUSE_TIMED_OUT },
        { "TLS of old", PEER_ANSWERS, PEER_HEALTHY, server_of_old(), CAUSE_TLS_REJECTED },
        { "wants a certificate, 1.2", PEER_ANSWERS, PEER_HEALTHY, server_that_wants_a_certificate(TLS1_2_VERSION),
          CAUSE_TLS_REJECTED },
        { "wants a certificate, 1.3", PEER_ANSWERS, PEER_HEALTHY, server_that_wants_a_certificate(TLS1_3_VERSION),
          CAUSE_TLS_REJECTED },
        { "leaves without a goodbye", PEER_LEAVES, no_length, server_for(HOST, TLS1_3_VERSION), CAUSE_NONE },
        { "leaves in the answer", PEER_LEAVES, short_of, server_for(HOST, TLS1_3_VERSION), CAUSE_RESET },
        { "leaves without an answer", PEER_LEAVES, "", server_for(HOST, TLS1_2_VERSION), CAUSE_RESET },
        { "resets in the answer", PEER_RESETS, short_of, server_for(HOST, TLS1_2_VERSION), CAUSE_RESET },
        { "floods", PEER_FLOODS, "HTTP/1.1 200 OK\r\n\r\nxxxxxxxxxxxxxxxxxxxxx", server_for(HOST, TLS1_3_VERSION),
          CAUSE_TOO_LARGE },
        { "asks for a password", PEER_ANSWERS, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n",
          server_for(HOST, TLS1_3_VERSION), CAUSE_AUTHENTICATION_FAILED },
    };
    struct worker_pool *pool;
    const struct probe_settings *settings = settings_of(false, "", "");
    char url[64];
    int fd;

    assert_int_equal(worker_pool_new(1, 10, &pool, &fd), 0);
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
        struct peer *peer = peer_new(HOST, peers[i].way, peers[i].answer, peers[i].tls);
        snprintf(url, sizeof url, "https://%s:%u/?CAVIT", HOST, peer->port);
        const struct probe_answer answer = ask(pool, fd, settings, url);
        if (answer.observation.cause != peers[i].cause)
            fail_msg("%s: %s, %s", peers[i].what, cause_name(answer.observation.cause), answer.detail);
        assert_true(answer.observation.heard);
        assert_int_equal(answer.detail[0] == '\0', peers[i].cause == CAUSE_NONE);
        peer_free(peer);
    }
    worker_pool_free(pool);
    probe_settings_unref(settings);
}

/* A client and a server in one program, handing their bytes to each other. True: the session was resumed. */
static bool shake_hands(struct tls_policy *policy, SSL_CTX *server_context, int64_t now_ms)
{
    struct tls_talk talk = { .policy = policy, .peer = { "peer:443", 8 }, .now_ms = now_ms };
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    char byte;

    assert_int_equal(tls_prepare(NULL, context, &talk), CURLE_OK);
    SSL *client = SSL_new(context), *server = SSL_new(server_context);
    BIO *client_end, *server_end;
    assert_int_equal(BIO_new_bio_pair(&client_end, 0, &server_end, 0), 1);
    SSL_set_bio(client, client_end, client_end);
    SSL_set_bio(server, server_end, server_end);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    for (int turn = 0; turn < 10; turn++) {
        SSL_do_handshake(client);
        SSL_do_handshake(server);
    }
    assert_true(SSL_is_init_finished(client) && SSL_is_init_finished(server));
    assert_int_equal(SSL_write(server, "x", 1), 1);
    assert_int_equal(SSL_read(client, &byte, 1), 1);
    talk.good = true;
    const bool resumed = talk.resumed;
    assert_int_equal(resumed, SSL_session_reused(server));
    tls_talk_done(&talk);
    SSL_shutdown(client);
    SSL_shutdown(server);
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(context);
    return resumed;
}

static void a_session_dies_some_time_after_the_full_handshake(void **state)
{
    (void)state;
    static const struct {
        int64_t minute;
        bool resumed;
    } times[] = { { 1, false },  { 2, true },  { 30, true },  { 60, true },
                  { 61, false }, { 62, true }, { 120, true }, { 122, false } };
    const struct probe_settings *settings = settings_of(false, "", "");
    struct tls_policy policy = { .settings = settings };
    SSL_CTX *server = server_for(HOST, TLS1_3_VERSION);

    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        assert_int_equal(shake_hands(&policy, server, times[i].minute * 60000), times[i].resumed);
    SSL_CTX_free(server);
    tls_policy_done(&policy);
    probe_settings_unref(settings);
}

static void a_kept_session_is_small(void **state)
{
    (void)state;
    static const bool verify[] = { false, true };
    size_t bytes[2];
    int64_t born_ms;

    for (size_t i = 0; i < 2; i++) {
        const struct probe_settings *settings = settings_of(verify[i], ca_path, "");
        struct tls_policy policy = { .settings = settings };
        SSL_CTX *server = server_for(HOST, TLS1_3_VERSION);
        assert_false(shake_hands(&policy, server, 60000));
        assert_non_null(sessions_get(policy.sessions, (struct session_peer){ "peer:443", 8 }, &bytes[i], &born_ms));
        SSL_CTX_free(server);
        tls_policy_done(&policy);
        probe_settings_unref(settings);
    }
    print_message("a session is %zu bytes, with its certificate %zu\n", bytes[0], bytes[1]);
    assert_true(bytes[0] < 512 && bytes[1] > bytes[0] + 200);
}

static void a_peer_is_host_and_port(void **state)
{
    (void)state;
    static const struct {
        const char *url, *peer;
    } cases[] = {
        { "https://10.0.0.1:21112/?CAVIT", "10.0.0.1:21112" },
        { "HTTPS://host?x", "host" },
        { "https://[2001:db8::1]:443#x", "[2001:db8::1]:443" },
        { "https://host", "host" },
        { "http://host/", "" },
        { "", "" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct session_peer peer = tls_peer(cases[i].url);
        assert_int_equal(peer.bytes, strlen(cases[i].peer));
        assert_memory_equal(peer.name, cases[i].peer, peer.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trust_is_as_configured_and_resumed),
        cmocka_unit_test(a_session_is_not_offered_under_other_settings),
        cmocka_unit_test(a_session_that_the_peer_forgot_does_no_harm),
        cmocka_unit_test(each_misbehaviour_has_its_cause),
        cmocka_unit_test(a_session_dies_some_time_after_the_full_handshake),
        cmocka_unit_test(a_kept_session_is_small),
        cmocka_unit_test(a_peer_is_host_and_port),
    };
    if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
        return 1;
    return cmocka_run_group_tests(tests, set_up_files, remove_files);
}
