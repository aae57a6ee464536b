// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scanner/lane_direct_world.h"

static struct buf plain13; /* messages13(NULL, NULL, 2) */

static void a_flight_of_tls_13_may_be_split_anywhere(void **state)
{
    static const struct tls13_server_options kinds[] = {
        {0},
        {.group = 0x17, .cookie = "biscuit", .cookie_len = 7, .changes_cipher_spec = true},
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        size_t longest = 1;
        for (size_t first = 1; first <= longest; first++) {
            for (size_t k = 0; k < 2; k++) {
                struct lane_result result;
                assert_int_equal(
                    talk_in_pieces(showing(kinds[i]), usual, first, k == 0 ? SIZE_MAX : 1, &result, &longest),
                    LANE_CHAIN);
                is_that_chain(&result);
                chain_dispose(&result.chain);
            }
        }
        assert_true(longest > 150);
    }
}

static void half_a_flight_of_tls_13_asks_for_more(void **state)
{
    struct lane_direct lane;
    struct lane_result result = {0};
    struct buf out = {0};
    struct buf answer = {0};
    (void)state;
    for (size_t cut = 1; cut < (answer.len > 0 ? answer.len : 2); cut++) {
        struct tls13_server *server = tls13_server_new(showing((struct tls13_server_options){0}));
        buf_reset(&out);
        buf_reset(&answer);
        begin(&lane, usual);
        assert_int_equal(step(&lane, NULL, 0, &out, &result), LANE_MORE);
        assert_true(tls13_server_take(server, out.data, out.len, &answer));
        assert_int_equal(step(&lane, answer.data, cut, &out, &result), LANE_MORE);
        lane_direct_dispose(&lane);
        tls13_server_free(server);
    }
    assert_true(answer.len > 150);
    buf_dispose(&out);
    buf_dispose(&answer);
}

static void all_suites_and_groups_go_together(void **state)
{
    static const uint16_t groups[] = {0x1D, 0x17, 0x18, 0x19};
    (void)state;
    for (uint16_t suite = 0x1301; suite <= 0x1303; suite++) {
        for (size_t i = 0; i < 4; i++)
            shows_that_chain(showing((struct tls13_server_options){.suite = suite, .group = groups[i]}),
                             groups[i]);
    }
}

/* The server compares the second hello with the first, and the cookie with its own. */
static void a_retry_is_answered_by_the_same_hello_with_share_and_cookie(void **state)
{
    static const uint16_t groups[] = {0x1D, 0x17, 0x18, 0x19};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct tls13_server_options options = {
            .group = groups[i], .retries = 1, .cookie = "biscuit", .cookie_len = 7};
        shows_that_chain(showing(options), groups[i]);
        options.changes_cipher_spec = true;
        shows_that_chain(showing(options), groups[i]);
    }
    shows_that_chain(/* a cookie alone: the share stays the same */
                     showing(
                         (struct tls13_server_options){.retries = 1, .cookie = "biscuit", .cookie_len = 7}),
                     0x1D);
}

static void a_long_cookie_comes_back_whole(void **state)
{
    static const char cookie[15000] = "crumbs";
    (void)state;
    shows_that_chain(
        showing((struct tls13_server_options){.retries = 1, .cookie = cookie, .cookie_len = sizeof cookie}),
        0x1D);
}

static void one_that_fits_no_record_of_ours_is_malformed(void **state)
{
    static const char cookie[60000] = "crumbs";
    (void)state;
    is_malformed13(showing((struct tls13_server_options){
                       .retries = 1, .cookie = cookie, .cookie_len = sizeof cookie, .hello_piece = 16384}),
                   "a HelloRetryRequest with a cookie that is too long");
}

static void a_second_retry_is_malformed(void **state)
{
    (void)state;
    is_malformed13(showing((struct tls13_server_options){.group = 0x17, .retries = 2}),
                   "a second HelloRetryRequest");
    is_malformed13(showing((struct tls13_server_options){.retries = 2, .cookie = "biscuit", .cookie_len = 7}),
                   "a second HelloRetryRequest");
}

static void a_retry_that_asks_for_nothing_new_is_malformed(void **state)
{
    (void)state;
    is_malformed13(showing((struct tls13_server_options){.retries = 1}),
                   "a HelloRetryRequest that asks for nothing new");
    is_malformed13(showing((struct tls13_server_options){.retries = 1, .retry_group = 0x1D}),
                   "a HelloRetryRequest that asks for nothing new");
}

