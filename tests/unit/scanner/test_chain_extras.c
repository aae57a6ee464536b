// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/chain_extras.h"
#include "scanner/tls_wire.h"
#include "tests/support/hex_bytes.h"

static struct chain_extras extras;
static struct chain chain;

/* Calls for bytes that are gone right afterwards: what is kept has to be a copy. */
static void with_hex(const char *hex, void (*add)(struct chain_extras *, struct cursor))
{
    struct buf bytes = hex_bytes(hex);
    uint8_t *exact = malloc(bytes.len > 0 ? bytes.len : 1);
    assert_non_null(exact);
    if (bytes.len > 0)
        memcpy(exact, bytes.data, bytes.len);
    add(&extras, (struct cursor){exact, bytes.len});
    free(exact);
    buf_dispose(&bytes);
}

static void add_response(struct chain_extras *to, struct cursor bytes)
{
    chain_extras_add(to, EXTRA_OCSP_RESPONSE, bytes);
}

static void add_scts(struct chain_extras *to, struct cursor bytes)
{
    chain_extras_add(to, EXTRA_SCT_LIST, bytes);
}

static void add_names(struct chain_extras *to, struct cursor bytes)
{
    chain_extras_add(to, EXTRA_CA_NAMES, bytes);
}

static void request_of_tls10(struct chain_extras *to, struct cursor body)
{
    chain_extras_add_request(to, body, TLS_VERSION_1_0);
}

static void request_of_tls12(struct chain_extras *to, struct cursor body)
{
    chain_extras_add_request(to, body, TLS_VERSION_1_2);
}

static void request_of_tls13(struct chain_extras *to, struct cursor body)
{
    chain_extras_add_request(to, body, TLS_VERSION_1_3);
}

static void is_hex(struct raw got, const char *hex)
{
    struct buf expected = hex_bytes(hex);
    assert_int_equal(got.len, expected.len);
    assert_memory_equal(got.bytes, expected.data, expected.len);
    buf_dispose(&expected);
}

/* What has been added is this (hex, NULL = none), and then there is nothing. */
static void holds(const char *response, const char *scts, const char *names)
{
    const struct {
        struct raw *got;
        const char *expected;
    } parts[] = {{&chain.ocsp_response, response}, {&chain.sct_list, scts}, {&chain.ca_names, names}};
    chain_extras_move(&extras, &chain);
    for (size_t i = 0; i < 3; i++) {
        if (parts[i].expected != NULL)
            is_hex(*parts[i].got, parts[i].expected);
        else
            assert_true(parts[i].got->bytes == NULL && parts[i].got->len == 0);
    }
    chain_dispose(&chain);
    assert_null(extras.bytes.data);
    for (int i = 0; i < EXTRA_COUNT; i++)
        assert_int_equal(extras.parts[i].len, 0);
}

/* ---- collecting ---- */

static void nothing_added_is_nothing(void **state)
{
    (void)state;
    chain_extras_move(&extras, &chain);
    assert_null(chain.extras);
    assert_null(chain.ocsp_response.bytes);
    assert_null(chain.sct_list.bytes);
    assert_null(chain.ca_names.bytes);
}

static void kinds_are_kept_apart_in_whatever_order_they_come(void **state)
{
    (void)state;
    with_hex("0102", add_response);
    with_hex("030405", add_scts);
    with_hex("06", add_names);
    holds("0102", "030405", "06");
    with_hex("06", add_names);
    with_hex("030405", add_scts);
    with_hex("0102", add_response);
    holds("0102", "030405", "06");
    with_hex("030405", add_scts);
    holds(NULL, "030405", NULL);
}

static void the_first_of_a_kind_counts(void **state)
{
    (void)state;
    with_hex("01", add_scts);
    with_hex("02", add_response);
    with_hex("03", add_scts);
    with_hex("04", add_response);
    holds("02", "01", NULL);
}

static void an_empty_one_does_not(void **state)
{
    (void)state;
    with_hex("", add_scts);
    with_hex("03", add_scts);
    holds(NULL, "03", NULL);
    with_hex("", add_names);
    holds(NULL, NULL, NULL);
}

static void without_memory_one_is_left_out_and_the_others_stay(void **state)
{
    (void)state;
    extras.bytes.max = 4;
    with_hex("010203", add_response);
    with_hex("040506", add_scts);
    holds("010203", NULL, NULL);
}

static void moving_takes_all_there_is(void **state)
{
    (void)state;
    with_hex("0102", add_response);
    chain_extras_move(&extras, &chain);
    with_hex("03", add_scts); /* begins anew */
    is_hex(chain.ocsp_response, "0102");
    assert_null(chain.sct_list.bytes);
    chain_dispose(&chain);
    holds(NULL, "03", NULL);
}

static void disposing_forgets(void **state)
{
    (void)state;
    with_hex("0102", add_response);
    chain_extras_dispose(&extras);
    chain_extras_dispose(&extras);
    holds(NULL, NULL, NULL);
}

/* ---- a stapled response ---- */

static void a_status_of_type_ocsp_is_a_response(void **state)
{
    (void)state;
    with_hex("01"
             "000003"
             "aabbcc",
             chain_extras_add_status);
    holds("aabbcc", NULL, NULL);
}

