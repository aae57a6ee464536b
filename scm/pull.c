// SPDX-License-Identifier: Apache-2.0
#include "scm/pull.h"

#include <stdlib.h>

#include "scm/pull_inner.h"

#define PENDING_AT_ONCE 100
#define REPORTS_FROM    100 /* certificates without details: fewer are asked for one by one */

static const struct {
    enum api_call list;
    enum api_call details; /* the same as `list`: there are none */
    enum api_field list_id;
    enum api_field name;
} shapes[INVENTORY_COUNT] = {
    [INVENTORY_ORGANIZATIONS] = {CALL_ORGANIZATIONS, CALL_ORGANIZATIONS, API_ID, API_NAME},
    [INVENTORY_DOMAINS] = {CALL_DOMAINS, CALL_DOMAIN, API_ID, API_NAME},
    [INVENTORY_CERTIFICATES] = {CALL_CERTIFICATES, CALL_CERTIFICATE, API_SSL_ID, API_COMMON_NAME},
};

static enum cs_err without_id(const struct pulling *pulling, struct diag *diag)
{
    return diag_fail(diag, CS_E_MALFORMED, "GET %s: a row without a usable id",
                     api_call_info(shapes[pulling->into.resource].list)->path);
}

/* ---- lists ---- */

static enum cs_err put_owner(const struct pulling *pulling, const struct json_value *object, int64_t parent,
                             int64_t *id, size_t *fresh, struct diag *diag)
{
    char name[REPLY_TEXT];
    bool is_fresh;
    const char *text = reply_text(name, sizeof name, object, API_NAME);
    if (!reply_id(object, API_ID, id) || text == NULL)
        return without_id(pulling, diag);
    enum cs_err err = inventory_put_owner(&pulling->into, *id, parent, text, &is_fresh, diag);
    *fresh += err == CS_OK && is_fresh;
    return err;
}

static enum cs_err put_organization(const struct pulling *pulling, const struct json_value *object,
                                    size_t *fresh, struct diag *diag)
{
    int64_t id;
    int64_t department_id;
    const struct json_value *departments = json_get(object, api_field(API_DEPARTMENTS));
    enum cs_err err = put_owner(pulling, object, 0, &id, fresh, diag);
    const struct json_value *item = json_is_array(departments) ? json_array_first(departments) : NULL;
    for (; item != NULL && err == CS_OK; item = json_next(item))
        err = put_owner(pulling, item, id, &department_id, fresh, diag);
    return err;
}

static enum cs_err put_listed(const struct pulling *pulling, const struct json_value *object, size_t *fresh,
                              struct diag *diag)
{
    char name[REPLY_TEXT];
    int64_t id;
    bool is_fresh;
    enum inventory_resource resource = pulling->into.resource;
    const char *text = reply_text(name, sizeof name, object, shapes[resource].name);
    if (!reply_id(object, shapes[resource].list_id, &id) || (text == NULL && resource == INVENTORY_DOMAINS))
        return without_id(pulling, diag);
    enum cs_err err = inventory_put_listed(&pulling->into, id, text, &is_fresh, diag);
    *fresh += err == CS_OK && is_fresh;
    return err;
}

static enum cs_err put_page(void *context, const struct json_value *rows, size_t *fresh, struct diag *diag)
{
    struct pulling *pulling = context;
    struct store *store = pulling->options->store;
    const struct json_value *row = json_array_first(rows);
    *fresh = 0;
    enum cs_err err = store_begin(store, diag);
    if (err != CS_OK)
        return err;
    for (; row != NULL && err == CS_OK; row = json_next(row)) {
        err = pulling->into.resource == INVENTORY_ORGANIZATIONS ? put_organization(pulling, row, fresh, diag)
                                                                : put_listed(pulling, row, fresh, diag);
    }
    if (err == CS_OK)
        err = store_commit(store, diag);
    if (err != CS_OK)
        store_rollback(store); /* reports nothing: the first error is the one to keep */
    return err;
}

/* ---- details ---- */

