// SPDX-License-Identifier: Apache-2.0
#include "scm/client.h"

#include "tests/unit/scm/scm_world.h"

static enum cs_err call(struct scm_world *world, enum api_call which, int64_t id, struct json_value **root)
{
    return client_call(&world->client, which, id, NULL, NULL, root, &world->diag);
}

static void fails(struct scm_world *world, enum cs_err expected, const char *why)
{
    struct json_value *root;
    enum cs_err err = call(world, CALL_DOMAINS, 0, &root);
    if (err != expected)
        fail_msg("%s: %s", cs_err_text(err), world->diag.text);
    assert_null(root);
    says(world, "GET /api/domain/v1: ");
    says(world, why);
}

static void starts(struct scm_world *world, enum auth_kind kind, const struct http_script *script)
{
    server_answers(world, script);
    log_in(world, kind);
}

static void a_call_gives_its_json(void **state)
{
    struct scm_world *world = *state;
    struct json_value *root;
    starts(world, AUTH_PASSWORD, (struct http_script[]){{.json = "{\"name\":\"d\"}"}, {0}});
    assert_int_equal(call(world, CALL_DOMAIN, 4711, &root), CS_OK);
    assert_string_equal(json_to_string(json_get(root, "name")), "d");
    assert_int_equal(world->client.status, 200);
    was_asked(world, 0, "GET /api/domain/v1/4711 HTTP/1.1\r\n");
    was_asked(world, 0, "\r\nlogin: officer\r\n");
    json_free(root);
}

static void query_and_body_go_with_it(void **state)
{
    struct scm_world *world = *state;
    struct json_value *root;
    starts(world, AUTH_PASSWORD, (struct http_script[]){{.json = "{}"}, {0}});
    assert_int_equal(
        client_call(&world->client, CALL_REPORT, 0, "a=b", "{\"organizationIds\":[1]}", &root, &world->diag),
        CS_OK);
    was_asked(world, 0, "POST /api/report/v1/ssl-certificates?a=b HTTP/1.1\r\n");
    was_asked(world, 0, "\r\nContent-Type: application/json\r\n");
    was_asked(world, 0, "\r\n\r\n{\"organizationIds\":[1]}");
    json_free(root);
}

static void a_client_certificate_has_paths_of_its_own(void **state)
{
    struct scm_world *world = *state;
    struct json_value *root;
    starts(world, AUTH_CERTIFICATE, (struct http_script[]){{.json = "{}"}, {0}});
    assert_int_equal(call(world, CALL_ORGANIZATION, 7, &root), CS_OK);
    was_asked(world, 0, "GET /private/api/organization/v1/7 HTTP/1.1\r\n");
    json_free(root);
}

static void an_error_shows_code_description_call_and_what_to_do(void **state)
{
    struct scm_world *world = *state;
    starts(world, AUTH_PASSWORD,
           (struct http_script[]){
               {.status = 401, .json = "{\"code\":-16,\"description\":\"Unknown user\"}"},
               {.status = 403, .json = "{\"code\":-37,\"description\":\"Access denied\"}"},
               {.status = 400, .json = "{\"code\":-1601,\"description\":\"Bad " PASSWORD "\"}"},
               {.status = 400, .json = "{\"description\":\"a\\u001bb\"}"},
               {.status = 400, .json = "[broken"},
               {0}});
    world->client.support = "help@example.org";
    fails(world, CS_E_IO,
          "SCM answers 401, code -16, \"Unknown user\"; the login, password or customer_uri is wrong");
    says(world, "; who can help: help@example.org");
    assert_int_equal(world->client.refusal, REFUSAL_LOGIN);
    fails(world, CS_E_IO,
          "code -37, \"Access denied\"; the account lacks a right (it takes the privilege to manage");
    assert_int_equal(world->client.refusal, REFUSAL_RIGHT);
    fails(world, CS_E_IO, "code -1601, \"Bad ***************\"");
    fails(world, CS_E_IO, "SCM answers 400, \"a\\x1bb\"");
    fails(world, CS_E_IO, "SCM answers 400, \"no reason was given\"");
}

