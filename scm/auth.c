// SPDX-License-Identifier: Apache-2.0
#include "scm/auth.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

#define TOKEN_MAX        16384 /* bytes */
#define TOKEN_ANSWER_MAX ((size_t)64 << 10)
#define TOKEN_UNKNOWN_S  60 /* life of one that does not say */
#define TOKEN_MARGIN_S   30 /* renewed so long before its end, but never before half its life */

struct auth {
    enum auth_kind kind;
    char *login;
    char *client_id;
    char *token_url;
    char *headers[AUTH_MAX_HEADERS]; /* "Name: value", owned */
    size_t header_count;
    struct secret secret;
    struct secret token; /* AUTH_TOKEN */
    int64_t renew_at_s;
};

enum auth_kind auth_kind(const struct auth *auth)
{
    return auth->kind;
}

const char *auth_login(const struct auth *auth)
{
    return auth->login;
}

const char *auth_account(const struct auth *auth)
{
    return auth->kind == AUTH_TOKEN ? auth->client_id : auth->login;
}

void auth_hide_secrets(const struct auth *auth, char *text)
{
    secret_hide(&auth->secret, text);
    secret_hide(&auth->token, text);
}

static void drop_headers(struct auth *auth)
{
    for (size_t i = 0; i < auth->header_count; i++) {
        secret_wipe_bytes(auth->headers[i], strlen(auth->headers[i]));
        free(auth->headers[i]);
    }
    auth->header_count = 0;
}

void auth_free(struct auth *auth)
{
    if (auth == NULL)
        return;
    drop_headers(auth);
    secret_wipe(&auth->secret);
    secret_wipe(&auth->token);
    free(auth->login);
    free(auth->client_id);
    free(auth->token_url);
    free(auth);
}

/* Made in one piece, so that no half of a secret stays behind in memory that grew. */
static enum cs_err add_header(struct auth *auth, const char *name, const char *value)
{
    struct buf line = {0};
    buf_reserve(&line, strlen(name) + strlen(value) + 2);
    buf_append_str(&line, name);
    buf_append_str(&line, ": ");
    buf_append_str(&line, value);
    char *text = buf_take_str(&line);
    if (text == NULL)
        return CS_E_NOMEM;
    auth->headers[auth->header_count++] = text;
    return CS_OK;
}

static enum cs_err check_name(const char *name, const char *what, struct diag *diag)
{
    if (name == NULL || name[0] == '\0')
        return diag_fail(diag, CS_E_INVALID, "[scm] %s is missing", what);
    for (const char *c = name; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            return diag_fail(diag, CS_E_INVALID, "[scm] %s has a control character in it", what);
    }
    return CS_OK;
}

static enum cs_err set_password(struct auth *auth, const struct auth_options *options, struct diag *diag)
{
    enum cs_err err = check_name(options->login, "login", diag);
    if (err == CS_OK)
        err = check_name(options->customer_uri, "customer_uri", diag);
    if (err != CS_OK)
        return err;
    auth->login = text_copy(options->login);
    err = auth->login != NULL ? add_header(auth, "login", options->login) : CS_E_NOMEM;
    if (err == CS_OK)
        err = add_header(auth, "customerUri", options->customer_uri);
    if (err == CS_OK && options->kind == AUTH_PASSWORD)
        err = add_header(auth, "password", auth->secret.text);
    return err;
}

static enum cs_err set_token(struct auth *auth, const struct auth_options *options, struct diag *diag)
{
    enum cs_err err = check_name(options->client_id, "client_id", diag);
    if (err == CS_OK)
        err = check_name(options->token_url, "token_url", diag);
    if (err == CS_OK)
        err = http_check_url(options->token_url, "[scm] token_url", diag);
    if (err != CS_OK)
        return err;
    auth->client_id = text_copy(options->client_id);
    auth->token_url = text_copy(options->token_url);
    return auth->client_id != NULL && auth->token_url != NULL ? CS_OK : CS_E_NOMEM;
}

enum cs_err auth_new(struct auth **out, struct auth_options *options, struct diag *diag)
{
    struct auth *auth = calloc(1, sizeof *auth);
    enum cs_err err = auth != NULL ? CS_OK : CS_E_NOMEM;
    *out = NULL;
    if (err == CS_OK) {
        auth->kind = options->kind;
        auth->secret = options->secret;
        options->secret = (struct secret){0};
        if (auth->kind != AUTH_CERTIFICATE && auth->secret.text == NULL)
            err = diag_fail(diag, CS_E_INVALID, "there is no password or client secret");
    }
    if (err == CS_OK)
        err = auth->kind == AUTH_TOKEN ? set_token(auth, options, diag) : set_password(auth, options, diag);
    secret_wipe(&options->secret);
    if (err != CS_OK) {
        auth_free(auth);
        return err == CS_E_NOMEM ? diag_fail(diag, err, "out of memory") : err;
    }
    *out = auth;
    return CS_OK;
}

/* ---- tokens ---- */

