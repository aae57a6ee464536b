// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scanner/probe_world.h"

/* ---- how many connections a server gets ---- */

/* How many connections such a server got, while the probe asked for each but the first. */
static void got_connections(unsigned count)
{
    assert_int_equal(connections, count);
    assert_int_equal(waits, count - 1);
    assert_int_equal(shortages, 0);
}

/* The same, for a server of libssl's. */
static void asks(struct tls_server_options options)
{
    struct tls_server *server = tls_server_start("127.0.0.1", &options);
    assert_non_null(server);
    begin("127.0.0.1", tls_server_port(server), "www.example");
    finish();
    connections = tls_server_connections(server);
    tls_server_stop(server);
}

static void a_server_that_answers_gets_one(void **state)
{
    (void)state;
    for (int version = 0x0301; version <= 0x0304; version++) {
        asks((struct tls_server_options){
            .min_version = version, .max_version = version, .keys = {"ec:P-256"}});
        assert_int_equal(probe.result.chains[0].lane, LANE_DIRECT);
        ended_as(OUTCOME_CERTIFICATE, "");
        got_connections(1);
    }
    asks((struct tls_server_options){.min_version = 0x0304, .keys = {"ec:P-256"}, .groups = "P-384"});
    ended_as(OUTCOME_CERTIFICATE, "");
    got_connections(1); /* a HelloRetryRequest is answered on the same one */
}

static void so_does_one_that_is_no_tls_server_or_silent(void **state)
{
    (void)state;
    meets(&(struct hostile_script){SAYS("SSH-2.0-x\r\n")}, NULL);
    ended_as(OUTCOME_NOT_TLS, NULL);
    got_connections(1);
    meets(&(struct hostile_script){.waits = true}, NULL);
    ended_as(OUTCOME_TIMEOUT_HANDSHAKE, "silent");
    got_connections(1);
    meets(&(struct hostile_script){.waits = true, SAYS("\x16\x03\x03\x01")}, NULL);
    ended_as(OUTCOME_TIMEOUT_HANDSHAKE, "fell silent");
    got_connections(1);
}

static void one_that_closes_or_resets_or_refuses_gets_two(void **state)
{
    (void)state;
    meets(&(struct hostile_script){.waits = true, .end = HOSTILE_CLOSES}, "www.example");
    ended_as(OUTCOME_CLOSED, "");
    got_connections(2);
    meets(&(struct hostile_script){.waits = true, .end = HOSTILE_RESETS}, "www.example");
    ended_as(OUTCOME_RESET, "");
    got_connections(2);
    meets(&(struct hostile_script){.waits = true, SAYS("\x15\x03\x03\x00\x02\x02\x70")}, "www.example");
    ended_as(OUTCOME_TLS_ALERT, "unrecognized_name");
    got_connections(2);
}

static void one_that_finds_nothing_in_our_offer_gets_three(void **state)
{
    (void)state;
    meets(&(struct hostile_script){.waits = true, SAYS("\x15\x03\x03\x00\x02\x02\x28")}, "www.example");
    ended_as(OUTCOME_TLS_ALERT, "handshake_failure");
    got_connections(3);
    meets(&(struct hostile_script){.waits = true, SAYS("\x15\x03\x03\x00\x02\x02\x46")}, "www.example");
    ended_as(OUTCOME_TLS_ALERT, "protocol_version");
    got_connections(3);
}

static void what_looks_broken_is_shown_to_libssl_too(void **state)
{
    (void)state;
    meets(&(struct hostile_script){.waits = true, SAYS("\x16\x03\x03\xff\xff\x02\x00\x00\x2c")}, NULL);
    ended_as(OUTCOME_MALFORMED, "a broken record");
    got_connections(2);
}

static void a_server_that_stands_no_modern_hello_is_found_on_the_second(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_server_hello(&flight, 0x0300, 0x0005);
    flight_certificates(&flight, "garbage", 7, 1);
    meets(
        &(struct hostile_script){
            .waits = true, .bytes = flight.data, .len = flight.len, .only_small_hello = true},
        "www.example");
    assert_int_equal(probe.result.chains[0].tls_version, 0x0300);
    assert_int_equal(probe.result.chains[0].lane, LANE_DIRECT);
    ended_as(OUTCOME_CERTIFICATE, "");
    got_connections(2);
    buf_dispose(&flight);
}

