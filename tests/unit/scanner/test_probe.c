// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scanner/probe_world.h"

/* ---- what is no certificate ---- */

/* A port of 127.0.0.1 on which nobody listens. */
static int unused_port(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void a_closed_port_is_refused(void **state)
{
    uint16_t port;
    int fd = unused_port(&port);
    (void)state;
    begin("127.0.0.1", port, NULL);
    finish();
    ended_as(OUTCOME_REFUSED, "");
    close(fd);
}

static void a_host_that_drops_our_syn_ends_at_the_connect_limit(void **state)
{
    uint16_t port;
    struct sockaddr_in to = {.sin_family = AF_INET};
    int fillers[8];
    int fd = unused_port(&port);
    (void)state;
    assert_int_equal(listen(fd, 0), 0);
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 8; i++) { /* a full queue of connections is what makes loopback drop a SYN */
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(fillers[i], (struct sockaddr *)&to, sizeof to);
    }
    begin("127.0.0.1", port, NULL);
    uint64_t took_ms = finish();
    ended_as(OUTCOME_TIMEOUT_CONNECT, "");
    assert_in_range(took_ms, CONNECT_MS - 50, CONNECT_MS + SLACK_MS);
    for (int i = 0; i < 8; i++)
        close(fillers[i]);
    close(fd);
}

static void a_silent_server_ends_at_the_answer_limit(void **state)
{
    (void)state;
    uint64_t took_ms = meets(&(struct hostile_script){.end = HOSTILE_HOLDS}, NULL);
    ended_as(OUTCOME_TIMEOUT_HANDSHAKE, "silent");
    assert_in_range(took_ms, ANSWER_MS - 50, WHOLE_MS - 100);
}

static void a_server_that_falls_silent_ends_at_the_answer_limit(void **state)
{
    (void)state;
    uint64_t took_ms = meets(&(struct hostile_script){.waits = true, SAYS("\x16\x03\x03\x01")}, NULL);
    ended_as(OUTCOME_TIMEOUT_HANDSHAKE, "fell silent");
    assert_in_range(took_ms, ANSWER_MS - 50, WHOLE_MS - 100);
}