static void a_group_that_is_not_done_here_is_for_another_lane(void **state)
{
    (void)state;
    ends13(showing((struct tls13_server_options){.group = 0x1E}), LANE_UNSUPPORTED, OUTCOME_TLS_ALERT,
           "handshake_failure (ours: the server wants group x448, which the direct lane cannot do)");
    ends13(
        showing((struct tls13_server_options){.retries = 1, .retry_group = 0x11EC}), LANE_UNSUPPORTED,
        OUTCOME_TLS_ALERT,
        "handshake_failure (ours: the server wants group X25519MLKEM768, which the direct lane cannot do)");
    ends13(showing((struct tls13_server_options){.retries = 1, .retry_group = 0xABCD}), LANE_UNSUPPORTED,
           OUTCOME_TLS_ALERT,
           "handshake_failure (ours: the server wants group 0xabcd, which the direct lane cannot do)");
}

static void a_suite_that_is_not_done_here_is_for_another_lane(void **state)
{
    (void)state;
    ends13(showing((struct tls13_server_options){.suite = 0x1304}), LANE_UNSUPPORTED, OUTCOME_TLS_ALERT,
           "handshake_failure (ours: the server wants cipher suite TLS_AES_128_CCM_SHA256, "
           "which the direct lane cannot do)");
    ends13(showing((struct tls13_server_options){.suite = 0x1304, .group = 0x17}), LANE_UNSUPPORTED,
           OUTCOME_TLS_ALERT,
           "handshake_failure (ours: the server wants cipher suite TLS_AES_128_CCM_SHA256, "
           "which the direct lane cannot do)");
    ends13(showing((struct tls13_server_options){.suite = 0x13FF}), LANE_UNSUPPORTED, OUTCOME_TLS_ALERT,
           "handshake_failure (ours: the server wants cipher suite 0x13ff, which the direct lane cannot do)");
}

static void the_suite_of_a_retry_is_final(void **state)
{
    (void)state;
    is_malformed13(showing((struct tls13_server_options){.group = 0x17, .retry_suite = 0x1303}),
                   "another cipher suite than in the HelloRetryRequest");
    is_malformed13(showing((struct tls13_server_options){.group = 0x17, .retry_suite = 0x1302}),
                   "another cipher suite than in the HelloRetryRequest");
}

static void a_share_of_another_group_is_malformed(void **state)
{
    (void)state;
    is_malformed13(showing((struct tls13_server_options){.share_group = 0x17}),
                   "a key share that was not asked for");
    is_malformed13(showing((struct tls13_server_options){.group = 0x17, .share_group = 0x1D}),
                   "a key share that was not asked for");
    is_malformed13(showing((struct tls13_server_options){.no_share = true}),
                   "a key share that was not asked for");
}

static void a_share_that_is_no_key_is_malformed(void **state)
{
    static const uint8_t zeros[133] = {0};
    static const uint8_t off_curve[65] = {4, 1, 2, 3};
    (void)state;
    is_malformed13(showing((struct tls13_server_options){.share = zeros, .share_len = 32}),
                   "a key share that is no key"); /* of small order */
    is_malformed13(showing((struct tls13_server_options){.share = zeros, .share_len = 31}),
                   "a key share that is no key");
    is_malformed13(showing((struct tls13_server_options){.share = zeros, .share_len = 0}),
                   "a key share that is no key");
    is_malformed13(showing((struct tls13_server_options){.group = 0x17, .share = off_curve, .share_len = 65}),
                   "a key share that is no key");
    is_malformed13(showing((struct tls13_server_options){.group = 0x17, .share = zeros, .share_len = 1}),
                   "a key share that is no key"); /* the point at infinity */
    is_malformed13(showing((struct tls13_server_options){.group = 0x19, .share = zeros, .share_len = 133}),
                   "a key share that is no key");
}