static void what_the_direct_lane_cannot_do_libssl_does_on_the_second(void **state)
{
    (void)state;
    asks((struct tls_server_options){
        .min_version = 0x0304, .keys = {"ec:P-256"}, .suites = "TLS_AES_128_CCM_SHA256"});
    assert_int_equal(probe.result.chains[0].lane, LANE_FULL);
    assert_int_equal(probe.result.chains[0].cipher_suite, 0x1304);
    ended_as(OUTCOME_CERTIFICATE, "");
    got_connections(2);
}

static void and_what_it_did_not_offer_on_the_third(void **state)
{
    (void)state;
    asks((struct tls_server_options){.min_version = 0x0304, .keys = {"ec:P-256"}, .groups = "X448"});
    assert_int_equal(probe.result.chains[0].lane, LANE_FULL);
    ended_as(OUTCOME_CERTIFICATE, "");
    got_connections(3);
}

static void the_lane_may_be_chosen(void **state)
{
    const struct tls_server_options ccm = {
        .min_version = 0x0304, .keys = {"ec:P-256"}, .suites = "TLS_AES_128_CCM_SHA256"};
    (void)state;
    env.policy.lane = LANE_CHOICE_DIRECT;
    asks(ccm);
    ended_as(OUTCOME_TLS_ALERT, NULL);
    got_connections(1);
    env.policy.lane = LANE_CHOICE_FULL;
    asks(ccm);
    ended_as(OUTCOME_CERTIFICATE, "");
    got_connections(1);
    asks((struct tls_server_options){.keys = {"ec:P-256"}});
    assert_int_equal(probe.result.chains[0].lane, LANE_FULL);
    ended_as(OUTCOME_CERTIFICATE, "");
    got_connections(1);
    meets(&(struct hostile_script){.waits = true, .end = HOSTILE_CLOSES}, "www.example");
    ended_as(OUTCOME_CLOSED, "");
    got_connections(1);
    env.policy.lane = LANE_CHOICE_AUTO;
}

/* Silent is what some servers are to a hello that they do not understand. */
static void silence_on_a_port_of_tls_gets_two(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(8443)};
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)state;
    inet_pton(AF_INET, "127.0.77.1", &address.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    begin("127.0.77.1", 8443, NULL);
    uint64_t took_ms = finish();
    ended_as(OUTCOME_TIMEOUT_HANDSHAKE, "silent");
    assert_int_equal(waits, 1);
    assert_in_range(took_ms, 2 * ANSWER_MS - 50, WHOLE_MS + SLACK_MS);
    close(fd);
}

/* ---- both key families ---- */

static void with_both_keys_a_server_of_two_shows_two_chains(void **state)
{
    (void)state;
    env.policy.both_keys = true;
    for (int version = 0x0302; version <= 0x0304; version++) {
        asks((struct tls_server_options){
            .min_version = version, .max_version = version, .keys = {"rsa:1024", "ec:P-256"}});
        assert_int_equal(probe.result.chain_count, 2);
        enum key_family first =
            leaf_key_family(probe.result.chains[0].certs[0].bytes, probe.result.chains[0].certs[0].len);
        enum key_family second =
            leaf_key_family(probe.result.chains[1].certs[0].bytes, probe.result.chains[1].certs[0].len);
        assert_true(first != second && first != KEY_FAMILY_ANY && second != KEY_FAMILY_ANY);
        ended_as(OUTCOME_CERTIFICATE, "");
        got_connections(2);
    }
    env.policy.both_keys = false;
    asks((struct tls_server_options){.keys = {"rsa:1024", "ec:P-256"}});
    assert_int_equal(probe.result.chain_count, 1);
    ended_as(OUTCOME_CERTIFICATE, "");
    got_connections(1);
}

static void a_server_of_one_key_costs_a_second_connection(void **state)
{
    static const char *const keys[] = {"rsa:1024", "ec:P-256", "ed25519"};
    (void)state;
    env.policy.both_keys = true;
    for (size_t i = 0; i < 3; i++) {
        asks((struct tls_server_options){.keys = {keys[i]}});
        assert_int_equal(probe.result.chain_count, 1); /* that it has no other is no failure */
        ended_as(OUTCOME_CERTIFICATE, "");
        got_connections(2);
    }
    env.policy.both_keys = false;
}

