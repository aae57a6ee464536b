// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/observation.h"
#include "scanner/tls_frames.h"
#include "scanner/tls_wire.h"
#include "tests/unit/scanner/flight.h"

typedef enum tls_take (*taker)(struct tls_frames *, struct cursor *, struct tls_frame *);

/* Everything read so far: type, length and body of each frame, and how it ended. */
struct reading {
    struct buf log;
    size_t count;
    enum tls_take end;
};

static void feed_piece(struct tls_frames *frames, taker take, struct cursor piece, struct reading *reading)
{
    struct tls_frame frame;
    while ((reading->end = take(frames, &piece, &frame)) == TLS_TAKE_ONE) {
        assert_int_equal(frame.type, frame.header[0]);
        assert_true(frame.body > frame.header);
        flight_number(&reading->log, frame.type, 1);
        flight_number(&reading->log, frame.len, 3);
        buf_append(&reading->log, frame.body, frame.len);
        reading->count++;
    }
    if (reading->end == TLS_TAKE_NONE)
        assert_int_equal(piece.left, 0); /* everything given is taken in */
}

/* Reads `stream` cut at `first`, and from there on into pieces of `rest`. Each piece has memory of its own,
 * so that a sanitizer sees what is kept of it too long. */
static struct reading read_in_pieces(taker take, const struct buf *stream, size_t first, size_t rest)
{
    struct tls_frames frames = {0};
    struct reading reading = {.end = TLS_TAKE_NONE};
    for (size_t at = 0; at < stream->len && reading.end == TLS_TAKE_NONE;) {
        size_t len = at == 0 ? first : rest;
        len = stream->len - at < len ? stream->len - at : len;
        uint8_t *piece = malloc(len);
        assert_non_null(piece);
        memcpy(piece, stream->data + at, len);
        feed_piece(&frames, take, (struct cursor){piece, len}, &reading);
        free(piece);
        at += len;
    }
    if (reading.end == TLS_TAKE_NONE)
        assert_true(tls_frames_empty(&frames));
    tls_frames_dispose(&frames);
    return reading;
}

/* ---- records ---- */

static const size_t sizes[] = {0, 1, 4, 5, 6, 100, 0, 700};
#define SIZE_COUNT (sizeof sizes / sizeof sizes[0])

static uint8_t content[TLS_RECORD_MAX];

/* Records of those sizes, and what reading them has to give. */
static struct buf records(struct buf *expected)
{
    struct buf stream = {0};
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        uint8_t type = (uint8_t)(TLS_CHANGE_CIPHER_SPEC + i % 4);
        flight_record(&stream, type, (uint16_t)(0x0300 + i % 5), content + i, sizes[i]);
        flight_number(expected, type, 1);
        flight_number(expected, sizes[i], 3);
        buf_append(expected, content + i, sizes[i]);
    }
    return stream;
}

/* Messages of those sizes. */
static struct buf messages(struct buf *expected)
{
    struct buf stream = {0};
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        flight_number(&stream, 11 + i, 1);
        flight_number(&stream, sizes[i], 3);
        buf_append(&stream, content + i, sizes[i]);
    }
    buf_append(expected, stream.data, stream.len); /* the same format */
    return stream;
}

static void reads_all_at_every_split(taker take, struct buf (*make)(struct buf *))
{
    struct buf expected = {0};
    struct buf stream = make(&expected);
    for (size_t first = 1; first <= stream.len; first++) {
        const size_t rests[] = {SIZE_MAX, 1, 3, first};
        for (size_t i = 0; i < 4; i++) {
            struct reading reading = read_in_pieces(take, &stream, first, rests[i]);
            assert_int_equal(reading.end, TLS_TAKE_NONE);
            assert_int_equal(reading.count, SIZE_COUNT);
            assert_int_equal(reading.log.len, expected.len);
            assert_memory_equal(reading.log.data, expected.data, expected.len);
            buf_dispose(&reading.log);
        }
    }
    buf_dispose(&expected);
    buf_dispose(&stream);
}