static void a_byte_now_and_then_does_not_stretch_the_whole_limit(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_server_hello(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    uint64_t took_ms = meets(
        &(struct hostile_script){
            .waits = true, .bytes = flight.data, .len = flight.len, .piece = 1, .every_ms = 100},
        NULL);
    ended_as(OUTCOME_TIMEOUT_HANDSHAKE, "the time for one target is used up");
    assert_in_range(took_ms, WHOLE_MS - 50, WHOLE_MS + SLACK_MS);
    buf_dispose(&flight);
}

static void a_close_is_told_from_a_reset(void **state)
{
    (void)state;
    meets(&(struct hostile_script){.waits = true, .end = HOSTILE_CLOSES}, "www.example");
    ended_as(OUTCOME_CLOSED, "");
    meets(&(struct hostile_script){.waits = true, .end = HOSTILE_RESETS}, "www.example");
    ended_as(OUTCOME_RESET, "");
    meets(&(struct hostile_script){.end = HOSTILE_CLOSES}, "www.example");
    ended_as(OUTCOME_CLOSED, "");
}

static void so_it_is_in_the_middle_of_a_message(void **state)
{
    (void)state;
    meets(&(struct hostile_script){.waits = true, SAYS("\x16\x03\x03\x01"), .end = HOSTILE_CLOSES},
          "www.example");
    ended_as(OUTCOME_CLOSED, "");
    meets(
        &(struct hostile_script){
            .waits = true, SAYS("\x16\x03\x03\x01"), .hold_ms = 50, .end = HOSTILE_RESETS},
        "www.example");
    ended_as(OUTCOME_RESET, "");
}

static void an_abort_without_a_name_says_that_none_was_sent(void **state)
{
    (void)state;
    meets(&(struct hostile_script){.waits = true, .end = HOSTILE_CLOSES}, NULL);
    ended_as(OUTCOME_CLOSED, "no server name was sent");
    meets(&(struct hostile_script){.waits = true, .end = HOSTILE_RESETS}, NULL);
    ended_as(OUTCOME_RESET, "no server name was sent");
    meets(&(struct hostile_script){.waits = true, SAYS("\x15\x03\x03\x00\x02\x02\x28")}, NULL);
    ended_as(OUTCOME_TLS_ALERT, "handshake_failure; no server name was sent");
    meets(&(struct hostile_script){.waits = true, SAYS("\x15\x03\x03\x00\x02\x02\x28")}, "www.example");
    ended_as(OUTCOME_TLS_ALERT, "handshake_failure");
}

static void unrecognized_name_depends_on_the_name(void **state)
{
    (void)state;
    struct tls_server *server = tls_server_start(
        "127.0.0.1", &(struct tls_server_options){.keys = {"ec:P-256"}, .only_name = "www.example"});
    assert_non_null(server);
    begin("127.0.0.1", tls_server_port(server), NULL);
    finish();
    ended_as(OUTCOME_TLS_ALERT, "unrecognized_name; no server name was sent");
    begin("127.0.0.1", tls_server_port(server), "mail.example");
    finish();
    ended_as(OUTCOME_TLS_ALERT, "unrecognized_name");
    begin("127.0.0.1", tls_server_port(server), "www.example");
    finish();
    ended_as(OUTCOME_CERTIFICATE, "");
    tls_server_stop(server);
}

static void an_alert_is_heard_before_the_reset_behind_it(void **state)
{
    (void)state;
    meets(&(struct hostile_script){.waits = true,
                                   SAYS("\x15\x03\x03\x00\x02\x02\x46"),
                                   .end = HOSTILE_CLOSES_AND_RESETS},
          "www.example");
    ended_as(OUTCOME_TLS_ALERT, "protocol_version");
}

static void a_close_with_a_reset_at_its_heels_is_one_of_both(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        meets(&(struct hostile_script){.end = HOSTILE_CLOSES_AND_RESETS}, "www.example");
        if (probe.result.outcome != OUTCOME_CLOSED && probe.result.outcome != OUTCOME_RESET)
            fail_msg("%s: %s", outcome_name(probe.result.outcome), probe.result.detail);
    }
}

static void other_protocols_are_not_tls(void **state)
{
    (void)state;
    meets(&(struct hostile_script){SAYS("SSH-2.0-OpenSSH_9.2\r\n")}, NULL);
    ended_as(OUTCOME_NOT_TLS, "SSH: SSH-2.0-OpenSSH_9.2");
    meets(&(struct hostile_script){.waits = true,
                                   SAYS("HTTP/1.1 400 Bad Request\r\n\r\n"),
                                   .end = HOSTILE_CLOSES},
          NULL);
    ended_as(OUTCOME_NOT_TLS, "HTTP: HTTP/1.1 400 Bad Request");
    meets(&(struct hostile_script){SAYS("220 ftp.example\r\n"), .piece = 1, .every_ms = 20}, NULL);
    ended_as(OUTCOME_NOT_TLS, NULL);
}

static void a_first_byte_as_of_tls_is_not_yet_tls(void **state)
{
    (void)state;
    meets(&(struct hostile_script){SAYS("\x16!"), .piece = 1, .every_ms = 30}, NULL);
    ended_as(OUTCOME_NOT_TLS, "a first byte as of TLS, then something else");
}

static void endless_garbage_is_not_tls_at_once(void **state)
{
    static const char garbage[64 * 1024] = "garbage";
    (void)state;
    uint64_t took_ms =
        meets(&(struct hostile_script){.bytes = garbage, .len = sizeof garbage, .endless = true}, NULL);
    ended_as(OUTCOME_NOT_TLS, NULL);
    assert_in_range(took_ms, 0, ANSWER_MS);
}

