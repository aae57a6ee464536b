// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scanner/lane_direct_world.h"

/* ---- against a real server ---- */

static int connect_to(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* Carries bytes between the lane and the peer until there is a verdict; LANE_MORE = the peer went first. */
static enum lane_verdict ask(const struct tls_server *server, struct wish wish, struct lane_result *result)
{
    uint8_t in[65536];
    ssize_t len = 0;
    struct buf out = {0};
    struct lane_direct lane;
    enum lane_verdict verdict = LANE_MORE;
    int fd = connect_to(tls_server_port(server));
    *result = (struct lane_result){0};
    begin(&lane, wish);
    do {
        verdict = lane_direct_step(&lane, in, (size_t)len, &out, result);
        if (verdict != LANE_MORE ||
            (out.len > 0 && send(fd, out.data, out.len, MSG_NOSIGNAL) != (ssize_t)out.len))
            break;
        buf_reset(&out);
        len = recv(fd, in, sizeof in, 0);
    } while (len > 0);
    lane_direct_dispose(&lane);
    buf_dispose(&out);
    close(fd);
    return verdict;
}

static struct tls_server *serve(struct tls_server_options options)
{
    struct tls_server *server = tls_server_start("127.0.0.1", &options);
    assert_non_null(server);
    return server;
}

static void is_certificate_of(const struct tls_server *server, unsigned number, const struct chain *chain)
{
    size_t len;
    uint8_t sha256[SHA256_SIZE];
    const uint8_t *der = tls_server_certificate(server, number, &len);
    assert_true(chain->cert_count >= 1);
    assert_int_equal(chain->certs[0].len, len);
    assert_memory_equal(chain->certs[0].bytes, der, len);
    assert_int_equal(EVP_Digest(der, len, sha256, NULL, EVP_sha256(), NULL), 1);
    assert_memory_equal(chain->certs[0].sha256, sha256, sizeof sha256);
}

/* The chain that such a server shows; chain_dispose(&chain). */
static struct chain chain_from(struct tls_server_options options, struct wish wish)
{
    struct lane_result result;
    struct tls_server *server = serve(options);
    if (ask(server, wish, &result) != LANE_CHAIN)
        fail_msg("%s: %s (%04x, %s, %s)", outcome_name(result.outcome), result.detail,
                 (unsigned)options.max_version, options.keys[0],
                 options.ciphers != NULL ? options.ciphers : "all");
    is_certificate_of(server, 0, &result.chain);
    assert_int_equal(result.outcome, OUTCOME_CERTIFICATE);
    assert_string_equal(result.detail, "");
    assert_int_equal(result.chain.lane, LANE_DIRECT);
    tls_server_stop(server);
    return result.chain;
}

static struct tls_server_options only(int version, const char *key)
{
    return (struct tls_server_options){.min_version = version, .max_version = version, .keys = {key}};
}

static void every_version_shows_every_kind_of_key(void **state)
{
    static const struct {
        int from_version;
        int to_version;
        const char *key;
    } kinds[] = {
        {0x0301, 0x0304, "rsa:1024"}, {0x0301, 0x0304, "rsa:2048"}, {0x0303, 0x0304, "rsa-pss:2048"},
        {0x0301, 0x0304, "ec:P-256"}, {0x0301, 0x0304, "ec:P-384"}, {0x0301, 0x0304, "ec:P-521"},
        {0x0303, 0x0304, "ed25519"},  {0x0303, 0x0304, "ed448"},    {0x0301, 0x0303, "dsa:1024"},
    };
    (void)state;
    for (int version = 0x0301; version <= 0x0304; version++) {
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            if (version < kinds[i].from_version || version > kinds[i].to_version)
                continue;
            struct chain chain = chain_from(only(version, kinds[i].key), usual);
            assert_int_equal(chain.tls_version, version);
            assert_int_not_equal(chain.cipher_suite, 0);
            chain_dispose(&chain);
        }
    }
}

