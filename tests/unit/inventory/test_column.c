// SPDX-License-Identifier: Apache-2.0
#include "inventory/column.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum column_field field_of(const char *header)
{
    unsigned rank;
    return column_of(header, &rank);
}

static void letters_and_digits_alone_decide(void **state)
{
    static const char *const spellings[] = {"serialNumber", "Serial Number", "SERIAL_NUMBER",
                                            " serial-number ", "Serial.Number:"};
    (void)state;
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        assert_int_equal(field_of(spellings[i]), COLUMN_SERIAL);
}

static void each_exporter_s_words_are_known(void **state)
{
    static const struct {
        const char *header;
        enum column_field field;
    } known[] = {
        {"SHA-256 Fingerprint", COLUMN_SHA256},
        {"sha1Hash", COLUMN_SHA1},
        {"thumbprint", COLUMN_FINGERPRINT},
        {"pemBundle", COLUMN_PEM},
        {"CN", COLUMN_COMMON_NAME},
        {"Subject DN", COLUMN_SUBJECT},
        {"sANS", COLUMN_NAMES},
        {"Issuer", COLUMN_ISSUER},
        {"notBefore", COLUMN_ISSUED},
        {"Valid To", COLUMN_EXPIRES},
        {"Status", COLUMN_STATE},
        {"isRevoked", COLUMN_REVOKED},
        {"Requester", COLUMN_REQUESTER},
        {"requestedVia", COLUMN_VIA},
        {"Organization", COLUMN_IGNORED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        assert_int_equal(field_of(known[i].header), known[i].field);
}

static void a_part_of_a_known_word_is_not_known(void **state)
{
    char longest[66];
    (void)state;
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(field_of("seria"), COLUMN_UNKNOWN);
    assert_int_equal(field_of("serial sn"), COLUMN_UNKNOWN);
    assert_int_equal(field_of(""), COLUMN_UNKNOWN);
    assert_int_equal(field_of("---"), COLUMN_UNKNOWN);
    assert_int_equal(field_of(longest), COLUMN_UNKNOWN);
}

static void of_two_columns_of_one_field_the_order_is_fixed(void **state)
{
    unsigned first;
    unsigned second;
    (void)state;
    assert_int_equal(column_of("cn", &first), COLUMN_COMMON_NAME);
    assert_int_equal(column_of("domain", &second), COLUMN_COMMON_NAME);
    assert_true(first < second);
}

static bool has_key(const char *const *headers)
{
    static struct column_map map;
    memset(&map, 0, sizeof map);
    for (; *headers != NULL; headers++)
        assert_true(column_map_add(&map, *headers));
    column_map_end(&map);
    return column_map_has_key(&map);
}
#define HAS_KEY(...) has_key((const char *const[]){__VA_ARGS__, NULL})

static void a_key_is_a_hash_the_certificate_or_a_serial_number_with_a_name(void **state)
{
    (void)state;
    assert_true(HAS_KEY("sha256"));
    assert_true(HAS_KEY("sha1"));
    assert_true(HAS_KEY("fingerprint"));
    assert_true(HAS_KEY("certificate"));
    assert_true(HAS_KEY("serial", "issuer"));
    assert_true(HAS_KEY("cn", "serial"));
    assert_false(HAS_KEY("serial"));
    assert_false(HAS_KEY("cn", "issuer"));
    assert_false(HAS_KEY("colour"));
}

static void beside_a_status_a_state_is_a_part_of_an_address(void **state)
{
    static struct column_map both;
    static struct column_map alone;
    (void)state;
    column_map_add(&both, "state");
    column_map_add(&both, "status");
    column_map_end(&both);
    assert_int_equal(both.field[0], COLUMN_IGNORED);
    assert_int_equal(both.field[1], COLUMN_STATE);
    column_map_add(&alone, "state");
    column_map_end(&alone);
    assert_true(column_map_has(&alone, COLUMN_STATE));
}

static void a_map_takes_only_so_many_columns(void **state)
{
    static struct column_map map;
    (void)state;
    for (size_t i = 0; i < sizeof map.field / sizeof map.field[0]; i++)
        assert_true(column_map_add(&map, "x"));
    assert_false(column_map_add(&map, "serial"));
    assert_false(column_map_has(&map, COLUMN_SERIAL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_and_digits_alone_decide),
        cmocka_unit_test(each_exporter_s_words_are_known),
        cmocka_unit_test(a_part_of_a_known_word_is_not_known),
        cmocka_unit_test(of_two_columns_of_one_field_the_order_is_fixed),
        cmocka_unit_test(a_key_is_a_hash_the_certificate_or_a_serial_number_with_a_name),
        cmocka_unit_test(beside_a_status_a_state_is_a_part_of_an_address),
        cmocka_unit_test(a_map_takes_only_so_many_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
