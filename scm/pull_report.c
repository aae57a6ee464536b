// SPDX-License-Identifier: Apache-2.0
#include "scm/pull_inner.h"

#include <inttypes.h>
#include <stdio.h>

#define MAX_ORGANIZATIONS 20000

/* All rows of one report, in one transaction. Rows that were not in the list change nothing. */
static enum cs_err put_report(struct pulling *pulling, const struct json_value *rows, struct diag *diag)
{
    struct store *store = pulling->options->store;
    enum cs_err err = store_begin(store, diag);
    if (err != CS_OK)
        return err;
    for (const struct json_value *row = json_array_first(rows); row != NULL && err == CS_OK;
         row = json_next(row)) {
        if (reply_report_row(pulling->certificate, row) == CS_OK)
            err = inventory_detail_certificate(&pulling->into, &pulling->certificate->row, diag);
    }
    if (err == CS_OK)
        err = store_commit(store, diag);
    if (err != CS_OK)
        store_rollback(store); /* reports nothing: the first error is the one to keep */
    return err;
}

static void tell_progress(const struct pulling *pulling)
{
    int64_t met;
    int64_t pending;
    if (pulling->options->progress != NULL &&
        inventory_progress(&pulling->into, &met, &pending, NULL) == CS_OK)
        pulling->options->progress(pulling->options->context, pulling->into.resource, met - pending, met);
}

/* `*useful`: SCM gives reports to this account. */
static enum cs_err pull_report(struct pulling *pulling, int64_t organization, bool *useful, struct diag *diag)
{
    struct json_value *root = NULL;
    char body[80];
    struct diag why = {0};
    snprintf(body, sizeof body, "{\"%s\":[%" PRId64 "]}", api_field(API_REPORT_ORGANIZATIONS), organization);
    enum cs_err err = client_call(pulling->options->client, CALL_REPORT, 0, NULL, body, &root, &why);
    const struct json_value *rows = json_get(root, api_field(API_REPORTS));
    bool has_rows = err == CS_OK && json_is_array(rows);
    *useful =
        has_rows || err == CS_E_LIMIT; /* too large for one organization may be small enough for others */
    if (has_rows)
        err = put_report(pulling, rows, diag);
    else if (err == CS_E_CANCELLED || err == CS_E_NOMEM)
        *diag = why;
    else
        err = CS_OK;
    json_free(root);
    tell_progress(pulling);
    return err;
}

static enum cs_err report_organization(struct pulling *pulling, const struct json_value *object, bool *useful,
                                       struct diag *diag)
{
    const struct json_value *departments = json_get(object, api_field(API_DEPARTMENTS));
    int64_t id;
    enum cs_err err = CS_OK;
    if (reply_id(object, API_ID, &id))
        err = pull_report(pulling, id, useful, diag);
    const struct json_value *item = json_is_array(departments) ? json_array_first(departments) : NULL;
    for (; item != NULL && err == CS_OK && *useful; item = json_next(item)) {
        if (reply_id(item, API_ID, &id))
            err = pull_report(pulling, id, useful, diag);
    }
    return err;
}

enum cs_err pull_reports(struct pulling *pulling, struct diag *diag)
{
    struct json_value *root = NULL;
    struct diag why = {0};
    bool useful = true;
    int count = 0;
    enum cs_err err = client_call(pulling->options->client, CALL_ORGANIZATIONS, 0, NULL, NULL, &root, &why);
    if (err == CS_E_CANCELLED || err == CS_E_NOMEM)
        *diag = why;
    else if (err != CS_OK)
        return CS_OK; /* an account that sees certificates and no organizations: one by one, then */
    const struct json_value *item = err == CS_OK && json_is_array(root) ? json_array_first(root) : NULL;
    for (; item != NULL && err == CS_OK && useful && count < MAX_ORGANIZATIONS;
         item = json_next(item), count++)
        err = report_organization(pulling, item, &useful, diag);
    json_free(root);
    return err;
}
