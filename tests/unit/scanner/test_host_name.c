// SPDX-License-Identifier: Apache-2.0
#include "scanner/host_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void becomes(const char *text, const char *expected)
{
    char name[ENDPOINT_MAX_NAME + 1];
    struct diag diag = {0};
    if (host_name_normalize(name, text, strlen(text), &diag) != CS_OK)
        fail_msg("%s", diag.text);
    assert_string_equal(name, expected);
}

static void is_refused(const char *text)
{
    char name[ENDPOINT_MAX_NAME + 1];
    struct diag diag = {0};
    assert_int_equal(host_name_normalize(name, text, strlen(text), &diag), CS_E_INVALID);
    assert_string_not_equal(diag.text, "");
}

static void names_are_lowered_and_lose_the_root_dot(void **state)
{
    (void)state;
    becomes("WWW.EXAMPLE", "www.example");
    becomes("www.example.", "www.example");
    becomes("localhost", "localhost");
    is_refused("www.example..");
    is_refused(".");
}

static void unicode_names_become_a_labels(void **state)
{
    (void)state;
    becomes("b\xC3\xBC"
            "cher.example",
            "xn--bcher-kva.example");
    becomes("B\xC3\x9C"
            "CHER.example",
            "xn--bcher-kva.example"); /* upper case */
    becomes("bu\xCC\x88"
            "cher.example",
            "xn--bcher-kva.example"); /* decomposed */
    becomes("stra\xC3\x9F"
            "e.example",
            "xn--strae-oqa.example"); /* IDNA 2008 keeps the sharp s */
    becomes("xn--bcher-kva.example", "xn--bcher-kva.example");
    is_refused("b\xFC"
               "cher.example"); /* Latin-1 */
    is_refused("\xE2\x98\x83\xEF\xBF\xBD.example");
}

static void underscores_are_let_through(void **state)
{
    (void)state;
    becomes("_sip.my_host.example", "_sip.my_host.example");
}

static void labels_obey_their_limits(void **state)
{
    (void)state;
    char label[64 + sizeof ".example"];
    memset(label, 'a', 63);
    memcpy(label + 63, ".example", sizeof ".example");
    becomes(label, label);
    memset(label, 'a', 64);
    memcpy(label + 64, ".example", sizeof ".example");
    is_refused(label);
    is_refused("a..example");
    is_refused(".example");
    is_refused("-a.example");
    is_refused("a-.example");
    is_refused("a b.example");
    is_refused("a/b.example");
    is_refused("*.example");
    is_refused("a\x1b.example");
    is_refused("");
}

static void a_name_has_at_most_253_bytes(void **state)
{
    (void)state;
    char name[256];
    for (size_t i = 0; i < 253; i++)
        name[i] = i % 50 == 49 ? '.' : 'a';
    name[253] = '\0';
    becomes(name, name);
    memcpy(name + 253, "a", 2);
    is_refused(name);
    char longest[4096];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    is_refused(longest);
}

static void a_mistyped_address_is_no_name(void **state)
{
    (void)state;
    is_refused("192.0.2.256");
    is_refused("www.1");
    is_refused("443");
    becomes("1.example", "1.example");
    becomes("192.0.2.1.example", "192.0.2.1.example");
}

static void a_nul_byte_ends_no_name(void **state)
{
    (void)state;
    char name[ENDPOINT_MAX_NAME + 1];
    struct diag diag = {0};
    assert_int_equal(host_name_normalize(name, "www.example\0.org", 16, &diag), CS_E_INVALID);
    assert_int_equal(host_name_normalize(name, "www.example and more", 11, &diag), CS_OK);
    assert_string_equal(name, "www.example");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_lowered_and_lose_the_root_dot),
        cmocka_unit_test(unicode_names_become_a_labels),
        cmocka_unit_test(underscores_are_let_through),
        cmocka_unit_test(labels_obey_their_limits),
        cmocka_unit_test(a_name_has_at_most_253_bytes),
        cmocka_unit_test(a_mistyped_address_is_no_name),
        cmocka_unit_test(a_nul_byte_ends_no_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
