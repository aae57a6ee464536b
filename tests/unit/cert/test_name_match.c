// SPDX-License-Identifier: Apache-2.0
#include "cert/name_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_name_matches_itself_in_any_case(void **state)
{
    (void)state;
    assert_true(name_matches("www.example.org", "WWW.Example.ORG"));
    assert_true(name_matches("www.example.org.", "www.example.org"));
    assert_true(name_matches("www.example.org", "www.example.org."));
    assert_false(name_matches("www.example.org", "www.example.com"));
    assert_false(name_matches("example.org", "www.example.org"));
    assert_false(name_matches("www.example.org", "example.org"));
    assert_false(name_matches("", ""));
    assert_false(name_matches(".", ""));
}

static void an_asterisk_is_one_whole_label(void **state)
{
    (void)state;
    assert_true(name_matches("*.example.org", "www.example.org"));
    assert_false(name_matches("*.example.org", "example.org"));
    assert_false(name_matches("*.example.org", "a.b.example.org"));
    assert_false(name_matches("*.example.org", ".example.org"));
    assert_false(name_matches("w*.example.org", "www.example.org"));
    assert_false(name_matches("*", "www"));
}

static void a_certificate_covers_its_alternative_names_alone(void **state)
{
    char *names[] = {"a.example.org", "*.b.example.org"};
    char common_name[] = "c.example.org";
    const struct cert_record record = {.common_name = common_name, .dns_names = {names, 2, 2}};
    const struct cert_record nothing = {0};
    (void)state;
    assert_true(cert_record_covers(&record, "a.example.org"));
    assert_true(cert_record_covers(&record, "x.b.example.org"));
    assert_false(cert_record_covers(&record, "c.example.org"));
    assert_false(cert_record_covers(&nothing, "a.example.org"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_matches_itself_in_any_case),
        cmocka_unit_test(an_asterisk_is_one_whole_label),
        cmocka_unit_test(a_certificate_covers_its_alternative_names_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
