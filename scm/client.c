// SPDX-License-Identifier: Apache-2.0
#include "scm/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define DESCRIPTION_SHOWN 200
#define MAX_PAGES         20000

enum cs_err client_check_base(char **out, const char *base_url, struct diag *diag)
{
    *out = NULL;
    enum cs_err err = http_check_url(base_url, "[scm] base_url", diag);
    if (err != CS_OK)
        return err;
    if (strpbrk(base_url, "?#") != NULL)
        return diag_fail(diag, CS_E_INVALID,
                         "[scm] base_url: expected the host alone, e.g. https://cert-manager.com");
    size_t len = strlen(base_url);
    len -= base_url[len - 1] == '/';
    if (len > 4 && strncmp(base_url + len - 4, "/api", 4) == 0)
        len -= 4;
    *out = text_copy_n(base_url, len);
    return *out != NULL ? CS_OK : diag_fail(diag, CS_E_NOMEM, "out of memory");
}

/* ---- errors ---- */

static void append_support(const struct client *client, struct diag *diag)
{
    char support[120];
    size_t len = strlen(diag->text);
    if (client->support != NULL && client->support[0] != '\0')
        snprintf(diag->text + len, sizeof diag->text - len, "; who can help: %s",
                 text_printable(support, sizeof support, client->support));
}

static bool is_json(const struct http_response *response)
{
    return text_contains(response->content_type, "json");
}

/* The body of an error is wanted, but need not be there. */
static enum cs_err refused(struct client *client, enum api_call call, const char *shown,
                           const struct http_response *response, struct diag *diag)
{
    struct json_value *root = NULL;
    char said[DESCRIPTION_SHOWN];
    char number[32] = "";
    int64_t code = 0;
    if (!is_json(response) || json_parse(&root, buf_str(&response->body), response->body.len, NULL) != CS_OK)
        root = NULL;
    const char *description = json_to_string(json_get(root, api_field(API_DESCRIPTION)));
    text_printable(said, sizeof said, description != NULL ? description : "no reason was given");
    auth_hide_secrets(client->auth, said);
    if (json_to_int(json_get(root, api_field(API_CODE)), &code))
        snprintf(number, sizeof number, ", code %" PRId64, code);
    else
        code = 0;
    client->code = code;
    json_free(root);
    struct advice advice = advice_for(response->status, code, auth_kind(client->auth));
    client->refusal = advice.refusal;
    diag_set(diag, "%s: SCM answers %d%s, \"%s\"%s%s", shown, response->status, number, said,
             advice.text[0] != '\0' ? "; " : "", advice.text);
    size_t len = strlen(diag->text);
    if (advice.refusal == REFUSAL_RIGHT)
        snprintf(diag->text + len, sizeof diag->text - len, " (it takes %s)", api_call_info(call)->needs);
    append_support(client, diag);
    return CS_E_IO;
}

static enum cs_err parse(const char *shown, const struct http_response *response, struct json_value **out,
                         struct diag *diag)
{
    struct diag why = {0};
    char type[100];
    if (response->body.len == 0)
        return diag_fail(diag, CS_E_MALFORMED, "%s: the answer is empty", shown);
    if (!is_json(response))
        return diag_fail(diag, CS_E_MALFORMED,
                         "%s: expected JSON, got \"%s\": is it the page of a proxy, or base_url wrong?",
                         shown, text_printable(type, sizeof type, response->content_type));
    if (json_parse(out, buf_str(&response->body), response->body.len, &why) != CS_OK)
        return diag_fail(diag, CS_E_MALFORMED, "%s: the answer is broken JSON: %.200s", shown, why.text);
    return CS_OK;
}

/* ---- one call ---- */

static enum cs_err send_once(struct client *client, const struct http_request *plain,
                             struct http_response *response, struct diag *diag)
{
    const char *headers[AUTH_MAX_HEADERS + 2];
    struct http_request request = *plain;
    enum cs_err err = auth_headers(client->auth, client->http, headers, &request.header_count, diag);
    if (err != CS_OK)
        return err;
    headers[request.header_count++] = "Accept: application/json";
    if (request.body != NULL)
        headers[request.header_count++] = "Content-Type: application/json";
    request.headers = headers;
    return http_send(client->http, &request, response, diag);
}