static void the_small_hello_has_not_offered_tls_13(void **state)
{
    struct lane_result result;
    struct buf body = hex_bytes("0303"
                                "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
                                "00130100"
                                "0006002b00020304");
    struct buf flight = {0};
    (void)state;
    flight_message(&flight, FLIGHT_SERVER_HELLO, &body);
    assert_int_equal(feed(old_style, &flight, SIZE_MAX, 1, &result), LANE_END);
    assert_int_equal(result.outcome, OUTCOME_MALFORMED);
    assert_string_equal(result.detail, "TLS 1.3, which was not offered");
    buf_dispose(&body);
    buf_dispose(&flight);
}

/* ---- sealed records ---- */

static const struct tls13_server_options *saying(const struct tls13_record *records, size_t count)
{
    static struct tls13_server_options kept;
    kept = (struct tls13_server_options){.records = records, .record_count = count};
    return &kept;
}

#define SAYING(records) saying((records), sizeof(records) / sizeof((records)[0]))

static void sealed_messages_may_share_records_and_records_messages(void **state)
{
    (void)state;
    for (size_t piece = 1; piece <= plain13.len; piece++) {
        struct tls13_record records[128] = {0};
        size_t count = 0;
        for (size_t at = 0; at < plain13.len; at += piece, count++)
            records[count] = (struct tls13_record){
                .type = 22,
                .bytes = plain13.data + at,
                .len = plain13.len - at < piece ? plain13.len - at : piece,
                .padding = count % 3 * 40,
            };
        shows_that_chain(saying(records, count), 0x1D);
    }
}

static void the_hello_may_come_in_many_records(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 100; piece += 7)
        shows_that_chain(showing((struct tls13_server_options){.hello_piece = piece}), 0x1D);
    shows_that_chain(showing((struct tls13_server_options){.hello_piece = 30, .group = 0x18}), 0x18);
}

static void a_record_of_the_greatest_length_is_opened(void **state)
{
    const size_t most = 16384;
    uint8_t *der = calloc(1, most);
    struct buf message = {0};
    struct buf body = {0};
    struct lane_result result;
    (void)state;
    assert_non_null(der);
    flight_certificate_body13(&body, der, most - 4 - 9, 1, NULL);
    flight_handshake(&message, FLIGHT_CERTIFICATE, body.data, body.len);
    assert_int_equal(message.len, most);
    const struct tls13_record records[] = {{.type = 22, .bytes = message.data, .len = most}};
    assert_int_equal(talk(SAYING(records), &result), LANE_CHAIN);
    assert_int_equal(result.chain.certs[0].len, most - 13);
    chain_dispose(&result.chain);
    const struct tls13_record padded[] = {
        {.type = 22, .bytes = message.data, .len = most, .padding = 256 - 16 - 1}};
    assert_int_equal(talk(SAYING(padded), &result), LANE_CHAIN); /* RFC 8446, 5.2: 2^14 + 256 */
    chain_dispose(&result.chain);
    const struct tls13_record longer[] = {
        {.type = 22, .bytes = message.data, .len = most, .padding = 256 - 16}};
    is_malformed13(SAYING(longer), "a record that is not sealed");
    free(der);
    buf_dispose(&message);
    buf_dispose(&body);
}

static void changes_of_cipher_spec_are_read_over_in_tls_13(void **state)
{
    const struct tls13_record records[] = {
        {.type = 20, .bytes = "\1", .len = 1, .how = TLS13_CLEAR},
        {.type = 20, .bytes = "\1", .len = 1, .how = TLS13_CLEAR},
        {.type = 22, .bytes = plain13.data, .len = plain13.len},
    };
    (void)state;
    shows_that_chain(SAYING(records), 0x1D);
}

static void a_record_that_does_not_open_is_malformed(void **state)
{
    const struct tls13_record badly[] = {
        {.type = 22, .bytes = plain13.data, .len = plain13.len, .how = TLS13_SEALED_BADLY}};
    const struct tls13_record not_at_all[] = {
        {.type = 23, .bytes = plain13.data, .len = plain13.len, .how = TLS13_CLEAR}};
    const struct tls13_record too_short[] = {{.type = 23, .bytes = "short", .len = 5, .how = TLS13_CLEAR}};
    const struct tls13_record empty[] = {{.type = 0, .bytes = "", .len = 0, .padding = 20}};
    (void)state;
    is_malformed13(SAYING(badly), "a record that does not open with the handshake key");
    is_malformed13(SAYING(not_at_all), "a record that does not open with the handshake key");
    is_malformed13(SAYING(too_short), "a record that does not open with the handshake key");
    is_malformed13(SAYING(empty), "a record that does not open with the handshake key");
}