static void what_is_no_json_is_an_error_and_nothing_else(void **state)
{
    struct scm_world *world = *state;
    starts(world, AUTH_PASSWORD,
           (struct http_script[]){
               {.bytes = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"},
               {.bytes = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n[]"},
               {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"},
               {.json = "[{\"id\":1,"},
               {.json = ""},
               {0}});
    fails(world, CS_E_MALFORMED, "expected JSON, got \"text/html\": is it the page of a proxy");
    fails(world, CS_E_MALFORMED, "got \"text/plain\"");
    fails(world, CS_E_MALFORMED, "got \"\"");
    fails(world, CS_E_MALFORMED, "broken JSON");
    fails(world, CS_E_MALFORMED, "the answer is empty");
}

#define TOKEN(name) "{\"access_token\":\"" name "\",\"expires_in\":300}"

static void a_token_that_ends_in_mid_run_is_renewed_once(void **state)
{
    struct scm_world *world = *state;
    struct json_value *root;
    starts(world, AUTH_TOKEN,
           (struct http_script[]){{.json = TOKEN("one")},
                                  {.status = 401, .json = "{\"code\":-16,\"description\":\"Unknown user\"}"},
                                  {.json = TOKEN("two")},
                                  {.json = "[]"},
                                  {.status = 401, .json = "{\"code\":-16,\"description\":\"Unknown user\"}"},
                                  {.json = TOKEN("three")},
                                  {.status = 401, .json = "{\"code\":-16,\"description\":\"Unknown user\"}"},
                                  {0}});
    assert_int_equal(call(world, CALL_DOMAINS, 0, &root), CS_OK);
    json_free(root);
    was_asked(world, 1, "\r\nAuthorization: Bearer one\r\n");
    was_asked(world, 3, "\r\nAuthorization: Bearer two\r\n");
    fails(world, CS_E_IO,
          "code -16, \"Unknown user\"; the API key was removed, or the admin it acts for lacks");
    assert_int_equal(http_server_requests(world->server), 7); /* and no endless circle */
}

/* ---- calls that change something ---- */

struct written {
    struct client_journal journal;
    struct buf text;
    enum cs_err begins; /* what begin answers */
};

static enum cs_err write_begin(void *context, const char *call, const char *about, int64_t *row,
                               struct diag *diag)
{
    struct written *written = context;
    buf_printf(&written->text, "[%s (%s)", call, about != NULL ? about : "");
    *row = 7;
    diag_set(diag, "the disk is full");
    return written->begins;
}

static enum cs_err write_end(void *context, int64_t row, int status, const char *said, struct diag *diag)
{
    struct written *written = context;
    (void)diag;
    assert_int_equal(row, 7);
    buf_printf(&written->text, " -> %d %.60s]", status, said);
    return CS_OK;
}

static void journals(struct scm_world *world, struct written *written)
{
    *written = (struct written){.journal = {write_begin, write_end, written, 0}};
    world->client.journal = &written->journal;
}

static void what_changes_something_is_written_down_before_and_after(void **state)
{
    struct scm_world *world = *state;
    struct written written;
    struct json_value *root;
    starts(
        world, AUTH_PASSWORD,
        (struct http_script[]){{.json = "[]"},
                               {.status = 201, .json = "", .headers = "Location: https://x/1/location/9\r\n"},
                               {.status = 403, .json = "{\"code\":-37,\"description\":\"" PASSWORD "\"}"},
                               {0}});
    journals(world, &written);
    assert_int_equal(call(world, CALL_DOMAINS, 0, &root), CS_OK); /* only read */
    json_free(root);
    assert_string_equal(buf_str(&written.text), "");
    struct client_question question = {
        .call = CALL_ADD_LOCATION, .id = 5, .body = "{}", .about = "a.example"};
    assert_int_equal(client_ask(&world->client, &question, &root, &world->diag), CS_OK);
    question.about = NULL;
    assert_int_equal(client_ask(&world->client, &question, &root, &world->diag), CS_E_IO);
    assert_string_equal(
        buf_str(&written.text),
        "[POST /api/ssl/v1/5/location (a.example) -> 201 ]"
        "[POST /api/ssl/v1/5/location () -> 403 POST /api/ssl/v1/5/location: SCM answers 403, "
        "code -37, \"***]");
    buf_dispose(&written.text);
}

static void what_cannot_be_written_down_is_not_sent(void **state)
{
    struct scm_world *world = *state;
    struct written written;
    struct json_value *root;
    starts(world, AUTH_PASSWORD, (struct http_script[]){{.json = "{}"}, {0}});
    journals(world, &written);
    written.begins = CS_E_FULL;
    assert_int_equal(call(world, CALL_IMPORT, 0, &root), CS_E_FULL);
    assert_int_equal(http_server_requests(world->server), 0);
    buf_dispose(&written.text);
}

static void ids_go_where_the_path_wants_them(void **state)
{
    struct scm_world *world = *state;
    struct json_value *root;
    starts(world, AUTH_PASSWORD, (struct http_script[]){{.status = 204, .json = ""}, {0}});
    struct client_question question = {.call = CALL_DELETE_LOCATION, .id = 5, .sub = 6};
    assert_int_equal(client_ask(&world->client, &question, &root, &world->diag), CS_OK);
    was_asked(world, 0, "DELETE /api/ssl/v1/5/location/6 HTTP/1.1\r\n");
    question = (struct client_question){.call = CALL_DISCOVERY_IMPORT, .id_text = "../a b", .body = "[]"};
    assert_int_equal(client_ask(&world->client, &question, &root, &world->diag), CS_OK);
    was_asked(world, 1, "POST /api/v1/operations/..%2Fa%20b/certificates HTTP/1.1\r\n");
    question.path = "/other/{id}?x";
    assert_int_equal(client_ask(&world->client, &question, &root, &world->diag), CS_OK);
    was_asked(world, 2, "POST /other/..%2Fa%20b?x HTTP/1.1\r\n");
}

/* The Location of an answer names this id; 0 = none. */
static void has_created(struct scm_world *world, const char *location, int64_t expected)
{
    int64_t id = 0;
    snprintf(world->client.location, sizeof world->client.location, "%s", location);
    assert_int_equal(client_created_id(&world->client, &id), expected != 0);
    assert_int_equal(id, expected);
}

static void the_id_of_what_was_made_ends_the_location(void **state)
{
    struct scm_world *world = *state;
    has_created(world, "https://scm.example/api/ssl/v1/5/location/9", 9);
    has_created(world, "9", 9);
    has_created(world, "", 0);
    has_created(world, "https://scm.example/9/", 0);
    has_created(world, "/x/abc", 0);
    has_created(world, "/x/0", 0);
    has_created(world, "/x/-4", 0);
}

static void success_without_a_body_is_one_only_where_none_is_needed(void **state)
{
    struct scm_world *world = *state;
    struct json_value *root;
    starts(world, AUTH_PASSWORD,
           (struct http_script[]){
               {.status = 201, .json = ""},
               {.bytes = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"},
               {.json = ""},
               {0}});
    struct client_question question = {.call = CALL_ADD_LOCATION, .id = 5, .body = "{}"};
    assert_int_equal(client_ask(&world->client, &question, &root, &world->diag), CS_OK);
    assert_null(root);
    assert_int_equal(client_ask(&world->client, &question, &root, &world->diag), CS_E_MALFORMED);
    says(world, "is it the page of a proxy");
    question.call = CALL_IMPORT;
    assert_int_equal(client_ask(&world->client, &question, &root, &world->diag), CS_E_MALFORMED);
    says(world, "the answer is empty");
}

/* ---- pages ---- */

struct seen {
    struct buf ids;
    size_t pages;
    bool stale; /* nothing is fresh any more */
};

static enum cs_err take_page(void *context, const struct json_value *rows, size_t *fresh, struct diag *diag)
{
    struct seen *seen = context;
    (void)diag;
    seen->pages++;
    for (const struct json_value *row = json_array_first(rows); row != NULL; row = json_next(row)) {
        int64_t id = 0;
        assert_true(json_to_int(json_get(row, "id"), &id));
        buf_printf(&seen->ids, "%d ", (int)id);
    }
    *fresh = seen->stale ? 0 : json_array_len(rows);
    return CS_OK;
}

/* The list gives these rows in so many requests. */
static void lists(struct scm_world *world, enum api_call which, const char *ids, size_t requests)
{
    struct seen seen = {0};
    enum cs_err err = client_list(&world->client, which, NULL, take_page, &seen, &world->diag);
    if (err != CS_OK)
        fail_msg("%s", world->diag.text);
    assert_string_equal(buf_str(&seen.ids), ids);
    assert_int_equal(http_server_requests(world->server), requests);
    buf_dispose(&seen.ids);
}

static void pages_are_asked_for_until_one_is_not_full(void **state)
{
    struct scm_world *world = *state;
    starts(world, AUTH_PASSWORD,
           (struct http_script[]){{.json = "[{\"id\":1},{\"id\":2}]"},
                                  {.json = "[{\"id\":3},{\"id\":4}]"},
                                  {.json = "[{\"id\":5}]"},
                                  {0}});
    lists(world, CALL_DOMAINS, "1 2 3 4 5 ", 3);
    was_asked(world, 0, "GET /api/domain/v1?size=2&position=0 HTTP/1.1\r\n");
    was_asked(world, 1, "?size=2&position=2 ");
    was_asked(world, 2, "?size=2&position=4 ");
}

static void a_last_page_that_is_full_is_followed_by_an_empty_one(void **state)
{
    struct scm_world *world = *state;
    starts(world, AUTH_PASSWORD,
           (struct http_script[]){{.json = "[{\"id\":1},{\"id\":2}]"}, {.json = "[]"}, {0}});
    lists(world, CALL_CERTIFICATES, "1 2 ", 2);
}

static void nothing_at_all_is_an_empty_list(void **state)
{
    struct scm_world *world = *state;
    starts(world, AUTH_PASSWORD, (struct http_script[]){{.json = "[]"}, {0}});
    lists(world, CALL_CERTIFICATES, "", 1);
}

static void smaller_pages_than_asked_for_go_on_while_the_count_promises_more(void **state)
{
    struct scm_world *world = *state;
    starts(world, AUTH_PASSWORD,
           (struct http_script[]){{.json = "[{\"id\":1}]", .headers = "X-Total-Count: 2\r\n"},
                                  {.json = "[{\"id\":2}]", .headers = "X-Total-Count: 2\r\n"},
                                  {0}});
    lists(world, CALL_DOMAINS, "1 2 ", 2);
    was_asked(world, 1, "&position=1 ");
}

static void a_count_that_promises_too_much_ends_at_an_empty_page(void **state)
{
    struct scm_world *world = *state;
    starts(world, AUTH_PASSWORD,
           (struct http_script[]){{.json = "[{\"id\":1}]", .headers = "X-Total-Count: 99\r\n"},
                                  {.json = "[]", .headers = "X-Total-Count: 99\r\n"},
                                  {0}});
    lists(world, CALL_DOMAINS, "1 ", 2);
}

static void a_call_without_pages_is_one_request_however_long(void **state)
{
    struct scm_world *world = *state;
    starts(world, AUTH_PASSWORD,
           (struct http_script[]){
               {.json = "[{\"id\":1},{\"id\":2},{\"id\":3}]", .headers = "X-Total-Count: 9\r\n"}, {0}});
    lists(world, CALL_ORGANIZATIONS, "1 2 3 ", 1);
    was_asked(world, 0, "GET /api/organization/v1 HTTP/1.1\r\n");
}

static void a_server_that_ignores_the_position_is_not_asked_for_ever(void **state)
{
    struct scm_world *world = *state;
    struct seen seen = {.stale = true};
    starts(world, AUTH_PASSWORD, (struct http_script[]){{.json = "[{\"id\":1},{\"id\":2}]"}, {0}});
    assert_int_equal(client_list(&world->client, CALL_DOMAINS, NULL, take_page, &seen, &world->diag),
                     CS_E_MALFORMED);
    says(world, "the same rows again");
    assert_int_equal(seen.pages, 1);
    buf_dispose(&seen.ids);
}

static void a_list_that_is_none_or_breaks_off_is_an_error(void **state)
{
    struct scm_world *world = *state;
    struct seen seen = {0};
    starts(
        world, AUTH_PASSWORD,
        (struct http_script[]){{.json = "{\"id\":1}"},
                               {.json = "[{\"id\":1},{\"id\":2}]"},
                               {.status = 400, .json = "{\"code\":-1601,\"description\":\"Bad position\"}"},
                               {0}});
    assert_int_equal(client_list(&world->client, CALL_DOMAINS, NULL, take_page, &seen, &world->diag),
                     CS_E_MALFORMED);
    says(world, "expected a JSON array");
    assert_int_equal(client_list(&world->client, CALL_DOMAINS, "a=b", take_page, &seen, &world->diag),
                     CS_E_IO);
    says(world, "GET /api/domain/v1?a=b&size=2&position=2: SCM answers 400, code -1601");
    buf_dispose(&seen.ids);
}

static void the_base_is_the_host_alone(void **state)
{
    static const char *const same[] = {"https://scm.example", "https://scm.example/",
                                       "https://scm.example/api", "https://scm.example/api/"};
    struct diag diag = {0};
    char *base;
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        assert_int_equal(client_check_base(&base, same[i], &diag), CS_OK);
        assert_string_equal(base, "https://scm.example");
        free(base);
    }
    assert_int_equal(client_check_base(&base, "https://scm.example/tenant", &diag), CS_OK);
    assert_string_equal(base, "https://scm.example/tenant");
    free(base);
    assert_int_equal(client_check_base(&base, "https://scm.example/?a=b", &diag), CS_E_INVALID);
    assert_int_equal(client_check_base(&base, "http://scm.example", &diag), CS_E_INVALID);
    assert_null(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_call_gives_its_json),
        IN_WORLD(query_and_body_go_with_it),
        IN_WORLD(a_client_certificate_has_paths_of_its_own),
        IN_WORLD(an_error_shows_code_description_call_and_what_to_do),
        IN_WORLD(what_is_no_json_is_an_error_and_nothing_else),
        IN_WORLD(a_token_that_ends_in_mid_run_is_renewed_once),
        IN_WORLD(what_changes_something_is_written_down_before_and_after),
        IN_WORLD(what_cannot_be_written_down_is_not_sent),
        IN_WORLD(ids_go_where_the_path_wants_them),
        IN_WORLD(the_id_of_what_was_made_ends_the_location),
        IN_WORLD(success_without_a_body_is_one_only_where_none_is_needed),
        IN_WORLD(pages_are_asked_for_until_one_is_not_full),
        IN_WORLD(a_last_page_that_is_full_is_followed_by_an_empty_one),
        IN_WORLD(nothing_at_all_is_an_empty_list),
        IN_WORLD(smaller_pages_than_asked_for_go_on_while_the_count_promises_more),
        IN_WORLD(a_count_that_promises_too_much_ends_at_an_empty_page),
        IN_WORLD(a_call_without_pages_is_one_request_however_long),
        IN_WORLD(a_server_that_ignores_the_position_is_not_asked_for_ever),
        IN_WORLD(a_list_that_is_none_or_breaks_off_is_an_error),
        cmocka_unit_test(the_base_is_the_host_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