static void every_group_of_tls_13_is_agreed_on(void **state)
{
    static const struct {
        const char *name;
        uint16_t number;
    } groups[] = {{"X25519", 0x1D}, {"P-256", 0x17}, {"P-384", 0x18}, {"P-521", 0x19}};
    (void)state;
    for (size_t i = 0; i < 4; i++) { /* but for the first, by a HelloRetryRequest */
        struct tls_server_options options = only(0x0304, "ec:P-256");
        options.groups = groups[i].name;
        struct chain chain = chain_from(options, usual);
        assert_int_equal(chain.group, groups[i].number);
        chain_dispose(&chain);
    }
}

static void every_suite_of_tls_13_but_ccm_is_opened(void **state)
{
    static const struct {
        const char *name;
        uint16_t number;
    } suites[] = {{"TLS_AES_128_GCM_SHA256", 0x1301},
                  {"TLS_AES_256_GCM_SHA384", 0x1302},
                  {"TLS_CHACHA20_POLY1305_SHA256", 0x1303}};
    static const char *const groups[] = {"X25519", "P-521"}; /* without and with a retry */
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 2; k++) {
            struct tls_server_options options = only(0x0304, "ec:P-256");
            options.suites = suites[i].name;
            options.groups = groups[k];
            struct chain chain = chain_from(options, usual);
            assert_int_equal(chain.cipher_suite, suites[i].number);
            chain_dispose(&chain);
        }
    }
}

static void is_unsupported(struct tls_server_options options, const char *detail)
{
    struct lane_result result;
    struct tls_server *server = serve(options);
    assert_int_equal(ask(server, usual, &result), LANE_UNSUPPORTED);
    assert_int_equal(result.outcome, OUTCOME_TLS_ALERT);
    assert_string_equal(result.detail, detail);
    assert_false(result.alerted);
    tls_server_stop(server);
}

static void a_server_that_wants_ccm_is_for_another_lane(void **state)
{
    struct tls_server_options options = only(0x0304, "ec:P-256");
    (void)state;
    options.suites = "TLS_AES_128_CCM_SHA256";
    is_unsupported(options, "handshake_failure (ours: the server wants cipher suite TLS_AES_128_CCM_SHA256, "
                            "which the direct lane cannot do)");
    options.suites = "TLS_AES_128_CCM_8_SHA256";
    options.groups = "P-256"; /* the HelloRetryRequest says so already */
    is_unsupported(options,
                   "handshake_failure (ours: the server wants cipher suite TLS_AES_128_CCM_8_SHA256, "
                   "which the direct lane cannot do)");
}

static void up_to_tls_12_ccm_is_no_matter(void **state)
{
    struct tls_server_options options = only(0x0303, "ec:P-256");
    (void)state;
    options.ciphers = "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0";
    struct chain chain = chain_from(options, usual);
    assert_int_equal(chain.cipher_suite, 0xC0AE);
    chain_dispose(&chain);
}

/* It could ask for a group that was not offered; an honest one does not. */
static void a_server_without_a_group_of_ours_says_so(void **state)
{
    struct lane_result result;
    struct tls_server_options options = only(0x0304, "ec:P-256");
    (void)state;
    options.groups = "X448";
    struct tls_server *server = serve(options);
    assert_int_equal(ask(server, usual, &result), LANE_END);
    assert_int_equal(result.outcome, OUTCOME_TLS_ALERT);
    assert_string_equal(result.detail, "handshake_failure");
    assert_true(result.alerted);
    assert_int_equal(result.alert, 40);
    tls_server_stop(server);
}

static void old_and_odd_cipher_suites_are_no_matter(void **state)
{
    static const char *const suites[] = {"AES128-SHA",  "CAMELLIA128-SHA",    "ECDHE-RSA-NULL-SHA",
                                         "NULL-SHA256", "DHE-RSA-AES128-SHA", "ARIA128-GCM-SHA256",
                                         "AES256-CCM8"};
    (void)state;
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        char list[64];
        struct tls_server_options options = only(0x0303, "rsa:1024");
        snprintf(list, sizeof list, "%s:@SECLEVEL=0", suites[i]);
        options.ciphers = list;
        struct chain chain = chain_from(options, usual);
        chain_dispose(&chain);
    }
}