static void tls_without_end_is_too_large(void **state)
{
    struct buf flight = {0};
    struct buf body = {0};
    char zeros[1024] = {0};
    (void)state;
    for (size_t len = 0; len < CHAIN_MAX_BYTES; len += sizeof zeros)
        buf_append(&body, zeros, sizeof zeros);
    flight_server_hello(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    flight_message(&flight, FLIGHT_CERTIFICATE, &body);
    meets(&(struct hostile_script){.waits = true, .bytes = flight.data, .len = flight.len, .endless = true},
          NULL);
    ended_as(OUTCOME_TOO_LARGE, "more bytes than the limit for one target");
    buf_dispose(&flight);
    buf_dispose(&body);
}

static void lengths_that_lie_are_malformed(void **state)
{
    (void)state;
    meets(&(struct hostile_script){.waits = true, SAYS("\x16\x03\x03\xff\xff\x02\x00\x00\x2c")}, NULL);
    ended_as(OUTCOME_MALFORMED, NULL);
    meets(&(struct hostile_script){.waits = true, SAYS("\x16\x03\x03\x00\x04\x02\xff\xff\xff")}, NULL);
    assert_true(probe.result.outcome == OUTCOME_TOO_LARGE || probe.result.outcome == OUTCOME_MALFORMED);
}

/* ---- what is one ---- */

static void a_stall_after_the_certificate_loses_nothing_and_costs_no_time(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_server_hello(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    flight_certificates(&flight, "garbage", 7, 3);
    uint64_t took_ms =
        meets(&(struct hostile_script){.waits = true, .bytes = flight.data, .len = flight.len}, NULL);
    assert_int_equal(probe.result.chains[0].cert_count, 3);
    assert_memory_equal(probe.result.chains[0].certs[2].bytes, "garbage", 7);
    ended_as(OUTCOME_CERTIFICATE, "");
    assert_in_range(took_ms, 0, ANSWER_MS);
    buf_dispose(&flight);
}

static void an_answer_that_came_in_time_counts_though_it_was_read_late(void **state)
{
    struct buf flight = {0};
    flight_server_hello(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    flight_certificates(&flight, "garbage", 7, 1);
    struct hostile_server *server = hostile_server_start(
        "127.0.0.1", &(struct hostile_script){.waits = true, .bytes = flight.data, .len = flight.len});
    (void)state;
    assert_non_null(server);
    begin("127.0.0.1", hostile_server_port(server), NULL);
    usleep((CONNECT_MS + 100) * 1000); /* as if the program was stopped, with the connection made */
    while (probe.state == PROBE_CONNECTING)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(probe.state, PROBE_HANDSHAKING);
    usleep((ANSWER_MS + 100) * 1000); /* ... and again, with the answer there */
    finish();
    ended_as(OUTCOME_CERTIFICATE, "");
    hostile_server_stop(server);
    buf_dispose(&flight);
}

static void an_empty_certificate_list_is_malformed(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_server_hello(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    flight_certificates(&flight, "", 0, 0);
    meets(&(struct hostile_script){.waits = true, .bytes = flight.data, .len = flight.len}, NULL);
    ended_as(OUTCOME_MALFORMED, "the certificate list is empty or broken");
    buf_dispose(&flight);
}

static void real_servers_of_old_and_new_show_theirs(void **state)
{
    (void)state;
    for (int version = 0x0301; version <= 0x0304; version++) {
        size_t len;
        struct tls_server *server =
            tls_server_start("127.0.0.1", &(struct tls_server_options){.min_version = version,
                                                                       .max_version = version,
                                                                       .keys = {"ec:P-256"},
                                                                       .demands_client_certificate = true});
        assert_non_null(server);
        begin("127.0.0.1", tls_server_port(server), NULL);
        finish();
        const uint8_t *der = tls_server_certificate(server, 0, &len);
        assert_int_equal(probe.result.outcome, OUTCOME_CERTIFICATE);
        assert_int_equal(probe.result.chains[0].tls_version, version);
        assert_int_equal(probe.result.chains[0].certs[0].len, len);
        assert_memory_equal(probe.result.chains[0].certs[0].bytes, der, len);
        ended_as(OUTCOME_CERTIFICATE, "");
        tls_server_stop(server);
    }
}

static void ipv6_is_no_other_case(void **state)
{
    (void)state;
    struct hostile_server *server =
        hostile_server_start("::1", &(struct hostile_script){SAYS("SSH-2.0-x\r\n")});
    if (server == NULL)
        skip(); /* a machine without IPv6 */
    begin("::1", hostile_server_port(server), NULL);
    finish();
    ended_as(OUTCOME_NOT_TLS, "SSH: SSH-2.0-x");
    hostile_server_stop(server);
}

/* Carries what there is from the probe's peer `fd` to `server` and back; false when the probe has gone. */
static bool serve_some(int fd, struct tls13_server *server)
{
    uint8_t in[4096];
    struct buf out = {0};
    ssize_t len = recv(fd, in, sizeof in, MSG_DONTWAIT);
    if (len > 0)
        assert_true(tls13_server_take(server, in, (size_t)len, &out));
    if (out.len > 0)
        assert_int_equal(send(fd, out.data, out.len, MSG_NOSIGNAL), out.len);
    buf_dispose(&out);
    return ends == 0;
}

static void make_small(int fd)
{
    int least = 1;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof least), 0);
}

/* The server compares the second hello with the first, so no byte of it may be lost. */
static void a_hello_that_does_not_go_out_at_once_goes_out_in_time(void **state)
{
    static const char cookie[15000] = "crumbs";
    static const uint8_t message[] = {11, 0, 0, 13, 0, 0, 0, 9, 0, 0, 4, 'd', 'e', 'r', '!', 0, 0};
    const struct tls13_record record = {.type = 22, .bytes = message, .len = sizeof message};
    struct tls13_server *server = tls13_server_new(&(struct tls13_server_options){
        .retries = 1, .cookie = cookie, .cookie_len = sizeof cookie, .records = &record, .record_count = 1});
    bool was_partly_sent = false;
    uv_os_fd_t ours;
    uint16_t port;
    int least = 1;
    int listener = unused_port(&port);
    (void)state;
    assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &least, sizeof least), 0);
    assert_int_equal(listen(listener, 1), 0);
    begin("127.0.0.1", port, NULL);
    assert_int_equal(uv_fileno((uv_handle_t *)&probe.tcp, &ours), 0);
    make_small(ours);
    int fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    do {
        uv_run(&loop, UV_RUN_NOWAIT);
        was_partly_sent |= probe.sending.len > 0;
    } while (serve_some(fd, server));
    assert_true(was_partly_sent);
    assert_int_equal(probe.result.chains[0].certs[0].len, 4);
    ended_as(OUTCOME_CERTIFICATE, "");
    close(fd);
    close(listener);
    tls13_server_free(server);
}

