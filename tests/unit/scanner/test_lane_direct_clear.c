// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scanner/lane_direct_world.h"

static void a_flight_of_tls_12_may_be_split_anywhere(void **state)
{
    struct buf flight = long_flight();
    (void)state;
    shows_that_chain_at_every_split(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
}

static void messages_may_share_a_record(void **state)
{
    struct buf separate = long_flight();
    struct buf flight = coalesced(&separate);
    (void)state;
    shows_that_chain_at_every_split(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    buf_dispose(&separate);
}

static void and_records_may_share_a_message(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 20; piece += 3) {
        struct buf separate = long_flight();
        struct buf flight = shredded(&separate, piece);
        shows_that_chain_at_every_split(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
        buf_dispose(&separate);
    }
}

static void a_flight_of_ssl_3_is_one_like_others(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_server_hello(&flight, 0x0300, 0x000A);
    flight_certificates(&flight, "garbage", 7, 2);
    flight.data[1] = 3;
    flight.data[2] = 0; /* its records are of SSL 3.0 too */
    shows_that_chain_at_every_split(&flight, 0x0300, 0x000A);
    flight_server_hello(&flight, 0x0300, 0x0003); /* an export suite, to the small hello */
    flight_certificates(&flight, "garbage", 7, 2);
    ends_with(old_style, LANE_CHAIN, OUTCOME_CERTIFICATE, "", &flight);
}

static void a_suite_nobody_has_heard_of_is_no_obstacle(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_server_hello(&flight, 0x0303, 0x5A5A);
    flight_certificates(&flight, "garbage", 7, 2);
    shows_that_chain_at_every_split(&flight, 0x0303, 0x5A5A);
}

static void half_a_flight_asks_for_more(void **state)
{
    struct buf flight = short_flight();
    (void)state;
    for (size_t cut = 1; cut < flight.len; cut++) {
        struct lane_result result;
        struct buf part = {.data = flight.data, .len = cut};
        assert_int_equal(feed(usual, &part, SIZE_MAX, 1, &result), LANE_MORE);
        assert_null(result.chain.certs);
    }
    buf_dispose(&flight);
}

/* ---- what follows the Certificate ---- */

static void what_came_with_the_certificate_is_looked_through(void **state)
{
    struct lane_result result;
    struct buf flight = long_flight();
    (void)state;
    assert_int_equal(feed(usual, &flight, SIZE_MAX, 1, &result), LANE_CHAIN);
    is_raw(result.chain.ocsp_response, "0aabbc");
    is_raw(result.chain.ca_names, "000430020500");
    assert_int_equal(result.chain.group, 0x1D);
    assert_int_equal(result.chain.client_certificate, REQUEST_SEEN);
    chain_dispose(&result.chain);
    buf_dispose(&flight);
}

/* Whatever has arrived of it, and no byte is waited for. */
static void what_has_not_come_by_then_is_not_waited_for(void **state)
{
    struct buf whole = long_flight();
    struct buf first = short_flight();
    const size_t status_end = first.len + 5 + 4 + 7;
    const size_t exchange_end = status_end + 5 + 4 + 4;
    const size_t request_end = exchange_end + 5 + 4 + 14;
    (void)state;
    for (size_t cut = first.len; cut <= whole.len; cut++) {
        struct lane_result result;
        struct buf part = {.data = whole.data, .len = cut};
        assert_int_equal(feed(usual, &part, SIZE_MAX, 1, &result), LANE_CHAIN);
        is_that_chain(&result);
        assert_int_equal(result.chain.ocsp_response.len > 0, cut >= status_end);
        assert_int_equal(result.chain.group != 0, cut >= exchange_end);
        assert_int_equal(result.chain.ca_names.len > 0, cut >= request_end);
        assert_int_equal(result.chain.client_certificate,
                         cut >= request_end ? REQUEST_SEEN : REQUEST_UNKNOWN);
        chain_dispose(&result.chain);
    }
    buf_dispose(&whole);
    buf_dispose(&first);
}

static void without_a_request_before_the_end_there_was_none(void **state)
{
    struct lane_result result;
    struct buf flight = short_flight();
    (void)state;
    add_message(&flight, FLIGHT_SERVER_KEY_EXCHANGE, KEY_EXCHANGE);
    assert_int_equal(feed(usual, &flight, SIZE_MAX, 1, &result), LANE_CHAIN);
    assert_int_equal(result.chain.client_certificate, REQUEST_UNKNOWN);
    chain_dispose(&result.chain);
    add_message(&flight, FLIGHT_SERVER_HELLO_DONE, "");
    assert_int_equal(feed(usual, &flight, SIZE_MAX, 1, &result), LANE_CHAIN);
    assert_int_equal(result.chain.client_certificate, REQUEST_ABSENT);
    chain_dispose(&result.chain);
    buf_dispose(&flight);
}

static void nothing_is_looked_at_behind_what_nobody_knows(void **state)
{
    struct lane_result result;
    struct buf flight = short_flight();
    (void)state;
    add_message(&flight, 99, "00");
    add_message(&flight, FLIGHT_CERTIFICATE_STATUS, STATUS);
    add_message(&flight, FLIGHT_SERVER_HELLO_DONE, "");
    assert_int_equal(feed(usual, &flight, SIZE_MAX, 1, &result), LANE_CHAIN);
    assert_null(result.chain.ocsp_response.bytes);
    assert_int_equal(result.chain.client_certificate, REQUEST_UNKNOWN);
    chain_dispose(&result.chain);
    buf_dispose(&flight);
}

static void a_key_exchange_without_named_curve_tells_no_group(void **state)
{
    static const struct {
        uint16_t suite;
        const char *exchange;
    } without[] = {
        {0x0033, "03001d"},   /* plain Diffie-Hellman, whose first bytes only look like it */
        {0xC02B, "01001d"},   /* an explicit curve */
        {0xC02B, "0300"},     /* cut off */
        {0x5A5A, "03001d20"}, /* who knows */
    };
    (void)state;
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
        struct lane_result result;
        struct buf flight = {0};
        flight_server_hello(&flight, 0x0303, without[i].suite);
        flight_certificates(&flight, "garbage", 7, 2);
        add_message(&flight, FLIGHT_SERVER_KEY_EXCHANGE, without[i].exchange);
        assert_int_equal(feed(usual, &flight, SIZE_MAX, 1, &result), LANE_CHAIN);
        assert_int_equal(result.chain.group, 0);
        chain_dispose(&result.chain);
        buf_dispose(&flight);
    }
}

static void what_breaks_after_the_certificate_loses_nothing(void **state)
{
    struct buf flight = short_flight();
    (void)state;
    flight_record(&flight, 99, 0xFFFF, "nonsense", 8);
    is_chain(&flight);
    flight = short_flight();
    flight_alert(&flight, 2, 40);
    is_chain(&flight);
    flight = short_flight();
    flight_record(&flight, 22, 0x0303, "\x0c\xff\xff\xff", 4); /* a message beyond the limit */
    is_chain(&flight);
    flight = short_flight();
    flight_certificates(&flight, "", 0, 0); /* a second list, and an empty one */
    is_chain(&flight);
    flight = short_flight();
    flight_record(&flight, 20, 0x0303, "\1", 1);
    is_chain(&flight);
}

static void timestamps_of_the_hello_are_kept(void **state)
{
    struct lane_result result;
    struct buf body = hex_bytes("0303"
                                "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
                                "00c02b00"
                                "0007001200030001aa");
    struct buf flight = {0};
    (void)state;
    flight_message(&flight, FLIGHT_SERVER_HELLO, &body);
    flight_certificates(&flight, "garbage", 7, 2);
    assert_int_equal(feed(usual, &flight, SIZE_MAX, 1, &result), LANE_CHAIN);
    is_raw(result.chain.sct_list, "0001aa");
    chain_dispose(&result.chain);
    buf_dispose(&body);
    buf_dispose(&flight);
}

/* ---- alerts ---- */

static void fatal_alerts_are_told_by_name(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_alert(&flight, 2, 40);
    ends_as(OUTCOME_TLS_ALERT, "handshake_failure", &flight);
    flight_alert(&flight, 2, 70);
    ends_as(OUTCOME_TLS_ALERT, "protocol_version", &flight);
    flight_alert(&flight, 2, 200);
    ends_as(OUTCOME_TLS_ALERT, "unknown_alert", &flight);
    flight = hello();
    flight_alert(&flight, 2, 80);
    ends_as(OUTCOME_TLS_ALERT, "internal_error", &flight);
}

static void which_alert_it_was_is_told_too(void **state)
{
    (void)state;
    for (unsigned alert = 0; alert < 256; alert++) {
        struct lane_result result;
        struct buf flight = {0};
        flight_alert(&flight, 2, (uint8_t)alert);
        assert_int_equal(feed(usual, &flight, SIZE_MAX, 1, &result), LANE_END);
        assert_true(result.alerted);
        assert_int_equal(result.alert, alert);
        buf_dispose(&flight);
    }
}

static void warnings_are_read_over(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_alert(&flight, 1, 112);
    flight_alert(&flight, 1, 40);
    flight_server_hello(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    flight_alert(&flight, 1, 90);
    flight_certificates(&flight, "garbage", 7, 2);
    shows_that_chain_at_every_split(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
}

static void a_close_notify_before_the_certificate_is_a_close(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_alert(&flight, 1, 0);
    ends_as(OUTCOME_CLOSED, "close_notify", &flight);
    flight = hello();
    flight_alert(&flight, 1, 0);
    ends_as(OUTCOME_CLOSED, "close_notify", &flight);
}

static void half_an_alert_is_malformed(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_record(&flight, 21, 0x0303, "\2", 1);
    is_malformed("a broken alert", &flight);
    flight_record(&flight, 21, 0x0303, "", 0);
    is_malformed("a broken alert", &flight);
}

/* ---- broken and odd ones ---- */

static void hello_requests_are_read_over(void **state)
{
    struct buf flight = {0};
    (void)state;
    add_message(&flight, 0, "");
    flight_server_hello(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
    add_message(&flight, 0, "");
    add_message(&flight, 23, "000000"); /* supplemental data, RFC 4680 */
    flight_certificates(&flight, "garbage", 7, 2);
    shows_that_chain_at_every_split(&flight, 0x0303, FLIGHT_ECDHE_ECDSA_AES128_GCM);
}

static void a_handshake_begins_with_a_server_hello(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_certificates(&flight, "garbage", 7, 2);
    is_malformed("a handshake that does not begin with ServerHello", &flight);
    add_message(&flight, FLIGHT_SERVER_HELLO_DONE, "");
    is_malformed("a handshake that does not begin with ServerHello", &flight);
    add_message(&flight, FLIGHT_SERVER_HELLO, "0303");
    is_malformed("a broken ServerHello", &flight);
    add_message(&flight, FLIGHT_SERVER_HELLO, "");
    is_malformed("a broken ServerHello", &flight);
}

static void and_goes_on_with_a_certificate(void **state)
{
    static const uint8_t others[] = {2, 8, 12, 13, 14, 20, 22, 99};
    (void)state;
    for (size_t i = 0; i < sizeof others; i++) {
        struct buf flight = hello();
        add_message(&flight, others[i], "");
        is_malformed("a handshake without certificate", &flight);
    }
}

static void records_of_other_kinds_have_no_place_in_it(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_record(&flight, 23, 0x0303, "application data", 16);
    is_malformed("a record that has no place in a handshake", &flight);
    flight = hello();
    flight_record(&flight, 23, 0x0303, "application data", 16);
    is_malformed("a record that has no place in a handshake", &flight);
    flight = hello();
    flight_record(&flight, 20, 0x0303, "\1", 1); /* a resumption nobody asked for */
    is_malformed("a record that has no place in a handshake", &flight);
    flight_record(&flight, 24, 0x0303, "heartbeat", 9);
    is_malformed("a broken record", &flight);
    buf_append_str(&flight, "HTTP/1.1 400 Bad Request\r\n");
    is_malformed("a broken record", &flight);
    flight_number(&flight, 0x1603034801, 5);
    is_malformed("a broken record", &flight);
}

static void versions_that_are_none_are_for_another_lane(void **state)
{
    struct buf flight = {0};
    (void)state;
    flight_server_hello(&flight, 0x0002, 0x0A00);
    ends_with(usual, LANE_UNSUPPORTED, OUTCOME_TLS_ALERT,
              "handshake_failure (ours: the server wants protocol version 0x0002, which the direct lane "
              "cannot do)",
              &flight);
    flight_server_hello(&flight, 0x7F1C, 0x1301); /* a draft of TLS 1.3 */
    ends_with(usual, LANE_UNSUPPORTED, OUTCOME_TLS_ALERT,
              "handshake_failure (ours: the server wants protocol version 0x7f1c, which the direct lane "
              "cannot do)",
              &flight);
}

static void certificate_lists_that_are_none_are_malformed(void **state)
{
    struct buf flight = hello();
    (void)state;
    flight_certificates(&flight, "", 0, 0);
    is_malformed("the certificate list is empty or broken", &flight);
    flight = hello();
    flight_certificates(&flight, "", 0, 1);
    is_malformed("the certificate list is empty or broken", &flight);
    flight = hello();
    add_message(&flight, FLIGHT_CERTIFICATE, "0003e80000076761726261676567");
    is_malformed("the certificate list is empty or broken", &flight);
    flight = hello();
    add_message(&flight, FLIGHT_CERTIFICATE, "");
    is_malformed("the certificate list is empty or broken", &flight);
}

/* ---- limits ---- */

static void a_hundred_certificates_are_taken_and_no_more(void **state)
{
    struct lane_result result;
    struct buf flight = hello();
    (void)state;
    flight_certificates(&flight, "garbage", 7, CHAIN_MAX_CERTS);
    assert_int_equal(feed(usual, &flight, 1000, 1000, &result), LANE_CHAIN);
    assert_int_equal(result.chain.cert_count, CHAIN_MAX_CERTS);
    chain_dispose(&result.chain);
    buf_dispose(&flight);
    flight = hello();
    flight_certificates(&flight, "garbage", 7, CHAIN_MAX_CERTS + 1);
    ends_as(OUTCOME_TOO_LARGE, "too many certificates in the list", &flight);
}

static void a_message_beyond_the_limit_is_too_large_before_it_has_come(void **state)
{
    struct buf flight = hello();
    (void)state;
    flight_record(&flight, 22, 0x0303, "\x0b\x04\x00\x01", 4);
    ends_as(OUTCOME_TOO_LARGE, "a handshake message beyond the limit", &flight);
}

static void a_message_of_the_limit_is_taken(void **state)
{
    const size_t der_len = CHAIN_MAX_BYTES - 6;
    struct lane_result result;
    struct buf flight = hello();
    char *der = calloc(1, der_len);
    (void)state;
    assert_non_null(der);
    flight_certificates(&flight, der, der_len, 1);
    const size_t pieces[] = {SIZE_MAX, 65536, 1000};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(feed(usual, &flight, pieces[i], pieces[i], &result), LANE_CHAIN);
        assert_int_equal(result.chain.certs[0].len, der_len);
        chain_dispose(&result.chain);
    }
    buf_dispose(&flight);
    free(der);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flight_of_tls_12_may_be_split_anywhere),
        cmocka_unit_test(messages_may_share_a_record),
        cmocka_unit_test(and_records_may_share_a_message),
        cmocka_unit_test(a_flight_of_ssl_3_is_one_like_others),
        cmocka_unit_test(a_suite_nobody_has_heard_of_is_no_obstacle),
        cmocka_unit_test(half_a_flight_asks_for_more),
        cmocka_unit_test(what_came_with_the_certificate_is_looked_through),
        cmocka_unit_test(what_has_not_come_by_then_is_not_waited_for),
        cmocka_unit_test(without_a_request_before_the_end_there_was_none),
        cmocka_unit_test(nothing_is_looked_at_behind_what_nobody_knows),
        cmocka_unit_test(a_key_exchange_without_named_curve_tells_no_group),
        cmocka_unit_test(what_breaks_after_the_certificate_loses_nothing),
        cmocka_unit_test(timestamps_of_the_hello_are_kept),
        cmocka_unit_test(fatal_alerts_are_told_by_name),
        cmocka_unit_test(which_alert_it_was_is_told_too),
        cmocka_unit_test(warnings_are_read_over),
        cmocka_unit_test(a_close_notify_before_the_certificate_is_a_close),
        cmocka_unit_test(half_an_alert_is_malformed),
        cmocka_unit_test(hello_requests_are_read_over),
        cmocka_unit_test(a_handshake_begins_with_a_server_hello),
        cmocka_unit_test(and_goes_on_with_a_certificate),
        cmocka_unit_test(records_of_other_kinds_have_no_place_in_it),
        cmocka_unit_test(versions_that_are_none_are_for_another_lane),
        cmocka_unit_test(certificate_lists_that_are_none_are_malformed),
        cmocka_unit_test(a_hundred_certificates_are_taken_and_no_more),
        cmocka_unit_test(a_message_beyond_the_limit_is_too_large_before_it_has_come),
        cmocka_unit_test(a_message_of_the_limit_is_taken),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