static void make_form(const struct auth *auth, struct buf *form)
{
    buf_reserve(form,
                64 + 3 * (strlen(auth->client_id) + auth->secret.len)); /* never grows: see add_header */
    buf_append_str(form, "grant_type=client_credentials&client_id=");
    http_append_escaped(form, auth->client_id);
    buf_append_str(form, "&client_secret=");
    http_append_escaped(form, auth->secret.text);
}

static enum cs_err ask_for_token(const struct auth *auth, struct http *http, struct http_response *response,
                                 struct diag *diag)
{
    static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded",
                                          "Accept: application/json"};
    struct buf form = {0};
    make_form(auth, &form);
    enum cs_err err = form.err != CS_OK ? diag_fail(diag, form.err, "out of memory") : CS_OK;
    if (err == CS_OK)
        err = http_send(http,
                        &(struct http_request){
                            .method = "POST",
                            .url = auth->token_url,
                            .shown = "POST to token_url",
                            .headers = headers,
                            .header_count = 2,
                            .body = buf_str(&form),
                            .body_len = form.len,
                            .max_body = TOKEN_ANSWER_MAX,
                            .repeatable = true,
                        },
                        response, diag);
    secret_wipe_buf(&form);
    return err;
}

static enum cs_err refused(const struct auth *auth, const struct http_response *response,
                           const struct json_value *root, struct diag *diag)
{
    char said[160];
    const char *error = json_to_string(json_get(root, "error_description"));
    if (error == NULL)
        error = json_to_string(json_get(root, "error"));
    text_printable(said, sizeof said, error != NULL ? error : "no reason was given");
    auth_hide_secrets(auth, said);
    return diag_fail(
        diag, CS_E_IO,
        "SCM gives no token: status %d, \"%s\"; check [scm] client_id, client_secret_file and token_url "
        "(keys are made in SCM under Settings, Admins, API Keys)",
        response->status, said);
}

/* A header is made of it: anything but visible ASCII has no business in a token. */
static bool is_token(const char *text)
{
    size_t len = text != NULL ? strlen(text) : 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] >= 0x7F)
            return false;
    }
    return len > 0 && len <= TOKEN_MAX;
}

static enum cs_err take_token(struct auth *auth, const struct json_value *root, int64_t now_s,
                              struct diag *diag)
{
    const char *token = json_to_string(json_get(root, "access_token"));
    int64_t life_s = TOKEN_UNKNOWN_S;
    if (!is_token(token))
        return diag_fail(diag, CS_E_IO,
                         "token_url answers without a usable access_token; is it the right address?");
    if (!json_to_int(json_get(root, "expires_in"), &life_s) || life_s < 0)
        life_s = TOKEN_UNKNOWN_S;
    int64_t margin_s = life_s / 2 < TOKEN_MARGIN_S ? life_s / 2 : TOKEN_MARGIN_S;
    auth->renew_at_s = now_s + (life_s < INT32_MAX ? life_s : INT32_MAX) - margin_s;
    auth->token = (struct secret){text_copy(token), strlen(token)};
    secret_wipe_bytes((void *)token, strlen(token)); /* the tree is about to be freed */
    drop_headers(auth);
    if (auth->token.text == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    struct buf value = {0};
    buf_reserve(&value, auth->token.len + 8);
    buf_append_str(&value, "Bearer ");
    buf_append_str(&value, auth->token.text);
    enum cs_err err = add_header(auth, "Authorization", buf_str(&value));
    secret_wipe_buf(&value);
    return err;
}

static enum cs_err fetch_token(struct auth *auth, struct http *http, struct diag *diag)
{
    struct http_response response = {0};
    struct json_value *root = NULL;
    enum cs_err err = ask_for_token(auth, http, &response, diag);
    if (err == CS_OK && json_parse(&root, buf_str(&response.body), response.body.len, NULL) != CS_OK)
        root = NULL; /* said below */
    if (err == CS_OK && response.status == 200)
        err = take_token(auth, root, http_now_s(http), diag);
    else if (err == CS_OK)
        err = refused(auth, &response, root, diag);
    json_free(root);
    http_response_dispose(&response);
    return err;
}

bool auth_renew(struct auth *auth)
{
    bool had = auth->kind == AUTH_TOKEN && auth->token.text != NULL;
    if (had) {
        drop_headers(auth);
        secret_wipe(&auth->token);
    }
    return had;
}

enum cs_err auth_headers(struct auth *auth, struct http *http, const char *headers[AUTH_MAX_HEADERS],
                         size_t *count, struct diag *diag)
{
    enum cs_err err = CS_OK;
    *count = 0;
    if (auth->kind == AUTH_TOKEN && auth->token.text != NULL && http_now_s(http) >= auth->renew_at_s)
        auth_renew(auth);
    if (auth->kind == AUTH_TOKEN && auth->token.text == NULL)
        err = fetch_token(auth, http, diag);
    for (; err == CS_OK && *count < auth->header_count; ++*count)
        headers[*count] = auth->headers[*count];
    return err;
}
