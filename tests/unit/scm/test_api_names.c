// SPDX-License-Identifier: Apache-2.0
#include "scm/api_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool is_method(const char *text)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "DELETE"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (strcmp(text, methods[i]) == 0)
            return true;
    }
    return false;
}

static void every_call_and_every_field_has_its_name(void **state)
{
    (void)state;
    for (enum api_call call = 0; call < CALL_COUNT; call++) {
        const struct api_call_info *info = api_call_info(call);
        assert_memory_equal(info->path, "/api/", 5);
        assert_true(is_method(info->method));
        if (strcmp(info->method, "GET") == 0)
            assert_true(info->repeatable && !info->changes);
        else
            assert_true(info->changes || call == CALL_REPORT);
        assert_true(info->max_body > 0 && info->needs[0] != '\0');
    }
    for (enum api_field field = 0; field < API_FIELD_COUNT; field++)
        assert_true(api_field(field) != NULL && api_field(field)[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_call_and_every_field_has_its_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
