// SPDX-License-Identifier: Apache-2.0
/* A scripted HTTP server, a clock that only the test moves, and the objects that talk to the one by the
 * other. */
#ifndef TESTS_UNIT_SCM_WORLD_H
#define TESTS_UNIT_SCM_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "base/text_list.h"
#include "scm/client.h"
#include "tests/support/http_server.h"

#define WORLD_NOW_S 1800000000 /* 2027-01-15T08:00:00Z */
#define PASSWORD    "pass+word/4&711"

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=utf-8\r\n"

struct scm_world {
    struct http_server *server;
    struct http *http;
    struct auth *auth;
    struct client client;
    struct http_clock clock;
    uint64_t now_ms;
    uint64_t waits[16]; /* each wait asked for */
    size_t wait_count;
    struct text_list notices;
    struct diag diag;
    char *base_url;
};

static inline uint64_t world_now_ms(void *context)
{
    return ((struct scm_world *)context)->now_ms;
}

static inline int64_t world_now_s(void *context)
{
    return WORLD_NOW_S + (int64_t)(((struct scm_world *)context)->now_ms / 1000);
}

static inline void world_wait(void *context, uint64_t ms)
{
    struct scm_world *world = context;
    assert_true(world->wait_count < sizeof world->waits / sizeof world->waits[0]);
    world->waits[world->wait_count++] = ms;
    world->now_ms += ms;
}

static inline void world_notice(void *context, const char *sentence)
{
    struct scm_world *world = context;
    assert_int_equal(text_list_add(&world->notices, sentence), CS_OK);
}

static inline int scm_world_make(void **state)
{
    struct scm_world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->clock = (struct http_clock){world_now_ms, world_now_s, world_wait, world};
    struct http_options options = {
        .proxy = "",
        .connect_timeout_ms = 2000,
        .timeout_ms = 2000,
        .seed = 1,
        .clock = &world->clock,
        .notice = world_notice,
        .notice_context = world,
    };
    assert_int_equal(http_new(&world->http, &options, &world->diag), CS_OK);
    *state = world;
    return 0;
}

static inline int scm_world_end(void **state)
{
    struct scm_world *world = *state;
    http_free(world->http);
    auth_free(world->auth);
    http_server_stop(world->server);
    text_list_dispose(&world->notices);
    free(world->base_url);
    free(world);
    return 0;
}

static inline void server_answers(struct scm_world *world, const struct http_script *script)
{
    world->server = http_server_start(script);
    assert_non_null(world->server);
}

/* Logs in with a password, or by a token of the same server. */
static inline void log_in(struct scm_world *world, enum auth_kind kind)
{
    char token_url[128];
    snprintf(token_url, sizeof token_url, "%s/token", http_server_url(world->server));
    struct auth_options options = {
        .kind = kind,
        .login = "officer",
        .customer_uri = "university",
        .client_id = "key 1",
        .token_url = token_url,
        .secret = {text_copy(PASSWORD), strlen(PASSWORD)},
    };
    assert_int_equal(auth_new(&world->auth, &options, &world->diag), CS_OK);
    assert_null(options.secret.text);
    assert_int_equal(client_check_base(&world->base_url, http_server_url(world->server), &world->diag),
                     CS_OK);
    world->client = (struct client){
        .http = world->http, .auth = world->auth, .base_url = world->base_url, .page_size = 2};
}

static inline void was_asked(struct scm_world *world, size_t n, const char *part)
{
    const char *request = http_server_request(world->server, n);
    assert_non_null(request);
    if (strstr(request, part) == NULL)
        fail_msg("request %zu has no \"%s\":\n%s", n, part, request);
}

static inline void says(const struct scm_world *world, const char *part)
{
    if (strstr(world->diag.text, part) == NULL)
        fail_msg("no \"%s\" in \"%s\"", part, world->diag.text);
    assert_null(strstr(world->diag.text, PASSWORD));
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, scm_world_make, scm_world_end)

#endif