/* Whatever is asked for, it has but this one. */
static void the_same_key_again_is_no_second_chain(void **state)
{
    struct tls_server *server =
        tls_server_start("127.0.0.1", &(struct tls_server_options){.keys = {"ec:P-256"}});
    struct buf flight = {0};
    size_t len;
    (void)state;
    assert_non_null(server);
    const uint8_t *der = tls_server_certificate(server, 0, &len);
    flight_server_hello(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    flight_certificates(&flight, der, len, 1);
    env.policy.both_keys = true;
    meets(&(struct hostile_script){.waits = true, .bytes = flight.data, .len = flight.len}, NULL);
    env.policy.both_keys = false;
    assert_int_equal(probe.result.chain_count, 1);
    ended_as(OUTCOME_CERTIFICATE, "");
    got_connections(2);
    tls_server_stop(server);
    buf_dispose(&flight);
}

static void the_longest_way_has_four_connections(void **state)
{
    (void)state;
    env.policy.both_keys = true;
    asks((struct tls_server_options){
        .min_version = 0x0304, .keys = {"rsa:1024", "ec:P-256"}, .groups = "X448"});
    env.policy.both_keys = false;
    assert_int_equal(probe.result.chain_count, 2);
    assert_int_equal(probe.result.chains[1].lane, LANE_FULL);
    ended_as(OUTCOME_CERTIFICATE, "");
    got_connections(4);
}

/* ---- which result is told ---- */

static void the_result_that_says_most_is_told(void **state)
{
    const struct hostile_script closes = {.waits = true, .end = HOSTILE_CLOSES};
    (void)state;
    meets(&(struct hostile_script){.waits = true, SAYS("\x15\x03\x03\x00\x02\x02\x50"), .next = &closes},
          "www.example");
    ended_as(OUTCOME_TLS_ALERT, "internal_error");
    got_connections(2);
    const struct hostile_script alerts = {.waits = true, SAYS("\x15\x03\x03\x00\x02\x02\x50")};
    meets(&(struct hostile_script){.waits = true, .end = HOSTILE_CLOSES, .next = &alerts}, "www.example");
    ended_as(OUTCOME_TLS_ALERT, "internal_error");
    got_connections(2);
    const struct hostile_script silent = {.waits = true};
    meets(&(struct hostile_script){.waits = true, .end = HOSTILE_RESETS, .next = &silent}, "www.example");
    ended_as(OUTCOME_RESET, "");
    got_connections(2);
}

static void a_certificate_is_not_lost_to_what_comes_after_it(void **state)
{
    struct tls_server *server =
        tls_server_start("127.0.0.1", &(struct tls_server_options){.keys = {"rsa:1024"}});
    const struct hostile_script after[] = {
        {.waits = true},
        {.waits = true, .end = HOSTILE_RESETS},
        {SAYS("SSH-2.0-x\r\n")},
        {.waits = true, SAYS("\x15\x03\x03\x00\x02\x02\x28")},
        {.waits = true, SAYS("\x16\x03\x03\xff\xff")},
    };
    struct buf flight = {0};
    size_t len;
    (void)state;
    assert_non_null(server);
    const uint8_t *der = tls_server_certificate(server, 0, &len);
    flight_server_hello(&flight, 0x0303, 0x002F);
    flight_certificates(&flight, der, len, 1);
    env.policy.both_keys = true;
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++) {
        meets(
            &(struct hostile_script){
                .waits = true, .bytes = flight.data, .len = flight.len, .next = &after[i]},
            NULL);
        assert_int_equal(probe.result.chain_count, 1);
        ended_as(OUTCOME_CERTIFICATE, "");
        got_connections(2);
    }
    env.policy.both_keys = false;
    tls_server_stop(server);
    buf_dispose(&flight);
}

/* Only what the server has said about the other keys counts as an answer to the question for them. */
static void silence_and_what_we_cannot_do_are_no_answer_about_other_keys(void **state)
{
    struct tls_server *server =
        tls_server_start("127.0.0.1", &(struct tls_server_options){.keys = {"rsa:1024"}});
    const struct hostile_script silent = {.waits = true};
    struct buf draft = {0};
    struct buf flight = {0};
    size_t len;
    (void)state;
    flight_server_hello(&draft, 0x7f12, 0x1301);
    const struct {
        struct hostile_script after;
        bool answered;
    } cases[] = {
        {{.waits = true}, false},
        {{.waits = true, .end = HOSTILE_CLOSES}, true},
        {{.waits = true, SAYS("\x15\x03\x03\x00\x02\x02\x28")}, true},
        {{.waits = true, .bytes = draft.data, .len = draft.len, .next = &silent}, false},
    };
    assert_non_null(server);
    const uint8_t *der = tls_server_certificate(server, 0, &len);
    flight_server_hello(&flight, 0x0303, 0x002F);
    flight_certificates(&flight, der, len, 1);
    env.policy.both_keys = true;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        meets(
            &(struct hostile_script){
                .waits = true, .bytes = flight.data, .len = flight.len, .next = &cases[i].after},
            NULL);
        assert_int_equal(probe.result.other_keys_asked, cases[i].answered);
        ended_as(OUTCOME_CERTIFICATE, "");
    }
    env.policy.both_keys = false;
    tls_server_stop(server);
    buf_dispose(&draft);
    buf_dispose(&flight);
}

