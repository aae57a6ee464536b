// SPDX-License-Identifier: Apache-2.0
#include "scm/auth.h"

#include "tests/unit/scm/scm_world.h"

static const char first_token[] = "{\"access_token\":\"first-token\",\"expires_in\":300}";
static const char second_token[] = "{\"access_token\":\"second-token\",\"expires_in\":300}";

/* The headers are these, one a line. */
static void sends(struct scm_world *world, const char *expected)
{
    const char *headers[AUTH_MAX_HEADERS];
    struct buf all = {0};
    size_t count;
    enum cs_err err = auth_headers(world->auth, world->http, headers, &count, &world->diag);
    if (err != CS_OK)
        fail_msg("%s", world->diag.text);
    for (size_t i = 0; i < count; i++)
        buf_printf(&all, "%s\n", headers[i]);
    assert_string_equal(buf_str(&all), expected);
    buf_dispose(&all);
}

static void fails(struct scm_world *world, const char *why)
{
    const char *headers[AUTH_MAX_HEADERS];
    size_t count;
    assert_int_equal(auth_headers(world->auth, world->http, headers, &count, &world->diag), CS_E_IO);
    assert_int_equal(count, 0);
    says(world, why);
}

static void a_password_goes_in_three_headers(void **state)
{
    struct scm_world *world = *state;
    server_answers(world, (struct http_script[]){{.json = first_token}, {0}});
    log_in(world, AUTH_PASSWORD);
    sends(world, "login: officer\ncustomerUri: university\npassword: " PASSWORD "\n");
    assert_false(auth_renew(world->auth));
    sends(world, "login: officer\ncustomerUri: university\npassword: " PASSWORD "\n");
    assert_int_equal(http_server_requests(world->server), 0);
}

static void a_client_certificate_needs_no_password(void **state)
{
    struct scm_world *world = *state;
    server_answers(world, (struct http_script[]){{.json = first_token}, {0}});
    log_in(world, AUTH_CERTIFICATE);
    sends(world, "login: officer\ncustomerUri: university\n");
}

static void a_token_is_asked_for_once_and_used_until_it_is_about_to_end(void **state)
{
    struct scm_world *world = *state;
    server_answers(world, (struct http_script[]){{.json = first_token}, {.json = second_token}, {0}});
    log_in(world, AUTH_TOKEN);
    sends(world, "Authorization: Bearer first-token\n");
    was_asked(world, 0, "POST /token HTTP/1.1\r\n");
    was_asked(world, 0, "Content-Type: application/x-www-form-urlencoded\r\n");
    was_asked(world, 0,
              "\r\n\r\ngrant_type=client_credentials&client_id=key%201&client_secret=pass%2Bword%2F4%26711");
    world->now_ms += 269 * 1000; /* a second before the margin of 30 */
    sends(world, "Authorization: Bearer first-token\n");
    assert_int_equal(http_server_requests(world->server), 1);
    world->now_ms += 1000;
    sends(world, "Authorization: Bearer second-token\n");
}

static void a_token_that_was_refused_is_replaced(void **state)
{
    struct scm_world *world = *state;
    server_answers(world, (struct http_script[]){{.json = first_token}, {.json = second_token}, {0}});
    log_in(world, AUTH_TOKEN);
    sends(world, "Authorization: Bearer first-token\n");
    assert_true(auth_renew(world->auth));
    assert_false(auth_renew(world->auth)); /* there is none any more */
    sends(world, "Authorization: Bearer second-token\n");
}

static void a_short_life_is_used_by_half_and_an_unknown_one_is_a_minute(void **state)
{
    struct scm_world *world = *state;
    server_answers(world, (struct http_script[]){{.json = "{\"access_token\":\"a\",\"expires_in\":4}"},
                                                 {.json = "{\"access_token\":\"b\"}"},
                                                 {.json = first_token},
                                                 {0}});
    log_in(world, AUTH_TOKEN);
    sends(world, "Authorization: Bearer a\n");
    world->now_ms += 1999;
    sends(world, "Authorization: Bearer a\n");
    world->now_ms += 1;
    sends(world, "Authorization: Bearer b\n");
    world->now_ms += 29999;
    sends(world, "Authorization: Bearer b\n");
    world->now_ms += 1;
    sends(world, "Authorization: Bearer first-token\n");
}

static void a_refusal_is_told_with_its_reason_and_without_the_secret(void **state)
{
    struct scm_world *world = *state;
    server_answers(
        world,
        (struct http_script[]){
            {.status = 401, .json = "{\"error\":\"x\",\"error_description\":\"no " PASSWORD "\"}"}, {0}});
    log_in(world, AUTH_TOKEN);
    fails(world, "status 401, \"no ***************\"; check [scm] client_id");
}

static void an_answer_without_a_usable_token_is_none(void **state)
{
    static const char *const answers[] = {
        "{}",
        "{\"access_token\":\"\"}",
        "{\"access_token\":17}",
        "{\"access_token\":\"a\\r\\nX: yyy\"}",
        "null",
        "<html>",
    };
    struct scm_world *world = *state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        server_answers(world, (struct http_script[]){{.json = answers[i]}, {0}});
        log_in(world, AUTH_TOKEN);
        fails(world, "without a usable access_token");
        auth_free(world->auth);
        http_server_stop(world->server);
        free(world->base_url);
        world->auth = NULL;
        world->server = NULL;
        world->base_url = NULL;
    }
}

static void refuses(struct auth_options options, const char *why)
{
    struct auth *auth;
    struct diag diag = {0};
    options.secret = (struct secret){text_copy(PASSWORD), strlen(PASSWORD)};
    assert_int_equal(auth_new(&auth, &options, &diag), CS_E_INVALID);
    assert_null(auth);
    assert_null(options.secret.text); /* wiped all the same */
    if (strstr(diag.text, why) == NULL)
        fail_msg("no \"%s\" in \"%s\"", why, diag.text);
}

static void what_is_missing_or_no_header_is_named(void **state)
{
    (void)state;
    refuses((struct auth_options){.kind = AUTH_PASSWORD, .customer_uri = "u"}, "login");
    refuses((struct auth_options){.kind = AUTH_PASSWORD, .login = "a\r\nb", .customer_uri = "u"}, "login");
    refuses((struct auth_options){.kind = AUTH_PASSWORD, .login = "a"}, "customer_uri");
    refuses((struct auth_options){.kind = AUTH_TOKEN, .token_url = "https://example.org"}, "client_id");
    refuses((struct auth_options){.kind = AUTH_TOKEN, .client_id = "a"}, "token_url");
    refuses((struct auth_options){.kind = AUTH_TOKEN, .client_id = "a", .token_url = "http://example.org"},
            "token_url");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_password_goes_in_three_headers),
        IN_WORLD(a_client_certificate_needs_no_password),
        IN_WORLD(a_token_is_asked_for_once_and_used_until_it_is_about_to_end),
        IN_WORLD(a_token_that_was_refused_is_replaced),
        IN_WORLD(a_short_life_is_used_by_half_and_an_unknown_one_is_a_minute),
        IN_WORLD(a_refusal_is_told_with_its_reason_and_without_the_secret),
        IN_WORLD(an_answer_without_a_usable_token_is_none),
        cmocka_unit_test(what_is_missing_or_no_header_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