static void records_are_whole_however_they_arrive(void **state)
{
    (void)state;
    reads_all_at_every_split(tls_take_record, records);
}

static void messages_are_whole_however_they_arrive(void **state)
{
    (void)state;
    reads_all_at_every_split(tls_take_message, messages);
}

static void what_arrives_whole_is_used_where_it_lies(void **state)
{
    struct buf unused = {0};
    struct buf stream = records(&unused);
    struct tls_frames frames = {0};
    struct tls_frame frame;
    struct cursor in = {stream.data, stream.len};
    size_t count = 0;
    (void)state;
    while (tls_take_record(&frames, &in, &frame) == TLS_TAKE_ONE) {
        assert_true(frame.header >= stream.data && frame.body + frame.len <= stream.data + stream.len);
        count++;
    }
    assert_int_equal(count, SIZE_COUNT);
    assert_null(frames.partial.data);
    buf_dispose(&unused);
    buf_dispose(&stream);
}

static void of_what_is_split_no_more_is_kept_than_has_arrived(void **state)
{
    struct tls_frames frames = {0};
    struct tls_frame frame;
    struct cursor in = {(const uint8_t *)"\x16\x03\x03\x40\x00only this", 14};
    (void)state;
    assert_int_equal(tls_take_record(&frames, &in, &frame), TLS_TAKE_NONE);
    assert_int_equal(frames.partial.len, 14);
    assert_in_range(frames.partial.cap, 14, 64); /* a claim of 16 KiB costs nothing */
    tls_frames_dispose(&frames);
}

static void a_part_that_waits_is_told_from_nothing(void **state)
{
    struct tls_frames frames = {0};
    struct tls_frame frame;
    struct cursor begin = {(const uint8_t *)"\x0b\x00\x00", 3};
    struct cursor middle = {(const uint8_t *)"\x02"
                                             "a",
                            2};
    struct cursor end = {(const uint8_t *)"b", 1};
    (void)state;
    assert_true(tls_frames_empty(&frames));
    assert_int_equal(tls_take_message(&frames, &begin, &frame), TLS_TAKE_NONE);
    assert_false(tls_frames_empty(&frames));
    assert_int_equal(tls_take_message(&frames, &middle, &frame), TLS_TAKE_NONE);
    assert_false(tls_frames_empty(&frames));
    assert_int_equal(tls_take_message(&frames, &end, &frame), TLS_TAKE_ONE);
    assert_true(tls_frames_empty(&frames)); /* what it holds has been given out */
    assert_memory_equal(frame.body, "ab", 2);
    assert_int_equal(tls_take_message(&frames, &end, &frame), TLS_TAKE_NONE);
    assert_true(tls_frames_empty(&frames));
    tls_frames_dispose(&frames);
    tls_frames_dispose(&frames);
}

/* ---- what is refused ---- */

static void ends_at_every_split(taker take, const void *bytes, size_t len, enum tls_take expected)
{
    struct buf stream = {0};
    buf_append(&stream, bytes, len);
    for (size_t first = 1; first <= len; first++) {
        struct reading reading = read_in_pieces(take, &stream, first, 1);
        assert_int_equal(reading.end, expected);
        assert_int_equal(reading.count, 0);
        buf_dispose(&reading.log);
    }
    buf_dispose(&stream);
}

static void a_record_of_no_known_type_is_broken(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        const uint8_t bytes[] = {(uint8_t)type, 3, 3, 0, 1};
        bool known = type >= 20 && type <= 23;
        if (!known)
            ends_at_every_split(tls_take_record, bytes, sizeof bytes, TLS_TAKE_BROKEN);
    }
}

static void so_is_one_of_another_major_version(void **state)
{
    (void)state;
    for (unsigned major = 0; major < 256; major++) {
        const uint8_t bytes[] = {22, (uint8_t)major, 3, 0, 1};
        if (major != 3)
            ends_at_every_split(tls_take_record, bytes, sizeof bytes, TLS_TAKE_BROKEN);
    }
}

