// SPDX-License-Identifier: Apache-2.0
#include "auth.h"

#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/text.h"

static bool same(const char *expected, const char *given)
{
    return expected != NULL && given != NULL && strcmp(expected, given) == 0;
}

static const cJSON *find_admin(const struct world *world, const char *key, const char *value)
{
    const cJSON *admin;
    cJSON_ArrayForEach(admin, world_list(world, "admins"))
    {
        if (same(world_text(admin, key), value))
            return admin;
    }
    return NULL;
}

/* The bucket whose client id this is: it may use the Discovery Import API and nothing else. */
static const cJSON *find_bucket(const struct world *world, const char *client_id)
{
    const cJSON *bucket;
    cJSON_ArrayForEach(bucket, world_list(world, "buckets"))
    {
        if (same(world_text(bucket, "clientId"), client_id))
            return bucket;
    }
    return NULL;
}

bool auth_is_bucket(const struct world *world, const struct question *question)
{
    const cJSON *bucket;
    cJSON_ArrayForEach(bucket, world_list(world, "buckets"))
    {
        if (bucket == question->admin)
            return true;
    }
    return false;
}

static bool has_client_certificate(const struct question *question)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(question->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    unsigned status = 1;
    unsigned count = 0;
    if (info == NULL || info->tls_session == NULL)
        return false;
    gnutls_session_t session = info->tls_session;
    return gnutls_certificate_get_peers(session, &count) != NULL && count > 0 &&
           gnutls_certificate_verify_peers2(session, &status) == 0 && status == 0;
}

static const cJSON *by_token(struct world *world, const char *token)
{
    for (unsigned i = 0; i < MAX_TOKENS; i++) {
        if (world->tokens[i].text[0] != '\0' && strcmp(world->tokens[i].text, token) == 0)
            return world->tokens[i].expires_at > time(NULL) ? world->tokens[i].admin : NULL;
    }
    return NULL;
}

/* A fresh account has to change its password before the API takes it. */
static const cJSON *by_headers(const struct world *world, struct question *question)
{
    const char *login = question_header(question, "login");
    const char *password = question_header(question, "password");
    const cJSON *admin = find_admin(world, "login", login);
    question->auth_word = login == NULL ? "none" : question->is_private ? "certificate" : "password";
    if (admin == NULL ||
        !same(world_text(world->tenant, "customerUri"), question_header(question, "customerUri")) ||
        cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(admin, "mustChangePassword")))
        return NULL;
    if (question->is_private)
        return has_client_certificate(question) ? admin : NULL;
    return same(world_text(admin, "password"), password) ? admin : NULL;
}

bool auth_check(struct world *world, struct question *question, struct answer *answer)
{
    const char *bearer = question_header(question, MHD_HTTP_HEADER_AUTHORIZATION);
    question->by_token = bearer != NULL && strncmp(bearer, "Bearer ", 7) == 0;
    if (question->by_token) {
        question->auth_word = "token";
        question->admin = by_token(world, bearer + 7);
    } else {
        question->admin = by_headers(world, question);
    }
    if (question->admin == NULL)
        answer_error(answer, MHD_HTTP_UNAUTHORIZED, -16, "Unknown user");
    return question->admin != NULL;
}

static void hex_token(char out[65])
{
    uint8_t random[32] = {0};
    if (getrandom(random, sizeof random, 0) != sizeof random)
        abort();
    hex_encode(out, random, sizeof random);
}

/* One field of a form; %XX and + are undone. */
static char *form_field(const char *body, const char *name)
{
    size_t name_len = strlen(name);
    for (const char *at = body; at != NULL; at = strchr(at, '&')) {
        at += at[0] == '&';
        if (strncmp(at, name, name_len) != 0 || at[name_len] != '=')
            continue;
        char *value = text_copy_n(at + name_len + 1, strcspn(at + name_len + 1, "&"));
        for (char *c = value; c != NULL && *c != '\0'; c++) {
            if (*c == '+')
                *c = ' ';
        }
        if (value != NULL)
            MHD_http_unescape(value);
        return value;
    }
    return NULL;
}

void auth_token(struct world *world, const struct question *question, struct answer *answer)
{
    const char *body = buf_str(&question->body);
    char *grant = form_field(body, "grant_type");
    char *id = form_field(body, "client_id");
    char *secret = form_field(body, "client_secret");
    const cJSON *admin = find_admin(world, "clientId", id);
    if (admin == NULL)
        admin = find_bucket(world, id);
    int lifetime_s = world_number(world->tenant, "tokenLifetime", 300);
    answer->json = cJSON_CreateObject();
    if (!same(grant, "client_credentials") || admin == NULL ||
        !same(world_text(admin, "clientSecret"), secret)) {
        answer->status = MHD_HTTP_UNAUTHORIZED;
        cJSON_AddStringToObject(answer->json, "error", "unauthorized_client");
        cJSON_AddStringToObject(answer->json, "error_description",
                                "Invalid client or Invalid client credentials");
    } else {
        struct token *token = &world->tokens[world->next_token++ % MAX_TOKENS];
        hex_token(token->text);
        token->admin = admin;
        token->expires_at = time(NULL) + lifetime_s;
        world->tokens_issued++;
        answer->status = MHD_HTTP_OK;
        cJSON_AddStringToObject(answer->json, "access_token", token->text);
        cJSON_AddNumberToObject(answer->json, "expires_in", lifetime_s);
        cJSON_AddStringToObject(answer->json, "token_type", "Bearer");
    }
    free(grant);
    free(id);
    free(secret);
}

void auth_expire_tokens(struct world *world)
{
    memset(world->tokens, 0, sizeof world->tokens);
}

bool auth_right(const struct question *question, const char *right, struct answer *answer)
{
    const cJSON *rights = cJSON_GetObjectItemCaseSensitive(question->admin, "rights");
    const cJSON *item;
    if (rights == NULL)
        return true;
    cJSON_ArrayForEach(item, rights)
    {
        if (same(cJSON_GetStringValue(item), right))
            return true;
    }
    if (question->by_token)
        answer_error(answer, MHD_HTTP_UNAUTHORIZED, -16, "Unknown user");
    else
        answer_error(answer, MHD_HTTP_FORBIDDEN, -37, "Access denied");
    return false;
}