static void a_status_that_does_not_parse_is_none(void **state)
{
    static const char *const broken[] = {
        "", "01", "010000", "01000003aabb", "0100000400", "02000003aabbcc", "00000003aabbcc", "01000000"};
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        with_hex(broken[i], chain_extras_add_status);
        holds(NULL, NULL, NULL);
    }
}

/* ---- the extensions of a leaf ---- */

static void a_leaf_brings_response_and_timestamps(void **state)
{
    (void)state;
    with_hex("00050006"
             "010000029988"
             "00120004"
             "0002abcd",
             chain_extras_add_leaf);
    holds("9988", "0002abcd", NULL);
    with_hex("00120004"
             "0002abcd"
             "6a6a0003"
             "000000"
             "00050006"
             "010000029988",
             chain_extras_add_leaf);
    holds("9988", "0002abcd", NULL);
}

static void a_leaf_without_extensions_brings_nothing(void **state)
{
    (void)state;
    with_hex("", chain_extras_add_leaf);
    holds(NULL, NULL, NULL);
    chain_extras_add_leaf(&extras, (struct cursor){NULL, 0});
    holds(NULL, NULL, NULL);
}

static void what_is_whole_before_something_broken_is_kept(void **state)
{
    (void)state;
    with_hex("00120004"
             "0002abcd"
             "00050007"
             "010000029988",
             chain_extras_add_leaf);
    holds(NULL, "0002abcd", NULL);
    with_hex("00050006"
             "010000039988"
             "00120004"
             "0002abcd",
             chain_extras_add_leaf);
    holds(NULL, "0002abcd", NULL); /* the status lies, its extension does not */
}

/* ---- names of client CAs ---- */

#define NAMES "000430020500"

static void a_request_of_tls_12_has_types_signatures_and_names(void **state)
{
    (void)state;
    with_hex("0101"
             "00020401"
             "0006" NAMES,
             request_of_tls12);
    holds(NULL, NULL, NAMES);
    with_hex("0101"
             "00020401"
             "0000",
             request_of_tls12);
    holds(NULL, NULL, NULL); /* any CA will do */
}

static void before_there_are_no_signatures_in_it(void **state)
{
    (void)state;
    with_hex("0101"
             "0006" NAMES,
             request_of_tls10);
    holds(NULL, NULL, NAMES);
    with_hex("0101"
             "0006" NAMES,
             request_of_tls12); /* read as the other it makes no sense */
    holds(NULL, NULL, NULL);
}

static void in_tls_13_names_are_an_extension(void **state)
{
    (void)state;
    with_hex("00"
             "0014"
             "000d00040002"
             "0403"
             "002f00080006" NAMES,
             request_of_tls13);
    holds(NULL, NULL, NAMES);
    with_hex("02abcd" /* a context */
             "000c"
             "002f00080006" NAMES,
             request_of_tls13);
    holds(NULL, NULL, NAMES);
    with_hex("00"
             "0008"
             "000d00040002"
             "0403",
             request_of_tls13);
    holds(NULL, NULL, NULL);
}

static void a_request_that_does_not_parse_has_no_names(void **state)
{
    static const char *const broken12[] = {"", "05", "0101", "01010002", "010100020401", "0101000204010006"};
    static const char *const broken13[] = {
        "", "00", "000001", "01", "00000c002f00080007" NAMES, "00000c002f00090006" NAMES};
    (void)state; /* sound ones go before, so that nothing of theirs can be taken for the broken one's */
    for (size_t i = 0; i < sizeof broken12 / sizeof broken12[0]; i++) {
        with_hex("0101000204010006" NAMES, request_of_tls12);
        holds(NULL, NULL, NAMES);
        with_hex(broken12[i], request_of_tls12);
        holds(NULL, NULL, NULL);
    }
    for (size_t i = 0; i < sizeof broken13 / sizeof broken13[0]; i++) {
        with_hex("00000c002f00080006" NAMES, request_of_tls13);
        holds(NULL, NULL, NAMES);
        with_hex(broken13[i], request_of_tls13);
        holds(NULL, NULL, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_added_is_nothing),
        cmocka_unit_test(kinds_are_kept_apart_in_whatever_order_they_come),
        cmocka_unit_test(the_first_of_a_kind_counts),
        cmocka_unit_test(an_empty_one_does_not),
        cmocka_unit_test(without_memory_one_is_left_out_and_the_others_stay),
        cmocka_unit_test(moving_takes_all_there_is),
        cmocka_unit_test(disposing_forgets),
        cmocka_unit_test(a_status_of_type_ocsp_is_a_response),
        cmocka_unit_test(a_status_that_does_not_parse_is_none),
        cmocka_unit_test(a_leaf_brings_response_and_timestamps),
        cmocka_unit_test(a_leaf_without_extensions_brings_nothing),
        cmocka_unit_test(what_is_whole_before_something_broken_is_kept),
        cmocka_unit_test(a_request_of_tls_12_has_types_signatures_and_names),
        cmocka_unit_test(before_there_are_no_signatures_in_it),
        cmocka_unit_test(in_tls_13_names_are_an_extension),
        cmocka_unit_test(a_request_that_does_not_parse_has_no_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