static void clear_text_where_it_has_to_be_sealed_is_malformed(void **state)
{
    const struct tls13_record clear[] = {
        {.type = 22, .bytes = plain13.data, .len = plain13.len, .how = TLS13_CLEAR}};
    (void)state;
    is_malformed13(SAYING(clear), "a record that is not sealed");
    is_malformed13(
        showing((struct tls13_server_options){.behind_hello = plain13.data, .behind_hello_len = plain13.len}),
        "clear text behind a TLS 1.3 ServerHello");
    is_malformed13(showing((struct tls13_server_options){.behind_hello = "\x08", .behind_hello_len = 1}),
                   "clear text behind a TLS 1.3 ServerHello");
}

static void sealed_alerts_end_it_whatever_their_level(void **state)
{
    const struct tls13_record fatal[] = {{.type = 21, .bytes = "\2\x28", .len = 2}};
    const struct tls13_record warning[] = {{.type = 21, .bytes = "\1\x70", .len = 2}};
    const struct tls13_record close[] = {{.type = 21, .bytes = "\1\0", .len = 2}};
    const struct tls13_record half[] = {{.type = 21, .bytes = "\2", .len = 1}};
    (void)state;
    ends13(SAYING(fatal), LANE_END, OUTCOME_TLS_ALERT, "handshake_failure");
    ends13(SAYING(warning), LANE_END, OUTCOME_TLS_ALERT, "unrecognized_name");
    ends13(SAYING(close), LANE_END, OUTCOME_CLOSED, "close_notify");
    ends13(SAYING(half), LANE_END, OUTCOME_MALFORMED, "a broken alert");
}

static void so_do_clear_ones_of_a_server_that_gave_up(void **state)
{
    const struct tls13_record clear[] = {{.type = 21, .bytes = "\2\x50", .len = 2, .how = TLS13_CLEAR}};
    (void)state;
    ends13(SAYING(clear), LANE_END, OUTCOME_TLS_ALERT, "internal_error");
}

static void user_canceled_alone_is_read_over(void **state)
{
    const struct tls13_record records[] = {
        {.type = 21, .bytes = "\1\x5a", .len = 2},
        {.type = 22, .bytes = plain13.data, .len = plain13.len},
    };
    (void)state;
    shows_that_chain(SAYING(records), 0x1D);
}

static void sealed_application_data_has_no_place_in_a_handshake(void **state)
{
    const struct tls13_record data[] = {{.type = 23, .bytes = "data", .len = 4}};
    const struct tls13_record change[] = {{.type = 20, .bytes = "\1", .len = 1}};
    (void)state;
    is_malformed13(SAYING(data), "a record that has no place in a handshake");
    is_malformed13(SAYING(change), "a record that has no place in a handshake");
}

static void a_sealed_handshake_without_certificate_is_malformed(void **state)
{
    static const uint8_t others[] = {0, 2, 4, 12, 14, 15, 20, 24, 99};
    (void)state;
    for (size_t i = 0; i < sizeof others; i++) {
        struct buf message = {0};
        flight_handshake(&message, FLIGHT_ENCRYPTED_EXTENSIONS, "\0\0", 2);
        flight_handshake(&message, others[i], "", 0);
        const struct tls13_record records[] = {{.type = 22, .bytes = message.data, .len = message.len}};
        is_malformed13(SAYING(records), "a handshake without certificate");
        buf_dispose(&message);
    }
}

static void says_and_ends(struct buf *messages, enum outcome outcome, const char *detail)
{
    const struct tls13_record records[] = {{.type = 22, .bytes = messages->data, .len = messages->len}};
    ends13(SAYING(records), LANE_END, outcome, detail);
    buf_dispose(messages);
}

