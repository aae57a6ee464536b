// SPDX-License-Identifier: Apache-2.0
#include "scm/http.h"

#include "scm/retry.h"
#include "tests/unit/scm/scm_world.h"

#define HELLO    OK_HEAD "Content-Length: 5\r\nX-Total-Count: 12\r\n\r\nhello"
#define BUSY     "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
#define TOO_MANY "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"

static const char *const headers[] = {"login: officer", "password: " PASSWORD};

static enum cs_err ask(struct scm_world *world, const char *method, bool repeatable, size_t max_body,
                       struct http_response *response)
{
    char url[128];
    snprintf(url, sizeof url, "%s/path?a=b", http_server_url(world->server));
    struct http_request request = {
        .method = method,
        .url = url,
        .shown = "the call",
        .headers = headers,
        .header_count = 2,
        .body = strcmp(method, "POST") == 0 ? "{}" : NULL,
        .body_len = strcmp(method, "POST") == 0 ? 2 : 0,
        .max_body = max_body,
        .repeatable = repeatable,
    };
    return http_send(world->http, &request, response, &world->diag);
}

/* A GET that gives this outcome; the body, if any, is "hello". */
static void get_ends(struct scm_world *world, enum cs_err expected, int status)
{
    struct http_response response = {0};
    enum cs_err err = ask(world, "GET", true, 1000, &response);
    if (err != expected)
        fail_msg("%s: %s", cs_err_text(err), world->diag.text);
    if (err == CS_OK)
        assert_int_equal(response.status, status);
    if (err == CS_OK && status == 200)
        assert_string_equal(buf_str(&response.body), "hello");
    http_response_dispose(&response);
}

static void a_request_and_its_answer_are_whole(void **state)
{
    struct scm_world *world = *state;
    struct http_response response = {0};
    server_answers(world, (struct http_script[]){{.bytes = HELLO}, {0}});
    assert_int_equal(ask(world, "GET", true, 1000, &response), CS_OK);
    assert_string_equal(buf_str(&response.body), "hello");
    assert_string_equal(response.content_type, "application/json;charset=utf-8");
    assert_int_equal(response.total_count, 12);
    was_asked(world, 0, "GET /path?a=b HTTP/1.1\r\n");
    was_asked(world, 0, "\r\npassword: " PASSWORD "\r\n");
    http_response_dispose(&response);
    assert_int_equal(ask(world, "POST", false, 1000, &response), CS_OK);
    was_asked(world, 1, "POST /path?a=b HTTP/1.1\r\n");
    was_asked(world, 1, "\r\n\r\n{}");
    http_response_dispose(&response);
    assert_int_equal(http_server_connections(world->server), 2); /* what creates has one of its own */
}

static void a_failure_that_may_pass_is_tried_again_after_a_growing_while(void **state)
{
    struct scm_world *world = *state;
    server_answers(world, (struct http_script[]){{.bytes = BUSY}, {.bytes = BUSY}, {.bytes = HELLO}, {0}});
    get_ends(world, CS_OK, 200);
    assert_int_equal(http_server_requests(world->server), 3);
    assert_int_equal(world->wait_count, 2);
    assert_in_range(world->waits[0], 500, 1500);
    assert_in_range(world->waits[1], 1000, 3000);
    assert_int_equal(world->notices.count, 2);
    assert_non_null(strstr(world->notices.items[0], "the call: status 503; trying again in "));
}

static void one_that_stays_is_handed_over_after_the_last_attempt(void **state)
{
    struct scm_world *world = *state;
    server_answers(world, (struct http_script[]){{.bytes = BUSY}, {0}});
    get_ends(world, CS_OK, 503);
    assert_int_equal(http_server_requests(world->server), RETRY_ATTEMPTS);
}

static void what_creates_something_is_not_sent_twice(void **state)
{
    struct scm_world *world = *state;
    struct http_response response = {0};
    server_answers(world, (struct http_script[]){{.bytes = BUSY}, {.bytes = "", .hangs_up = true}, {0}});
    assert_int_equal(ask(world, "POST", false, 1000, &response), CS_OK);
    assert_int_equal(response.status, 503);
    assert_int_equal(ask(world, "POST", false, 1000, &response), CS_E_IO);
    assert_int_equal(http_server_requests(world->server), 2);
    assert_int_equal(world->wait_count, 0);
    http_response_dispose(&response);
}

static void the_server_says_how_long_to_wait(void **state)
{
    struct scm_world *world = *state;
    server_answers(world, (struct http_script[]){{.bytes = TOO_MANY}, {.bytes = HELLO}, {0}});
    get_ends(world, CS_OK, 200);
    assert_int_equal(world->waits[0], 7000);
}

static void one_that_wants_an_hour_is_left_alone(void **state)
{
    struct scm_world *world = *state;
    server_answers(world,
                   (struct http_script[]){
                       {.bytes = "HTTP/1.1 503 X\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n"}, {0}});
    get_ends(world, CS_OK, 503);
    assert_int_equal(http_server_requests(world->server), 1);
}

static void a_connection_that_breaks_is_made_again(void **state)
{
    struct scm_world *world = *state;
    server_answers(world,
                   (struct http_script[]){{.bytes = "", .hangs_up = true},
                                          {.bytes = OK_HEAD "Content-Length: 5\r\n\r\nhel", .hangs_up = true},
                                          {.bytes = HELLO},
                                          {0}});
    get_ends(world, CS_OK, 200);
    assert_int_equal(world->notices.count, 2);
}

