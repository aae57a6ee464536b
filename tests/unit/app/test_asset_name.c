// SPDX-License-Identifier: Apache-2.0
#include "app/asset_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/asset_world.h"

static void refuses(struct asset_world *world, const char *text, enum cs_err err, const char *part)
{
    struct asset_name name;
    assert_int_equal(asset_name_parse(&name, world->store, text, &world->diag), err);
    if (strstr(world->diag.text, part) == NULL)
        fail_msg("no \"%s\" in: %s", part, world->diag.text);
}

static void an_endpoint_is_taken_as_written(void **state)
{
    struct asset_world *world = *state;
    struct asset_name name;
    assert_int_equal(
        asset_name_parse(&name, world->store, "[2001:db8::1]:25/smtp#mail.example", &world->diag), CS_OK);
    assert_true(name.is_endpoint);
    assert_int_equal(name.endpoint.port, 25);
    assert_string_equal(protocol_name(name.endpoint.protocol), "smtp");
    assert_string_equal(name.endpoint.server_name, "mail.example");
    struct asset_filter filter = asset_name_filter(&name);
    assert_ptr_equal(filter.endpoint, &name.endpoint);
    assert_true(filter.any_network);
    assert_null(filter.leaf_sha256);
}

static void a_hash_is_looked_up_whole_or_by_its_beginning_in_either_case(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("www.example");
    struct der der = asset_world_der(&leaf);
    struct asset_name name;
    char text[65];
    asset_world_sees(world, "192.0.2.1:443", &leaf, NULL, WORLD_NOW_S);
    for (size_t len = 8; len <= 64; len += 28) {
        memcpy(text, leaf.sha256, len);
        text[len] = '\0';
        for (size_t i = 0; i < len / 2; i++)
            text[i] = (char)(text[i] >= 'a' ? text[i] - 'a' + 'A' : text[i]);
        assert_int_equal(asset_name_parse(&name, world->store, text, &world->diag), CS_OK);
        assert_false(name.is_endpoint);
        assert_memory_equal(name.sha256, der.sha256, SHA256_SIZE);
        assert_ptr_equal(asset_name_filter(&name).leaf_sha256, name.sha256);
        assert_null(asset_name_filter(&name).endpoint);
    }
    text[7] = '\0';
    refuses(world, text, CS_E_INVALID, "8 to 64 hex digits");
    forge_free(&leaf);
}

static void a_hash_that_is_not_stored_is_said_to_be_missing(void **state)
{
    refuses(*state, "0011223344", CS_E_NOT_FOUND, "0011223344");
}

static void anything_else_is_refused_with_both_forms(void **state)
{
    static const char *const texts[] = {"",
                                        "www.example",
                                        "192.0.2.1",
                                        "192.0.2.1:0",
                                        "192.0.2.1:70000",
                                        "192.0.2.1:443/gopher",
                                        "2001:db8::1:443",
                                        "0011223344556677889900112233445566778899001122334455667788990011f"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        refuses(*state, texts[i], CS_E_INVALID, "expected an endpoint");
    refuses(*state, "\x1b[31m", CS_E_INVALID, "\"\\x1b[31m\"");
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, asset_world_make, asset_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(an_endpoint_is_taken_as_written),
        WITH_STORE(a_hash_is_looked_up_whole_or_by_its_beginning_in_either_case),
        WITH_STORE(a_hash_that_is_not_stored_is_said_to_be_missing),
        WITH_STORE(anything_else_is_refused_with_both_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