static void the_limits_are_the_same_in_tls_13(void **state)
{
    struct lane_result result;
    struct buf messages = messages13(NULL, NULL, CHAIN_MAX_CERTS);
    const struct tls13_record most[] = {{.type = 22, .bytes = messages.data, .len = messages.len}};
    (void)state;
    assert_int_equal(talk(SAYING(most), &result), LANE_CHAIN);
    assert_int_equal(result.chain.cert_count, CHAIN_MAX_CERTS);
    chain_dispose(&result.chain);
    buf_dispose(&messages);
    messages = messages13(NULL, NULL, CHAIN_MAX_CERTS + 1);
    says_and_ends(&messages, OUTCOME_TOO_LARGE, "too many certificates in the list");
    messages = hex_bytes("0b040001");
    says_and_ends(&messages, OUTCOME_TOO_LARGE, "a handshake message beyond the limit");
    messages = messages13(NULL, NULL, 0);
    says_and_ends(&messages, OUTCOME_MALFORMED, "the certificate list is empty or broken");
    messages = hex_bytes("0b00000400000000"); /* an empty list */
    says_and_ends(&messages, OUTCOME_MALFORMED, "the certificate list is empty or broken");
}

static void a_request_before_the_certificate_is_noted(void **state)
{
    struct lane_result result;
    struct buf messages = messages13("00000c002f00080006000430020500", NULL, 2);
    const struct tls13_record records[] = {{.type = 22, .bytes = messages.data, .len = messages.len}};
    (void)state;
    assert_int_equal(talk(SAYING(records), &result), LANE_CHAIN);
    is_that_chain(&result);
    assert_int_equal(result.chain.client_certificate, REQUEST_SEEN);
    is_raw(result.chain.ca_names, "000430020500");
    chain_dispose(&result.chain);
    buf_dispose(&messages);
    assert_int_equal(talk(showing((struct tls13_server_options){0}), &result), LANE_CHAIN);
    assert_int_equal(result.chain.client_certificate, REQUEST_ABSENT); /* it would have come before */
    assert_null(result.chain.ca_names.bytes);
    chain_dispose(&result.chain);
}

static void what_comes_with_the_leaf_is_kept(void **state)
{
    struct lane_result result;
    struct buf messages = messages13(NULL,
                                     "0005000701000003aabbcc"
                                     "001200030001dd",
                                     2);
    const struct tls13_record records[] = {{.type = 22, .bytes = messages.data, .len = messages.len}};
    (void)state;
    assert_int_equal(talk(SAYING(records), &result), LANE_CHAIN);
    is_that_chain(&result);
    is_raw(result.chain.ocsp_response, "aabbcc");
    is_raw(result.chain.sct_list, "0001dd");
    chain_dispose(&result.chain);
    buf_dispose(&messages);
}

static void what_breaks_after_a_sealed_certificate_loses_nothing(void **state)
{
    const struct tls13_record records[] = {
        {.type = 22, .bytes = plain13.data, .len = plain13.len},
        {.type = 22, .bytes = "nonsense", .len = 8, .how = TLS13_SEALED_BADLY},
        {.type = 22, .bytes = "nonsense", .len = 8, .how = TLS13_CLEAR},
    };
    (void)state;
    shows_that_chain(SAYING(records), 0x1D);
}

static void two_handshakes_side_by_side_do_not_mix(void **state)
{
    struct lane_direct lanes[2];
    struct lane_result results[2] = {0};
    struct buf answers[2] = {0};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct buf out = {0};
        struct tls13_server *server =
            tls13_server_new(showing((struct tls13_server_options){.suite = i == 0 ? 0x1301 : 0x1303}));
        begin(&lanes[i], usual);
        assert_int_equal(step(&lanes[i], NULL, 0, &out, &results[i]), LANE_MORE);
        assert_true(tls13_server_take(server, out.data, out.len, &answers[i]));
        tls13_server_free(server);
        buf_dispose(&out);
    }
    bool done[2] = {false, false};
    for (size_t at = 0; !done[0] || !done[1]; at++) {
        for (size_t i = 0; i < 2; i++) {
            struct buf out = {0};
            assert_true(at < answers[i].len || done[i]);
            if (!done[i])
                done[i] = step(&lanes[i], answers[i].data + at, 1, &out, &results[i]) == LANE_CHAIN;
            buf_dispose(&out);
        }
    }
    for (size_t i = 0; i < 2; i++) {
        is_that_chain(&results[i]);
        chain_dispose(&results[i].chain);
        lane_direct_dispose(&lanes[i]);
        buf_dispose(&answers[i]);
    }
}

/* ---- memory ---- */