/* ---- limits over all connections ---- */

static void the_time_limit_is_for_all_connections_together(void **state)
{
    (void)state;
    uint64_t took_ms = meets(
        &(struct hostile_script){
            .waits = true, SAYS("\x15\x03\x03\x00\x02"), .piece = 1, .every_ms = 120, .end = HOSTILE_CLOSES},
        "www.example"); /* 5 bytes take it 600 ms, and then it closes */
    ended_as(OUTCOME_CLOSED, "");
    got_connections(2);
    assert_in_range(took_ms, WHOLE_MS - 50, WHOLE_MS + SLACK_MS);
}

static void so_is_the_limit_of_bytes(void **state)
{
    struct buf flight = {0};
    struct buf body = {0};
    (void)state;
    for (size_t len = 0; len < CHAIN_MAX_BYTES / 2 + 1000; len += 4)
        buf_append(&body, "\0\0\0\0", 4);
    flight_server_hello(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    flight_message_claiming(&flight, FLIGHT_CERTIFICATE, &body, CHAIN_MAX_BYTES);
    meets(
        &(struct hostile_script){
            .waits = true, .bytes = flight.data, .len = flight.len, .end = HOSTILE_CLOSES},
        "www.example");
    ended_as(OUTCOME_TOO_LARGE, "more bytes than the limit for one target");
    got_connections(2);
    buf_dispose(&flight);
    buf_dispose(&body);
}

/* ---- while it waits for a token ---- */

static void nothing_comes(void)
{
}

static void while_nothing_comes_the_limit_ends_it_with_what_is_known(void **state)
{
    (void)state;
    while_waiting = nothing_comes;
    uint64_t took_ms = meets(&(struct hostile_script){.waits = true, .end = HOSTILE_CLOSES}, "www.example");
    ended_as(OUTCOME_CLOSED, "");
    assert_int_equal(connections, 1);
    assert_int_equal(waits, 1);
    assert_in_range(took_ms, WHOLE_MS - 50, WHOLE_MS + SLACK_MS);
    env.policy.both_keys = true;
    asks((struct tls_server_options){.keys = {"ec:P-256"}});
    env.policy.both_keys = false;
    while_waiting = NULL;
    assert_int_equal(probe.result.chain_count, 1);
    ended_as(OUTCOME_CERTIFICATE, "");
    assert_int_equal(connections, 1);
}

static void cancel_it(void)
{
    probe_cancel(&probe, "excluded");
    assert_int_equal(ends, 0); /* never from inside the call */
    assert_false(probe_go_on(&probe));
    probe_cancel(&probe, "twice");
}

static void a_cancel_while_it_waits_ends_it_at_once_with_what_is_known(void **state)
{
    (void)state;
    while_waiting = cancel_it;
    uint64_t took_ms = meets(&(struct hostile_script){.waits = true, .end = HOSTILE_CLOSES}, "www.example");
    ended_as(OUTCOME_CLOSED, "");
    assert_int_equal(connections, 1);
    assert_in_range(took_ms, 0, ANSWER_MS);
    env.policy.both_keys = true;
    asks((struct tls_server_options){.keys = {"ec:P-256"}});
    env.policy.both_keys = false;
    while_waiting = NULL;
    assert_int_equal(probe.result.chain_count, 1);
    ended_as(OUTCOME_CERTIFICATE, "");
    assert_int_equal(connections, 1);
}

static void abandon_it(void)
{
    probe_abandon(&probe);
    assert_int_equal(ends, 0);
    assert_false(probe_go_on(&probe));
    probe_cancel(&probe, "too late");
}

static void an_abandoned_one_that_waits_has_no_outcome(void **state)
{
    (void)state;
    while_waiting = abandon_it;
    uint64_t took_ms = meets(&(struct hostile_script){.waits = true, .end = HOSTILE_CLOSES}, "www.example");
    while_waiting = NULL;
    assert_int_equal(probe.end, PROBE_ABANDONED);
    assert_int_equal(connections, 1);
    assert_in_range(took_ms, 0, ANSWER_MS);
}

static void (*while_closing)(struct probe *);

static void stop_it_now(struct probe *it)
{
    probe_cancel(it, "excluded");
}

/* Between the end of a connection and that of its socket. */
static void on_check(uv_check_t *check)
{
    (void)check;
    if (probe.state == PROBE_CLOSING)
        while_closing(&probe);
}

static void stopped_while_a_connection_closes_it_asks_for_no_other(void **state)
{
    const struct hostile_script alerts = {.waits = true, SAYS("\x15\x03\x03\x00\x02\x02\x28")};
    uv_check_t check;
    (void)state;
    uv_check_init(&loop, &check);
    uv_check_start(&check, on_check);
    while_closing = stop_it_now;
    meets(&alerts, "www.example");
    ended_as(OUTCOME_TLS_ALERT, "handshake_failure");
    got_connections(1);
    while_closing = probe_abandon;
    meets(&alerts, "www.example");
    assert_int_equal(probe.end, PROBE_ABANDONED);
    got_connections(1);
    uv_close((uv_handle_t *)&check, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
}

static struct rlimit descriptors;

static void take_descriptors_away(void)
{
    int free_fd = dup(0);
    assert_true(free_fd >= 0);
    close(free_fd);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &descriptors), 0);
    struct rlimit none = {(rlim_t)free_fd, descriptors.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_true(probe_go_on(&probe));
}

static void give_them_back_at_the_third(void)
{
    if (waits == 1) {
        take_descriptors_away();
        return;
    }
    if (waits == 3)
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &descriptors), 0);
    assert_true(probe_go_on(&probe));
}