static enum cs_err put_details(struct pulling *pulling, const struct json_value *object, int64_t id,
                               struct diag *diag)
{
    if (pulling->into.resource == INVENTORY_DOMAINS) {
        struct reply_domain domain;
        if (reply_domain(&domain, object) != CS_OK || domain.row.external_id != id)
            return without_id(pulling, diag);
        return inventory_detail_domain(&pulling->into, &domain.row, diag);
    }
    if (reply_certificate(pulling->certificate, object) != CS_OK ||
        pulling->certificate->row.external_id != id)
        return without_id(pulling, diag);
    return inventory_detail_certificate(&pulling->into, &pulling->certificate->row, diag);
}

static enum cs_err pull_details(struct pulling *pulling, int64_t id, struct diag *diag)
{
    struct client *client = pulling->options->client;
    struct json_value *root = NULL;
    enum cs_err err =
        client_call(client, shapes[pulling->into.resource].details, id, NULL, NULL, &root, diag);
    if (err == CS_E_IO && client->status == 404)
        err = inventory_drop(&pulling->into, id, diag); /* gone since the list was made */
    else if (err == CS_OK)
        err = put_details(pulling, root, id, diag);
    json_free(root);
    return err;
}

static enum cs_err pull_all_details(struct pulling *pulling, struct diag *diag)
{
    const struct pull_options *options = pulling->options;
    int64_t ids[PENDING_AT_ONCE];
    int64_t met;
    int64_t pending;
    int64_t after = 0;
    size_t count = 1;
    enum cs_err err = inventory_progress(&pulling->into, &met, &pending, diag);
    if (err == CS_OK && pulling->into.resource == INVENTORY_CERTIFICATES && pending >= REPORTS_FROM)
        err = pull_reports(pulling, diag);
    if (err == CS_OK)
        err = inventory_progress(&pulling->into, &met, &pending, diag);
    while (err == CS_OK && count > 0) {
        err = inventory_pending(&pulling->into, after, ids, PENDING_AT_ONCE, &count, diag);
        for (size_t i = 0; i < count && err == CS_OK; i++) {
            if (options->progress != NULL)
                options->progress(options->context, pulling->into.resource, met - pending, met);
            err = pull_details(pulling, ids[i], diag);
            after = ids[i];
            pending--;
        }
    }
    return err;
}

/* ---- all of it ---- */

static enum cs_err check_empty(const struct pulling *pulling, const struct pull_result *result,
                               struct diag *diag)
{
    int64_t before = 0;
    if (result->count > 0 || pulling->options->accept_empty)
        return CS_OK;
    enum cs_err err = inventory_count(&pulling->into, &before, diag);
    if (err == CS_OK && before > 0)
        err = diag_fail(
            diag, CS_E_MALFORMED,
            "GET %s: SCM shows no %s any more, and had %lld; has the account lost its roles? If that is "
            "right, pull once with --accept-empty",
            api_call_info(shapes[pulling->into.resource].list)->path,
            inventory_resource_name(pulling->into.resource), (long long)before);
    return err;
}

static enum cs_err pull_rows(struct pulling *pulling, struct pull_result *result, struct diag *diag)
{
    enum inventory_resource resource = pulling->into.resource;
    int64_t pending;
    enum cs_err err =
        client_list(pulling->options->client, shapes[resource].list, NULL, put_page, pulling, diag);
    result->total_count = pulling->options->client->total_count;
    if (err == CS_OK && shapes[resource].details != shapes[resource].list)
        err = pull_all_details(pulling, diag);
    return err == CS_OK ? inventory_progress(&pulling->into, &result->count, &pending, diag) : err;
}

enum cs_err pull_resource(const struct pull_options *options, enum inventory_resource resource,
                          struct pull_result *result, struct diag *diag)
{
    struct http *http = options->client->http;
    struct pulling pulling = {
        .options = options,
        .into = {options->store, INVENTORY_SCM, resource, 0},
        .certificate = malloc(sizeof *pulling.certificate),
    };
    *result = (struct pull_result){.total_count = -1};
    if (pulling.certificate == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    enum cs_err err = inventory_begin(&pulling.into, http_now_s(http), &result->resumed, diag);
    if (err == CS_OK)
        err = pull_rows(&pulling, result, diag);
    if (err == CS_OK)
        err = check_empty(&pulling, result, diag);
    if (err == CS_OK)
        err = inventory_swap(&pulling.into, http_now_s(http), diag);
    else if (inventory_failed(&pulling.into, http_now_s(http), NULL) != CS_OK)
        (void)err; /* the first error is the one to keep */
    free(pulling.certificate);
    return err;
}