/* A token may end in mid-run, whatever was said about its life: once more with a new one. */
static enum cs_err send_renewing(struct client *client, const struct http_request *request,
                                 struct http_response *response, struct diag *diag)
{
    enum cs_err err = send_once(client, request, response, diag);
    if (err == CS_OK && response->status == 401 && auth_renew(client->auth))
        err = send_once(client, request, response, diag);
    return err;
}

static void append_id(struct buf *url, int64_t id, const char *text)
{
    if (text != NULL)
        http_append_escaped(url, text);
    else
        buf_printf(url, "%" PRId64, id);
}

static void build_url(const struct client *client, const struct client_question *question, struct buf *url)
{
    const char *path = question->path != NULL ? question->path : api_call_info(question->call)->path;
    buf_append_str(url, client->base_url);
    if (auth_kind(client->auth) == AUTH_CERTIFICATE)
        buf_append_str(url, "/private");
    for (; *path != '\0'; path++) {
        if (strncmp(path, "{id}", 4) == 0) {
            append_id(url, question->id, question->id_text);
            path += 3;
        } else if (strncmp(path, "{sub}", 5) == 0) {
            append_id(url, question->sub, question->sub_text);
            path += 4;
        } else {
            buf_append_char(url, *path);
            if (path[0] == '/' && path[1] == '\0')
                append_id(url, question->id, question->id_text);
        }
    }
    if (question->query != NULL)
        buf_printf(url, "?%s", question->query);
}

/* ---- the journal ---- */

static enum cs_err write_down(struct client *client, const struct client_question *question,
                              const char *shown, struct diag *diag)
{
    struct client_journal *journal = client->journal;
    if (journal == NULL || !api_call_info(question->call)->changes)
        return CS_OK;
    journal->row = 0;
    return journal->begin(journal->context, shown, question->about, &journal->row, diag);
}

static enum cs_err write_answer(struct client *client, enum api_call call, enum cs_err err, struct diag *diag)
{
    struct client_journal *journal = client->journal;
    if (journal == NULL || !api_call_info(call)->changes || journal->row == 0)
        return err;
    struct diag failed = {0};
    enum cs_err written =
        journal->end(journal->context, journal->row, client->status, err != CS_OK ? diag->text : "", &failed);
    if (err == CS_OK && written != CS_OK)
        *diag = failed;
    return err != CS_OK ? err : written;
}

/* ---- one call, whole ---- */

static enum cs_err take_answer(struct client *client, const struct client_question *question,
                               const char *shown, const struct http_response *response,
                               struct json_value **out, struct diag *diag)
{
    client->status = response->status;
    client->total_count = response->total_count;
    snprintf(client->location, sizeof client->location, "%s", response->location);
    if (response->status < 200 || response->status > 299)
        return refused(client, question->call, shown, response, diag);
    if (response->body.len == 0 && api_call_info(question->call)->bodyless)
        return CS_OK;
    return parse(shown, response, out, diag);
}

static enum cs_err exchange(struct client *client, const struct client_question *question, const char *url,
                            const char *shown, struct json_value **out, struct diag *diag)
{
    const struct api_call_info *info = api_call_info(question->call);
    struct http_response response = {0};
    const char *body = question->body;
    struct http_request request = {
        .method = info->method,
        .url = url,
        .shown = shown,
        .body = body,
        .body_len = body != NULL ? strlen(body) : 0,
        .max_body = info->max_body,
        .repeatable = info->repeatable,
    };
    enum cs_err err = send_renewing(client, &request, &response, diag);
    if (err == CS_OK)
        err = take_answer(client, question, shown, &response, out, diag);
    http_response_dispose(&response);
    return err;
}

enum cs_err client_ask(struct client *client, const struct client_question *question, struct json_value **out,
                       struct diag *diag)
{
    struct buf url = {0};
    struct buf shown = {0};
    *out = NULL;
    client->status = 0;
    client->code = 0;
    client->total_count = -1;
    client->location[0] = '\0';
    client->refusal = REFUSAL_OTHER;
    build_url(client, question, &url);
    buf_printf(&shown, "%s %.160s", api_call_info(question->call)->method,
               buf_str(&url) + (url.err == CS_OK ? strlen(client->base_url) : 0));
    enum cs_err err =
        url.err != CS_OK || shown.err != CS_OK ? diag_fail(diag, CS_E_NOMEM, "out of memory") : CS_OK;
    if (err == CS_OK)
        err = write_down(client, question, buf_str(&shown), diag);
    if (err == CS_OK) {
        err = exchange(client, question, buf_str(&url), buf_str(&shown), out, diag);
        err = write_answer(client, question->call, err, diag);
    }
    buf_dispose(&url);
    buf_dispose(&shown);
    return err;
}

