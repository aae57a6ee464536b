// SPDX-License-Identifier: Apache-2.0
#include "base/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void a_failure_returns_its_error_with_the_sentence(void **state)
{
    (void)state;
    struct diag diag = {0};
    enum cs_err err = diag_fail(&diag, CS_E_INVALID, "port %d is not between 1 and 65535", 70000);
    assert_int_equal(err, CS_E_INVALID);
    assert_string_equal(diag.text, "port 70000 is not between 1 and 65535");
}

static void prefixes_go_before_what_is_there(void **state)
{
    (void)state;
    struct diag diag = {0};
    diag_set(&diag, "no such port");
    diag_prefix(&diag, "line %d", 7);
    diag_prefix(&diag, "targets.txt");
    assert_string_equal(diag.text, "targets.txt: line 7: no such port");
}

static void long_text_is_cut_never_overrun(void **state)
{
    (void)state;
    struct diag diag = {0};
    char huge[2000];
    memset(huge, 'x', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    diag_set(&diag, "%s", huge);
    assert_int_equal(strlen(diag.text), sizeof diag.text - 1);
    diag_prefix(&diag, "%s", huge);
    assert_int_equal(strlen(diag.text), sizeof diag.text - 1);
    diag_set(&diag, "short");
    assert_string_equal(diag.text, "short");
}

static void nobody_has_to_listen(void **state)
{
    (void)state;
    diag_set(NULL, "%s", "unheard");
    diag_prefix(NULL, "%s", "unheard");
    assert_int_equal(diag_fail(NULL, CS_E_IO, "unheard"), CS_E_IO);
}

static void every_error_has_a_text(void **state)
{
    (void)state;
    for (int err = CS_OK; err <= CS_E_CANCELLED; err++) {
        assert_string_not_equal(cs_err_text((enum cs_err)err), "");
        assert_string_not_equal(cs_err_text((enum cs_err)err), "unknown error");
    }
    assert_string_equal(cs_err_text((enum cs_err)999), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_returns_its_error_with_the_sentence),
        cmocka_unit_test(prefixes_go_before_what_is_there),
        cmocka_unit_test(long_text_is_cut_never_overrun),
        cmocka_unit_test(nobody_has_to_listen),
        cmocka_unit_test(every_error_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