static void a_shortage_between_connections_is_no_try(void **state)
{
    (void)state;
    while_waiting = give_them_back_at_the_third;
    meets(&(struct hostile_script){.waits = true, SAYS("\x15\x03\x03\x00\x02\x02\x70")}, "www.example");
    while_waiting = NULL;
    ended_as(OUTCOME_TLS_ALERT, "unrecognized_name");
    assert_int_equal(connections, 2); /* as ever */
    assert_int_equal(waits, 3);
    assert_int_equal(shortages, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_answers_gets_one),
        cmocka_unit_test(so_does_one_that_is_no_tls_server_or_silent),
        cmocka_unit_test(one_that_closes_or_resets_or_refuses_gets_two),
        cmocka_unit_test(one_that_finds_nothing_in_our_offer_gets_three),
        cmocka_unit_test(what_looks_broken_is_shown_to_libssl_too),
        cmocka_unit_test(a_server_that_stands_no_modern_hello_is_found_on_the_second),
        cmocka_unit_test(what_the_direct_lane_cannot_do_libssl_does_on_the_second),
        cmocka_unit_test(and_what_it_did_not_offer_on_the_third),
        cmocka_unit_test(the_lane_may_be_chosen),
        cmocka_unit_test(silence_on_a_port_of_tls_gets_two),
        cmocka_unit_test(with_both_keys_a_server_of_two_shows_two_chains),
        cmocka_unit_test(a_server_of_one_key_costs_a_second_connection),
        cmocka_unit_test(the_same_key_again_is_no_second_chain),
        cmocka_unit_test(the_longest_way_has_four_connections),
        cmocka_unit_test(the_result_that_says_most_is_told),
        cmocka_unit_test(a_certificate_is_not_lost_to_what_comes_after_it),
        cmocka_unit_test(silence_and_what_we_cannot_do_are_no_answer_about_other_keys),
        cmocka_unit_test(the_time_limit_is_for_all_connections_together),
        cmocka_unit_test(so_is_the_limit_of_bytes),
        cmocka_unit_test(while_nothing_comes_the_limit_ends_it_with_what_is_known),
        cmocka_unit_test(a_cancel_while_it_waits_ends_it_at_once_with_what_is_known),
        cmocka_unit_test(an_abandoned_one_that_waits_has_no_outcome),
        cmocka_unit_test(stopped_while_a_connection_closes_it_asks_for_no_other),
        cmocka_unit_test(a_shortage_between_connections_is_no_try),
    };
    return cmocka_run_group_tests(tests, open_loop, close_loop);
}
