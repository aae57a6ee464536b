// SPDX-License-Identifier: Apache-2.0
#include "scm/contact.h"

#include "tests/unit/scm/scm_world.h"

static struct contact of(const char *json)
{
    struct contact contact;
    struct json_value *root;
    assert_int_equal(json_parse(&root, json, strlen(json), NULL), CS_OK);
    contact_of(&contact, root);
    json_free(root);
    return contact;
}

static void has(const char *json, const char *mail, unsigned count)
{
    struct contact contact = of(json);
    assert_string_equal(contact.mail, mail);
    assert_int_equal(contact.count, count);
}

static void the_first_of_all_addresses_is_it_however_they_are_written(void **state)
{
    (void)state;
    has("{\"contactEmails\":\"a@uni.example\"}", "a@uni.example", 1);
    has("{\"contactEmails\":\"a@uni.example; b@uni.example,c@uni.example\"}", "a@uni.example", 3);
    has("{\"contactEmails\":[\"a@uni.example\",\"b@uni.example\"]}", "a@uni.example", 2);
    has("{\"contactEmails\":\"Certificate Office <o'brien+c@uni.example>\"}", "o'brien+c@uni.example", 1);
}

static void what_is_no_address_is_none(void **state)
{
    (void)state;
    has("{}", "", 0);
    has("[]", "", 0);
    has("{\"contactEmails\":null}", "", 0);
    has("{\"contactEmails\":17}", "", 0);
    has("{\"contactEmails\":[null,{\"a\":\"a@uni.example\"}]}", "", 0);
    has("{\"contactEmails\":\"nobody, @, a@, @b, a@b@c, --mail=a@uni.example\"}", "", 0);
    has("{\"contactEmails\":\"\\u001b[2Ja@uni.example\"}", "2Ja@uni.example", 1);
    has("{\"contactEmails\":\"a\\u001b2@uni.example\"}", "", 0);
}

static void an_address_that_is_too_long_is_left_out_and_not_cut(void **state)
{
    char json[400];
    (void)state;
    snprintf(json, sizeof json, "{\"contactEmails\":\"%0250d@uni.example\"}", 0);
    has(json, "", 0);
    snprintf(json, sizeof json, "{\"contactEmails\":\"%0243d@uni.example\"}", 0);
    assert_int_equal(strlen(of(json).mail), 255);
}

static void one_without_details_has_none_and_a_refusal_is_an_error(void **state)
{
    struct scm_world *world = *state;
    struct contact contact;
    server_answers(world, (struct http_script[]){{.status = 404, .json = "{\"code\":-1023}"},
                                                 {.status = 403, .json = "{}"},
                                                 {0}});
    log_in(world, AUTH_PASSWORD);
    assert_int_equal(contact_read(&world->client, 7, &contact, &world->diag), CS_OK);
    was_asked(world, 0, "GET /api/organization/v1/7 ");
    assert_string_equal(contact.mail, "");
    assert_int_equal(contact_read(&world->client, 8, &contact, &world->diag), CS_E_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_of_all_addresses_is_it_however_they_are_written),
        cmocka_unit_test(what_is_no_address_is_none),
        cmocka_unit_test(an_address_that_is_too_long_is_left_out_and_not_cut),
        IN_WORLD(one_without_details_has_none_and_a_refusal_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
