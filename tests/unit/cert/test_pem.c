// SPDX-License-Identifier: Apache-2.0
#include "cert/pem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END   "-----END CERTIFICATE-----"

struct reading {
    const char *at;
    size_t left;
    struct buf der;
};

static struct reading of(const char *text)
{
    return (struct reading){.at = text, .left = strlen(text)};
}

static void has(struct reading *reading, const char *bytes)
{
    bool more = false;
    assert_int_equal(pem_next(&reading->at, &reading->left, &reading->der, &more), CS_OK);
    assert_true(more);
    assert_int_equal(reading->der.len, strlen(bytes));
    assert_memory_equal(reading->der.data, bytes, reading->der.len);
}

static void is_malformed(struct reading *reading)
{
    bool more = false;
    assert_int_equal(pem_next(&reading->at, &reading->left, &reading->der, &more), CS_E_MALFORMED);
    assert_true(more);
}

static void ends(struct reading *reading)
{
    bool more = true;
    assert_int_equal(pem_next(&reading->at, &reading->left, &reading->der, &more), CS_OK);
    assert_false(more);
    buf_dispose(&reading->der);
}

static void blocks_come_one_after_the_other_whatever_stands_between(void **state)
{
    (void)state;
    struct reading reading = of("subject=one\n" BEGIN "\nb25l\n" END "\nwords " BEGIN "\r\ndH\r\ndv\r\n" END
                                "\n-----BEGIN PRIVATE KEY-----\nb25l\n-----END PRIVATE KEY-----\n");
    has(&reading, "one");
    has(&reading, "two");
    ends(&reading);
}

static void padding_and_escaped_line_ends_are_read(void **state)
{
    (void)state;
    struct reading reading = of(BEGIN "\\nb25lIQ==\\n" END BEGIN " b25lISE= " END);
    has(&reading, "one!");
    has(&reading, "one!!");
    ends(&reading);
}

static void a_bad_block_is_told_and_the_next_one_is_read(void **state)
{
    static const char *const bad[] = {"????", "b25", "b25l=AAA", "b===", ""};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, BEGIN "\n%s\n" END "\n" BEGIN "\nb25l\n" END "\n", bad[i]);
        struct reading reading = of(text);
        is_malformed(&reading);
        has(&reading, "one");
        ends(&reading);
    }
}

static void a_block_that_is_not_closed_is_malformed(void **state)
{
    (void)state;
    struct reading reading = of(BEGIN "\nb25l\n");
    is_malformed(&reading);
    ends(&reading);
    struct reading nothing = of("");
    ends(&nothing);
}

static void more_than_a_certificate_may_have_is_malformed(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_append_str(&text, BEGIN "\n");
    for (size_t i = 0; i <= PEM_MAX_DER / 3; i++)
        buf_append_str(&text, "b25l");
    buf_append_str(&text, END);
    struct reading reading = of(buf_str(&text));
    is_malformed(&reading);
    ends(&reading);
    buf_dispose(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_come_one_after_the_other_whatever_stands_between),
        cmocka_unit_test(padding_and_escaped_line_ends_are_read),
        cmocka_unit_test(a_bad_block_is_told_and_the_next_one_is_read),
        cmocka_unit_test(a_block_that_is_not_closed_is_malformed),
        cmocka_unit_test(more_than_a_certificate_may_have_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
