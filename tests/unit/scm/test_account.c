// SPDX-License-Identifier: Apache-2.0
#include "scm/account.h"

#include "tests/unit/scm/scm_world.h"

static const char password[] = "{\"state\":\"ALIVE\",\"expirationDate\":\"2031-05-01\"}";
static const char denied[] = "{\"code\":-37,\"description\":\"Access denied\"}";

static void an_account_is_told_with_roles_and_privileges(void **state)
{
    struct scm_world *world = *state;
    struct account account = {0};
    server_answers(world,
                   (struct http_script[]){
                       {.json = password},
                       {.json = "[{\"id\":6,\"login\":\"officer2\"},{\"id\":7,\"login\":\"Officer\"}]"},
                       {.json = "{\"type\":\"API\",\"credentials\":[{\"role\":\"RAO_SSL\",\"orgId\":100},"
                                "{\"role\":null},{\"role\":\"MRAO\"}],\"privileges\":[\"allowDCV\",17]}"},
                       {0}});
    log_in(world, AUTH_PASSWORD);
    assert_int_equal(account_read(&world->client, &account, &world->diag), CS_OK);
    was_asked(world, 1, "GET /api/admin/v1?size=20&position=0&login=%6F%66%66%69%63%65%72 ");
    was_asked(world, 2, "GET /api/admin/v1/7 ");
    assert_true(account.known);
    assert_string_equal(account.type, "API");
    assert_string_equal(buf_str(&account.roles), "RAO_SSL 100, MRAO");
    assert_string_equal(buf_str(&account.privileges), "allowDCV");
    assert_string_equal(account.password_expires, "2031-05-01");
    account_dispose(&account);
}

static void what_it_may_not_see_of_itself_stays_unknown(void **state)
{
    struct scm_world *world = *state;
    struct account account = {0};
    server_answers(world, (struct http_script[]){{.json = password}, {.status = 403, .json = denied}, {0}});
    log_in(world, AUTH_PASSWORD);
    assert_int_equal(account_read(&world->client, &account, &world->diag), CS_OK);
    assert_false(account.known);
    assert_string_equal(account.password_state, "ALIVE");
    account_dispose(&account);
}

static void a_stranger_is_an_error(void **state)
{
    struct scm_world *world = *state;
    struct account account = {0};
    server_answers(
        world, (struct http_script[]){{.status = 401, .json = "{\"code\":-16,\"description\":\"x\"}"}, {0}});
    log_in(world, AUTH_PASSWORD);
    assert_int_equal(account_read(&world->client, &account, &world->diag), CS_E_IO);
    assert_int_equal(http_server_requests(world->server), 1);
    account_dispose(&account);
}

static void may(struct scm_world *world, enum right expected)
{
    enum right right;
    assert_int_equal(account_may(&world->client, CALL_DOMAINS, &right, &world->diag), CS_OK);
    assert_int_equal(right, expected);
}

static void a_right_is_what_a_call_for_one_row_shows(void **state)
{
    struct scm_world *world = *state;
    server_answers(world, (struct http_script[]){{.json = "[]"},
                                                 {.status = 403, .json = denied},
                                                 {.status = 400, .json = "{\"code\":-1}"},
                                                 {.json = "[broken"},
                                                 {0}});
    log_in(world, AUTH_PASSWORD);
    may(world, RIGHT_YES);
    was_asked(world, 0, "GET /api/domain/v1?size=1&position=0 ");
    may(world, RIGHT_NO);
    may(world, RIGHT_UNKNOWN);
    may(world, RIGHT_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(an_account_is_told_with_roles_and_privileges),
        IN_WORLD(what_it_may_not_see_of_itself_stays_unknown),
        IN_WORLD(a_stranger_is_an_error),
        IN_WORLD(a_right_is_what_a_call_for_one_row_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