static void a_silent_server_is_given_up_in_bounded_time(void **state)
{
    struct scm_world *world = *state;
    struct http_response response = {0};
    struct http *http;
    struct http_options options = {
        .proxy = "", .connect_timeout_ms = 100, .timeout_ms = 100, .clock = &world->clock};
    server_answers(world, (struct http_script[]){{.bytes = "", .silent = true}, {0}});
    assert_int_equal(http_new(&http, &options, &world->diag), CS_OK);
    http_free(world->http);
    world->http = http;
    assert_int_equal(ask(world, "GET", true, 1000, &response), CS_E_IO);
    says(world, "the call: ");
    says(world, "timeout");
    assert_int_equal(http_server_requests(world->server), RETRY_ATTEMPTS);
    http_response_dispose(&response);
}

static void an_answer_that_is_too_large_is_cut_off_and_not_tried_again(void **state)
{
    struct scm_world *world = *state;
    struct http_response response = {0};
    server_answers(world, (struct http_script[]){{.bytes = HELLO}, {0}});
    assert_int_equal(ask(world, "GET", true, 5, &response), CS_OK);
    assert_int_equal(ask(world, "GET", true, 4, &response), CS_E_LIMIT);
    says(world, "larger than 4 bytes");
    assert_int_equal(http_server_requests(world->server), 2);
    http_response_dispose(&response);
}

static void requests_keep_their_distance(void **state)
{
    struct scm_world *world = *state;
    struct http *http;
    struct http_options options = {.proxy = "",
                                   .connect_timeout_ms = 2000,
                                   .timeout_ms = 2000,
                                   .interval_ms = 500,
                                   .clock = &world->clock};
    server_answers(world, (struct http_script[]){{.bytes = HELLO}, {0}});
    assert_int_equal(http_new(&http, &options, &world->diag), CS_OK);
    http_free(world->http);
    world->http = http;
    get_ends(world, CS_OK, 200);
    assert_int_equal(world->wait_count, 0);
    world->now_ms += 200;
    get_ends(world, CS_OK, 200);
    assert_int_equal(world->wait_count, 1);
    assert_int_equal(world->waits[0], 300);
    world->now_ms += 700;
    get_ends(world, CS_OK, 200);
    assert_int_equal(world->wait_count, 1);
}

static void nobody_else_is_asked_because_the_server_says_so(void **state)
{
    struct scm_world *world = *state;
    char moved[200];
    struct http_server *other = http_server_start((struct http_script[]){{.bytes = HELLO}, {0}});
    assert_non_null(other);
    snprintf(moved, sizeof moved, "HTTP/1.1 302 Found\r\nLocation: %s/\r\nContent-Length: 0\r\n\r\n",
             http_server_url(other));
    server_answers(world, (struct http_script[]){{.bytes = moved}, {0}});
    get_ends(world, CS_OK, 302);
    assert_int_equal(http_server_requests(other), 0);
    http_server_stop(other);
}

static void a_server_that_is_not_there_is_named(void **state)
{
    struct scm_world *world = *state;
    server_answers(world, (struct http_script[]){{.bytes = HELLO}, {0}});
    char url[64];
    snprintf(url, sizeof url, "%s", http_server_url(world->server));
    http_server_stop(world->server);
    world->server = NULL;
    struct http_response response = {0};
    struct http_request request = {.method = "GET", .url = url, .shown = "the call", .max_body = 10};
    assert_int_equal(http_send(world->http, &request, &response, &world->diag), CS_E_IO);
    says(world, "the call: Failed to connect");
    assert_int_equal(world->notices.count, RETRY_ATTEMPTS - 1); /* nothing can have been done: even a POST */
    http_response_dispose(&response);
}

static void passwords_go_over_tls_or_to_this_machine(void **state)
{
    static const char *const fine[] = {"https://cert-manager.com", "https://cert-manager.com:443/x",
                                       "http://127.0.0.1:8180",    "http://127.9.8.7/x",
                                       "http://localhost:1",       "http://[::1]:8180/"};
    static const char *const wrong[] = {"http://cert-manager.com",
                                        "http://127.0.0.1.example.org/",
                                        "http://localhost.example.org",
                                        "ftp://127.0.0.1",
                                        "cert-manager.com",
                                        "https://officer:secret@example.org/",
                                        "https://",
                                        "https:///api",
                                        "https://example.org/a b",
                                        "https://example.org/\r\nX: y",
                                        "http://127.0.0.1@example.org/",
                                        "",
                                        "http://[::1].example.org/",
                                        "https://example.org\\@127.0.0.1"};
    struct diag diag = {0};
    (void)state;
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        assert_int_equal(http_check_url(fine[i], "base_url", &diag), CS_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (http_check_url(wrong[i], "base_url", &diag) != CS_E_INVALID)
            fail_msg("%s was taken", wrong[i]);
        assert_memory_equal(diag.text, "base_url: ", 10);
        assert_null(strstr(diag.text, "secret"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_request_and_its_answer_are_whole),
        IN_WORLD(a_failure_that_may_pass_is_tried_again_after_a_growing_while),
        IN_WORLD(one_that_stays_is_handed_over_after_the_last_attempt),
        IN_WORLD(what_creates_something_is_not_sent_twice),
        IN_WORLD(the_server_says_how_long_to_wait),
        IN_WORLD(one_that_wants_an_hour_is_left_alone),
        IN_WORLD(a_connection_that_breaks_is_made_again),
        IN_WORLD(a_silent_server_is_given_up_in_bounded_time),
        IN_WORLD(an_answer_that_is_too_large_is_cut_off_and_not_tried_again),
        IN_WORLD(requests_keep_their_distance),
        IN_WORLD(nobody_else_is_asked_because_the_server_says_so),
        IN_WORLD(a_server_that_is_not_there_is_named),
        cmocka_unit_test(passwords_go_over_tls_or_to_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