/* ---- this side ---- */

static void the_source_address_is_the_one_asked_for(void **state)
{
    uint16_t port;
    struct sockaddr_in peer = {0};
    socklen_t len = sizeof peer;
    int fd = unused_port(&port);
    (void)state;
    assert_int_equal(listen(fd, 8), 0);
    env.has_source = true;
    env.source = ip_of("127.0.0.99");
    begin("127.0.0.1", port, NULL);
    finish();
    env.has_source = false;
    int accepted = accept(fd, (struct sockaddr *)&peer, &len);
    ended_as(OUTCOME_TIMEOUT_HANDSHAKE, "silent");
    assert_true(accepted >= 0);
    assert_int_equal(ntohl(peer.sin_addr.s_addr), 0x7F000063);
    close(accepted);
    close(fd);
}

static void without_a_descriptor_it_asks_to_be_tried_again(void **state)
{
    struct rlimit before;
    int free_fd = dup(0);
    (void)state;
    close(free_fd);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = {(rlim_t)free_fd, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    begin("127.0.0.1", 1, NULL);
    finish();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(probe.end, PROBE_RETRY);
}

static void a_cancel_ends_it_wherever_it_is(void **state)
{
    (void)state;
    struct hostile_server *server = hostile_server_start("127.0.0.1", &(struct hostile_script){0});
    assert_non_null(server);
    begin("127.0.0.1", hostile_server_port(server), NULL); /* while it connects */
    probe_cancel(&probe, "excluded");
    assert_in_range(finish(), 0, ANSWER_MS);
    ended_as(OUTCOME_CANCELLED, "excluded");

    begin("127.0.0.1", hostile_server_port(server), NULL);
    while (probe.state != PROBE_HANDSHAKING)
        uv_run(&loop, UV_RUN_ONCE);
    probe_cancel(&probe, "excluded");
    probe_cancel(&probe, "twice"); /* harmless, as are all late events */
    probe_abandon(&probe);
    assert_in_range(finish(), 0, ANSWER_MS);
    ended_as(OUTCOME_CANCELLED, "excluded");
    hostile_server_stop(server);
}

static void an_abandoned_probe_has_no_outcome(void **state)
{
    (void)state;
    struct hostile_server *server = hostile_server_start("127.0.0.1", &(struct hostile_script){0});
    assert_non_null(server);
    begin("127.0.0.1", hostile_server_port(server), NULL);
    probe_abandon(&probe);
    probe_cancel(&probe, "too late");
    finish();
    assert_int_equal(probe.end, PROBE_ABANDONED);
    hostile_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_port_is_refused),
        cmocka_unit_test(a_host_that_drops_our_syn_ends_at_the_connect_limit),
        cmocka_unit_test(a_silent_server_ends_at_the_answer_limit),
        cmocka_unit_test(a_server_that_falls_silent_ends_at_the_answer_limit),
        cmocka_unit_test(a_byte_now_and_then_does_not_stretch_the_whole_limit),
        cmocka_unit_test(a_close_is_told_from_a_reset),
        cmocka_unit_test(so_it_is_in_the_middle_of_a_message),
        cmocka_unit_test(an_abort_without_a_name_says_that_none_was_sent),
        cmocka_unit_test(unrecognized_name_depends_on_the_name),
        cmocka_unit_test(an_alert_is_heard_before_the_reset_behind_it),
        cmocka_unit_test(a_close_with_a_reset_at_its_heels_is_one_of_both),
        cmocka_unit_test(other_protocols_are_not_tls),
        cmocka_unit_test(a_first_byte_as_of_tls_is_not_yet_tls),
        cmocka_unit_test(endless_garbage_is_not_tls_at_once),
        cmocka_unit_test(tls_without_end_is_too_large),
        cmocka_unit_test(lengths_that_lie_are_malformed),
        cmocka_unit_test(a_stall_after_the_certificate_loses_nothing_and_costs_no_time),
        cmocka_unit_test(an_answer_that_came_in_time_counts_though_it_was_read_late),
        cmocka_unit_test(an_empty_certificate_list_is_malformed),
        cmocka_unit_test(real_servers_of_old_and_new_show_theirs),
        cmocka_unit_test(ipv6_is_no_other_case),
        cmocka_unit_test(a_hello_that_does_not_go_out_at_once_goes_out_in_time),
        cmocka_unit_test(the_source_address_is_the_one_asked_for),
        cmocka_unit_test(without_a_descriptor_it_asks_to_be_tried_again),
        cmocka_unit_test(a_cancel_ends_it_wherever_it_is),
        cmocka_unit_test(an_abandoned_probe_has_no_outcome),
    };
    return cmocka_run_group_tests(tests, open_loop, close_loop);
}