static void without_room_for_a_hello_it_is_no_fault_of_the_server(void **state)
{
    struct lane_direct lane;
    struct lane_result result = {0};
    struct buf out = {.max = 100};
    (void)state;
    begin(&lane, usual);
    assert_int_equal(step(&lane, NULL, 0, &out, &result), LANE_END);
    assert_int_equal(result.outcome, OUTCOME_LOCAL_ERROR);
    assert_string_equal(result.detail, "out of memory");
    lane_direct_dispose(&lane);
    buf_dispose(&out);
}

static void nor_without_room_for_the_second(void **state)
{
    struct lane_direct lane;
    struct lane_result result = {0};
    struct buf out = {0};
    struct buf answer = {0};
    struct tls13_server *server = tls13_server_new(&(struct tls13_server_options){.group = 0x17});
    (void)state;
    begin(&lane, usual);
    assert_int_equal(step(&lane, NULL, 0, &out, &result), LANE_MORE);
    assert_true(tls13_server_take(server, out.data, out.len, &answer));
    buf_reset(&out);
    out.max = 100;
    assert_int_equal(step(&lane, answer.data, answer.len, &out, &result), LANE_END);
    assert_int_equal(result.outcome, OUTCOME_LOCAL_ERROR);
    tls13_server_free(server);
    lane_direct_dispose(&lane);
    buf_dispose(&answer);
    buf_dispose(&out);
}

static int make_server(void **state)
{
    plain13 = messages13(NULL, NULL, 2);
    record13 = (struct tls13_record){.type = 22, .bytes = plain13.data, .len = plain13.len};
    return make_context(state);
}

static int free_server(void **state)
{
    buf_dispose(&plain13);
    return free_context(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flight_of_tls_13_may_be_split_anywhere),
        cmocka_unit_test(half_a_flight_of_tls_13_asks_for_more),
        cmocka_unit_test(all_suites_and_groups_go_together),
        cmocka_unit_test(a_retry_is_answered_by_the_same_hello_with_share_and_cookie),
        cmocka_unit_test(a_long_cookie_comes_back_whole),
        cmocka_unit_test(one_that_fits_no_record_of_ours_is_malformed),
        cmocka_unit_test(a_second_retry_is_malformed),
        cmocka_unit_test(a_retry_that_asks_for_nothing_new_is_malformed),
        cmocka_unit_test(a_group_that_is_not_done_here_is_for_another_lane),
        cmocka_unit_test(a_suite_that_is_not_done_here_is_for_another_lane),
        cmocka_unit_test(the_suite_of_a_retry_is_final),
        cmocka_unit_test(a_share_of_another_group_is_malformed),
        cmocka_unit_test(a_share_that_is_no_key_is_malformed),
        cmocka_unit_test(the_small_hello_has_not_offered_tls_13),
        cmocka_unit_test(sealed_messages_may_share_records_and_records_messages),
        cmocka_unit_test(the_hello_may_come_in_many_records),
        cmocka_unit_test(a_record_of_the_greatest_length_is_opened),
        cmocka_unit_test(changes_of_cipher_spec_are_read_over_in_tls_13),
        cmocka_unit_test(a_record_that_does_not_open_is_malformed),
        cmocka_unit_test(clear_text_where_it_has_to_be_sealed_is_malformed),
        cmocka_unit_test(sealed_alerts_end_it_whatever_their_level),
        cmocka_unit_test(so_do_clear_ones_of_a_server_that_gave_up),
        cmocka_unit_test(user_canceled_alone_is_read_over),
        cmocka_unit_test(sealed_application_data_has_no_place_in_a_handshake),
        cmocka_unit_test(a_sealed_handshake_without_certificate_is_malformed),
        cmocka_unit_test(the_limits_are_the_same_in_tls_13),
        cmocka_unit_test(a_request_before_the_certificate_is_noted),
        cmocka_unit_test(what_comes_with_the_leaf_is_kept),
        cmocka_unit_test(what_breaks_after_a_sealed_certificate_loses_nothing),
        cmocka_unit_test(two_handshakes_side_by_side_do_not_mix),
        cmocka_unit_test(without_room_for_a_hello_it_is_no_fault_of_the_server),
        cmocka_unit_test(nor_without_room_for_the_second),
    };
    return cmocka_run_group_tests(tests, make_server, free_server);
}