static void a_demanded_client_certificate_hides_nothing_and_is_noted(void **state)
{
    (void)state;
    for (int version = 0x0301; version <= 0x0304; version++) {
        struct tls_server_options options = only(version, "ec:P-256");
        struct chain without = chain_from(options, usual);
        options.demands_client_certificate = true;
        struct chain with = chain_from(options, usual);
        assert_int_equal(without.client_certificate, REQUEST_ABSENT);
        assert_int_equal(with.client_certificate, REQUEST_SEEN);
        assert_null(with.ca_names.bytes);
        chain_dispose(&without);
        chain_dispose(&with);
    }
}

static bool raw_has(struct raw raw, const char *text)
{
    return raw.bytes != NULL && memmem(raw.bytes, raw.len, text, strlen(text)) != NULL;
}

static void names_of_client_cas_are_kept(void **state)
{
    (void)state;
    for (int version = 0x0301; version <= 0x0304; version++) {
        struct tls_server_options options = only(version, "ec:P-256");
        options.demands_client_certificate = true;
        options.client_ca = "Example Client CA";
        struct chain chain = chain_from(options, usual);
        assert_true(raw_has(chain.ca_names, "Example Client CA"));
        assert_int_equal(chain.ca_names.bytes[0] << 8 | chain.ca_names.bytes[1], chain.ca_names.len - 2);
        chain_dispose(&chain);
    }
}

static void what_is_stapled_is_kept(void **state)
{
    (void)state;
    for (int version = 0x0303; version <= 0x0304; version++) {
        struct tls_server_options options = only(version, "ec:P-256");
        options.ocsp_response = "an answer about it";
        options.sct_list = "\x01\x02\x03 timestamps";
        struct chain chain = chain_from(options, usual);
        assert_int_equal(chain.ocsp_response.len, strlen(options.ocsp_response));
        assert_memory_equal(chain.ocsp_response.bytes, options.ocsp_response, chain.ocsp_response.len);
        assert_int_equal(chain.sct_list.len, strlen(options.sct_list));
        assert_memory_equal(chain.sct_list.bytes, options.sct_list, chain.sct_list.len);
        chain_dispose(&chain);
        chain = chain_from(only(version, "ec:P-256"), usual);
        assert_null(chain.extras);
        assert_null(chain.ocsp_response.bytes);
        assert_null(chain.sct_list.bytes);
        chain_dispose(&chain);
    }
}

static void the_group_of_an_older_key_exchange_is_told(void **state)
{
    (void)state;
    struct tls_server_options options = only(0x0303, "rsa:1024");
    options.groups = "P-384";
    struct chain chain = chain_from(options, usual);
    assert_int_equal(chain.group, 0x18);
    chain_dispose(&chain);
    options.ciphers = "AES128-SHA:@SECLEVEL=0"; /* RSA key exchange: no group */
    chain = chain_from(options, usual);
    assert_int_equal(chain.group, 0);
    chain_dispose(&chain);
}

static void keys_of_the_family_asked_for_are_shown(void **state)
{
    static const enum key_family families[] = {KEY_FAMILY_RSA, KEY_FAMILY_OTHER};
    (void)state;
    for (int version = 0x0301; version <= 0x0304; version++) {
        struct tls_server *server = serve((struct tls_server_options){
            .min_version = version, .max_version = version, .keys = {"rsa:1024", "ec:P-256"}});
        for (unsigned i = 0; i < 2; i++) {
            struct lane_result result;
            assert_int_equal(ask(server, (struct wish){.keys = families[i]}, &result), LANE_CHAIN);
            is_certificate_of(server, i, &result.chain);
            chain_dispose(&result.chain);
        }
        tls_server_stop(server);
    }
}

static void a_server_without_such_a_key_refuses(void **state)
{
    (void)state;
    for (int version = 0x0301; version <= 0x0304; version++) {
        struct lane_result result;
        struct tls_server *server = serve(only(version, "rsa:1024"));
        assert_int_equal(ask(server, (struct wish){.keys = KEY_FAMILY_OTHER}, &result), LANE_END);
        assert_string_equal(result.detail, "handshake_failure");
        tls_server_stop(server);
        server = serve(only(version, "ec:P-256"));
        assert_int_equal(ask(server, (struct wish){.keys = KEY_FAMILY_RSA}, &result), LANE_END);
        assert_string_equal(result.detail, "handshake_failure");
        tls_server_stop(server);
    }
}

