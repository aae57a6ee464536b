// SPDX-License-Identifier: Apache-2.0
#include "model/owner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_owner(const char *text, const char *organization, const char *department)
{
    struct owner_name owner;
    struct diag diag = {0};
    if (owner_parse(&owner, text, &diag) != CS_OK)
        fail_msg("%s: %s", text, diag.text);
    assert_string_equal(owner.organization, organization);
    assert_string_equal(owner.department, department);
}

static void an_owner_is_an_organization_or_one_of_its_departments(void **state)
{
    (void)state;
    assert_owner("My organization", "My organization", "");
    assert_owner("My organization/my department", "My organization", "my department");
    assert_owner("  My organization / my department ", "My organization", "my department");
    assert_owner("Universit\xC3\xA9", "Universit\xC3\xA9", "");
}

static void slashes_inside_names_are_escaped(void **state)
{
    (void)state;
    assert_owner("A\\/B/C\\/D", "A/B", "C/D");
    assert_owner("back\\\\slash", "back\\slash", "");
    assert_owner("other\\escape", "other\\escape", "");
}

static void assert_refused(const char *text, const char *message)
{
    struct owner_name owner;
    struct diag diag = {0};
    assert_int_equal(owner_parse(&owner, text, &diag), CS_E_INVALID);
    if (strstr(diag.text, message) == NULL)
        fail_msg("%s: said \"%s\"", text, diag.text);
}

static void wrong_owners_are_refused_with_the_reason(void **state)
{
    (void)state;
    assert_refused("", "the organization name is empty");
    assert_refused("  ", "the organization name is empty");
    assert_refused("/dept", "the organization name is empty");
    assert_refused("Org/", "the department name is empty");
    assert_refused("Org/a/b", "one slash at most");
    assert_refused("Org\x1b[2J", "control characters");
    assert_refused("Org\n", "control characters");
    assert_refused("Org/\xFF", "not UTF-8");
}

static void names_have_128_bytes_at_most(void **state)
{
    (void)state;
    char text[2 * OWNER_MAX_NAME + 8];
    memset(text, 'x', sizeof text);
    text[OWNER_MAX_NAME] = '/';
    text[2 * OWNER_MAX_NAME + 1] = '\0';
    struct owner_name owner;
    assert_int_equal(owner_parse(&owner, text, NULL), CS_OK);
    assert_int_equal(strlen(owner.department), OWNER_MAX_NAME);
    text[2 * OWNER_MAX_NAME + 1] = 'x';
    text[2 * OWNER_MAX_NAME + 2] = '\0';
    assert_refused(text, "longer than 128 bytes");
}

static void the_written_form_reads_back(void **state)
{
    (void)state;
    struct buf out = {0};
    owner_append(&out, "A/B\\C", "x/y");
    assert_string_equal(buf_str(&out), "A\\/B\\\\C/x\\/y");
    assert_owner(buf_str(&out), "A/B\\C", "x/y");
    buf_reset(&out);
    owner_append(&out, "Org", NULL);
    owner_append(&out, "Org", "");
    assert_string_equal(buf_str(&out), "OrgOrg");
    buf_dispose(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_owner_is_an_organization_or_one_of_its_departments),
        cmocka_unit_test(slashes_inside_names_are_escaped),
        cmocka_unit_test(wrong_owners_are_refused_with_the_reason),
        cmocka_unit_test(names_have_128_bytes_at_most),
        cmocka_unit_test(the_written_form_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