enum cs_err client_call(struct client *client, enum api_call call, int64_t id, const char *query,
                        const char *body, struct json_value **out, struct diag *diag)
{
    struct client_question question = {.call = call, .id = id, .query = query, .body = body};
    return client_ask(client, &question, out, diag);
}

const char *client_created_name(const struct client *client)
{
    const char *slash = strrchr(client->location, '/');
    const char *name = slash != NULL ? slash + 1 : client->location;
    return name[0] != '\0' ? name : NULL;
}

bool client_created_id(const struct client *client, int64_t *id)
{
    const char *name = client_created_name(client);
    uint64_t number;
    if (name == NULL || text_to_u64(name, strlen(name), INT64_MAX, &number) != CS_OK || number == 0)
        return false;
    *id = (int64_t)number;
    return true;
}

/* ---- pages ---- */

struct paging {
    int64_t position;
    size_t rows; /* of the latest page */
    size_t fresh;
};

/* The array of rows of one answer; NULL where there is none. What `total` says counts as X-Total-Count does.
 */
static const struct json_value *rows_of(struct client *client, enum api_call call,
                                        const struct json_value *root)
{
    if (api_call_info(call)->wrapped) {
        if (client->total_count < 0 &&
            !json_to_int(json_get(root, api_field(API_TOTAL)), &client->total_count))
            client->total_count = -1;
        root = json_get(root, api_field(API_ROWS));
    }
    return json_is_array(root) ? root : NULL;
}

static enum cs_err one_page(struct client *client, const struct client_question *question, client_page page,
                            void *context, struct paging *paging, struct diag *diag)
{
    struct json_value *root = NULL;
    struct buf all = {0};
    struct client_question ask = *question;
    const struct api_call_info *info = api_call_info(question->call);
    if (question->query != NULL)
        buf_printf(&all, "%s%s", question->query, info->paged ? "&" : "");
    if (info->paged)
        buf_printf(&all, "size=%u&position=%" PRId64, client->page_size, paging->position);
    ask.query = all.len > 0 ? buf_str(&all) : NULL;
    enum cs_err err = client_ask(client, &ask, &root, diag);
    const struct json_value *rows = err == CS_OK ? rows_of(client, question->call, root) : NULL;
    paging->fresh = 0;
    if (err == CS_OK && rows == NULL)
        err = diag_fail(diag, CS_E_MALFORMED, "GET %s: expected %s", info->path,
                        info->wrapped ? "an object with a JSON array in it" : "a JSON array");
    paging->rows = err == CS_OK ? json_array_len(rows) : 0;
    if (err == CS_OK && paging->rows > 0)
        err = page(context, rows, &paging->fresh, diag);
    paging->position += (int64_t)paging->rows;
    json_free(root);
    buf_dispose(&all);
    return err;
}

enum cs_err client_list_under(struct client *client, const struct client_question *question, client_page page,
                              void *context, struct diag *diag)
{
    struct paging paging = {0};
    const struct api_call_info *info = api_call_info(question->call);
    for (int pages = 0; pages < MAX_PAGES; pages++) {
        enum cs_err err = one_page(client, question, page, context, &paging, diag);
        bool promised = client->total_count > paging.position && paging.rows > 0;
        bool full = info->paged && paging.rows >= client->page_size;
        if (err != CS_OK || (!full && !(info->paged && promised)))
            return err;
        if (paging.fresh == 0)
            return diag_fail(diag, CS_E_MALFORMED, "GET %s: SCM sends the same rows again and again",
                             info->path);
    }
    return diag_fail(diag, CS_E_LIMIT, "GET %s: more than %d pages", info->path, MAX_PAGES);
}

enum cs_err client_list(struct client *client, enum api_call call, const char *query, client_page page,
                        void *context, struct diag *diag)
{
    struct client_question question = {.call = call, .query = query};
    return client_list_under(client, &question, page, context, diag);
}