static void the_small_hello_finds_servers_that_still_have_tls_10(void **state)
{
    struct lane_result result;
    (void)state;
    struct tls_server_options options = {.min_version = 0x0301, .keys = {"rsa:1024"}};
    struct chain chain = chain_from(options, old_style);
    assert_int_equal(chain.tls_version, 0x0301);
    chain_dispose(&chain);
    struct tls_server *server = serve(only(0x0303, "rsa:1024"));
    assert_int_equal(ask(server, old_style, &result), LANE_END);
    assert_string_equal(result.detail, "protocol_version");
    tls_server_stop(server);
}

static void the_name_is_sent_where_there_is_one(void **state)
{
    struct lane_result result;
    struct tls_server_options options = {.keys = {"ec:P-256"}, .only_name = "www.example"};
    (void)state;
    struct chain chain = chain_from(options, (struct wish){.name = "www.example"});
    chain_dispose(&chain);
    options.groups = "P-256"; /* and in the second hello too */
    chain = chain_from(options, (struct wish){.name = "www.example"});
    chain_dispose(&chain);
    struct tls_server *server = serve(options);
    assert_int_equal(ask(server, usual, &result), LANE_END);
    assert_string_equal(result.detail, "unrecognized_name");
    tls_server_stop(server);
}

static void the_whole_chain_comes_in_order(void **state)
{
    (void)state;
    for (int version = 0x0303; version <= 0x0304; version++) {
        struct tls_server_options options = only(version, "ec:P-256");
        options.extra_certs = CHAIN_MAX_CERTS - 1;
        struct chain chain = chain_from(options, usual);
        assert_int_equal(chain.cert_count, CHAIN_MAX_CERTS);
        chain_dispose(&chain);
    }
}

static void one_certificate_too_many_is_too_large(void **state)
{
    (void)state;
    for (int version = 0x0303; version <= 0x0304; version++) {
        struct lane_result result;
        struct tls_server_options options = only(version, "ec:P-256");
        options.extra_certs = CHAIN_MAX_CERTS;
        struct tls_server *server = serve(options);
        assert_int_equal(ask(server, usual, &result), LANE_END);
        assert_int_equal(result.outcome, OUTCOME_TOO_LARGE);
        assert_null(result.chain.certs);
        tls_server_stop(server);
    }
}

static void one_context_serves_many_handshakes(void **state)
{
    struct lane_result result;
    (void)state;
    for (int version = 0x0303; version <= 0x0304; version++) {
        struct tls_server *server = serve(only(version, "ec:P-256"));
        for (int i = 0; i < 50; i++) {
            assert_int_equal(ask(server, usual, &result), LANE_CHAIN);
            chain_dispose(&result.chain);
        }
        tls_server_stop(server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_version_shows_every_kind_of_key),
        cmocka_unit_test(every_group_of_tls_13_is_agreed_on),
        cmocka_unit_test(every_suite_of_tls_13_but_ccm_is_opened),
        cmocka_unit_test(a_server_that_wants_ccm_is_for_another_lane),
        cmocka_unit_test(up_to_tls_12_ccm_is_no_matter),
        cmocka_unit_test(a_server_without_a_group_of_ours_says_so),
        cmocka_unit_test(old_and_odd_cipher_suites_are_no_matter),
        cmocka_unit_test(a_demanded_client_certificate_hides_nothing_and_is_noted),
        cmocka_unit_test(names_of_client_cas_are_kept),
        cmocka_unit_test(what_is_stapled_is_kept),
        cmocka_unit_test(the_group_of_an_older_key_exchange_is_told),
        cmocka_unit_test(keys_of_the_family_asked_for_are_shown),
        cmocka_unit_test(a_server_without_such_a_key_refuses),
        cmocka_unit_test(the_small_hello_finds_servers_that_still_have_tls_10),
        cmocka_unit_test(the_name_is_sent_where_there_is_one),
        cmocka_unit_test(the_whole_chain_comes_in_order),
        cmocka_unit_test(one_certificate_too_many_is_too_large),
        cmocka_unit_test(one_context_serves_many_handshakes),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