static void so_is_one_that_is_longer_than_any_may_be(void **state)
{
    struct buf stream = {0};
    (void)state;
    flight_record(&stream, 22, 0x0303, content, TLS_RECORD_MAX);
    struct reading reading = read_in_pieces(tls_take_record, &stream, 1000, 1000);
    assert_int_equal(reading.count, 1);
    buf_dispose(&reading.log);
    buf_dispose(&stream);
    ends_at_every_split(tls_take_record, "\x16\x03\x03\x48\x01", 5, TLS_TAKE_BROKEN);
    ends_at_every_split(tls_take_record, "\x16\x03\x03\xff\xff", 5, TLS_TAKE_BROKEN);
}

static void a_message_beyond_the_limit_is_too_large_by_its_header(void **state)
{
    (void)state;
    ends_at_every_split(tls_take_message, "\x0b\x04\x00\x01", 4, TLS_TAKE_TOO_LARGE);
    ends_at_every_split(tls_take_message, "\x0b\xff\xff\xff", 4, TLS_TAKE_TOO_LARGE);
}

static void a_message_of_the_limit_is_taken(void **state)
{
    struct buf stream = {0};
    uint8_t *zeros = calloc(1, CHAIN_MAX_BYTES);
    (void)state;
    assert_non_null(zeros);
    buf_append(&stream, "\x0b\x04\x00\x00", 4);
    buf_append(&stream, zeros, CHAIN_MAX_BYTES);
    const size_t pieces[] = {SIZE_MAX, 16384, 1000};
    for (size_t i = 0; i < 3; i++) {
        struct reading reading = read_in_pieces(tls_take_message, &stream, pieces[i], pieces[i]);
        assert_int_equal(reading.count, 1);
        assert_int_equal(reading.log.len, 4 + CHAIN_MAX_BYTES);
        buf_dispose(&reading.log);
    }
    buf_dispose(&stream);
    free(zeros);
}

static void good_frames_before_a_broken_one_are_given_out(void **state)
{
    struct buf unused = {0};
    struct buf stream = records(&unused);
    (void)state;
    buf_append(&stream, "HTTP/", 5);
    for (size_t first = 1; first < stream.len; first++) {
        struct reading reading = read_in_pieces(tls_take_record, &stream, first, 2);
        assert_int_equal(reading.count, SIZE_COUNT);
        assert_int_equal(reading.end, TLS_TAKE_BROKEN);
        buf_dispose(&reading.log);
    }
    buf_dispose(&unused);
    buf_dispose(&stream);
}

static void out_of_memory_is_told(void **state)
{
    struct tls_frames frames = {.partial = {.max = 8}};
    struct tls_frame frame;
    struct cursor in = {(const uint8_t *)"\x16\x03\x03\x00\x20more than there is room for", 31};
    (void)state;
    assert_int_equal(tls_take_record(&frames, &in, &frame), TLS_TAKE_NO_MEMORY);
    tls_frames_dispose(&frames);
}

static int fill_content(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)(i * 7);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_whole_however_they_arrive),
        cmocka_unit_test(messages_are_whole_however_they_arrive),
        cmocka_unit_test(what_arrives_whole_is_used_where_it_lies),
        cmocka_unit_test(of_what_is_split_no_more_is_kept_than_has_arrived),
        cmocka_unit_test(a_part_that_waits_is_told_from_nothing),
        cmocka_unit_test(a_record_of_no_known_type_is_broken),
        cmocka_unit_test(so_is_one_of_another_major_version),
        cmocka_unit_test(so_is_one_that_is_longer_than_any_may_be),
        cmocka_unit_test(a_message_beyond_the_limit_is_too_large_by_its_header),
        cmocka_unit_test(a_message_of_the_limit_is_taken),
        cmocka_unit_test(good_frames_before_a_broken_one_are_given_out),
        cmocka_unit_test(out_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, fill_content, NULL);
}
