// SPDX-License-Identifier: Apache-2.0
/* The Discovery Import API of a bucket: an operation is made, certificates go into it with their places, and
 * once it is completed SCM treats them as found by a scan. Experimental: see docs/scm.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scm/push_inner.h"

#define PLACES      64
#define MAX_ENTRIES 128 /* of one request: a certificate at one place */
#define ITEMS       32  /* read from the outbox at once */

/* ---- the operation ---- */

struct finding_operation {
    const char *name;
    char id[160];
    int64_t rows; /* a page that brings no new ones ends the search */
};

static enum cs_err find_in_page(void *context, const struct json_value *rows, size_t *fresh,
                                struct diag *diag)
{
    struct finding_operation *finding = context;
    (void)diag;
    for (const struct json_value *row = json_array_first(rows); row != NULL; row = json_next(row)) {
        const char *name = json_to_string(json_get(row, api_field(API_NAME)));
        const struct json_value *id = json_get(row, api_field(API_ID));
        int64_t number;
        ++*fresh;
        if (name == NULL || strcmp(name, finding->name) != 0)
            continue;
        if (json_to_string(id) != NULL)
            snprintf(finding->id, sizeof finding->id, "%s", json_to_string(id));
        else if (json_to_int(id, &number))
            snprintf(finding->id, sizeof finding->id, "%lld", (long long)number);
    }
    return CS_OK;
}

/* One of our name may be there from a run that was interrupted. */
static enum cs_err find_operation(struct pushing *pushing, struct diag *diag)
{
    struct finding_operation finding = {.name = pushing->comment};
    enum cs_err err =
        client_list(pushing->options->client, CALL_OPERATIONS, NULL, find_in_page, &finding, diag);
    snprintf(pushing->push.operation, sizeof pushing->push.operation, "%s", finding.id);
    return err;
}

static enum cs_err make_operation(struct pushing *pushing, struct diag *diag)
{
    struct client *client = pushing->options->client;
    struct json_value *root = NULL;
    struct buf body = {0};
    push_write_operation(&body, pushing->comment);
    struct client_question question = {
        .call = CALL_ADD_OPERATION, .body = buf_str(&body), .about = pushing->comment};
    enum cs_err err = body.err != CS_OK ? diag_fail(diag, body.err, "out of memory")
                                        : client_ask(client, &question, &root, diag);
    if (err == CS_OK && client_created_name(client) != NULL)
        snprintf(pushing->push.operation, sizeof pushing->push.operation, "%s", client_created_name(client));
    json_free(root);
    buf_dispose(&body);
    return err;
}

static enum cs_err ensure_operation(struct pushing *pushing, struct diag *diag)
{
    struct push_row *push = &pushing->push;
    enum cs_err err = CS_OK;
    for (int tries = 1; tries <= PUSH_TRIES && push->operation[0] == '\0'; tries++) {
        err = find_operation(pushing, diag);
        if (err == CS_OK && push->operation[0] == '\0')
            err = make_operation(pushing, diag);
        if (err != CS_OK && !push_is_open(pushing->options->client, err))
            break;
    }
    if (err == CS_OK && push->operation[0] == '\0')
        err = diag_fail(diag, CS_E_MALFORMED, "POST %s: the answer does not say which operation was made",
                        api_call_info(CALL_ADD_OPERATION)->path);
    return err == CS_OK ? push_set_operation(pushing->options->store, push->id, push->operation, false, diag)
                        : err;
}

static enum cs_err set_status(struct pushing *pushing, const char *status, struct diag *diag)
{
    struct json_value *root = NULL;
    struct buf body = {0};
    push_write_operation_status(&body, status);
    struct client_question question = {.call = CALL_SET_OPERATION,
                                       .id_text = pushing->push.operation,
                                       .body = buf_str(&body),
                                       .about = status};
    enum cs_err err = body.err != CS_OK ? diag_fail(diag, body.err, "out of memory")
                                        : client_ask(pushing->options->client, &question, &root, diag);
    json_free(root);
    buf_dispose(&body);
    return err;
}

/* ---- certificates ---- */

struct filling { /* being filled */
    struct buf body;
    size_t entries;
};

static enum cs_err send_request(struct pushing *pushing, struct filling *filling, struct diag *diag)
{
    const struct push_options *options = pushing->options;
    struct json_value *root = NULL;
    char about[80];
    push_end_discovery(&filling->body, &options->discovery);
    snprintf(about, sizeof about, "%zu certificates, each at one place", filling->entries);
    struct client_question question = {.call = CALL_DISCOVERY_IMPORT,
                                       .path = options->discovery_path,
                                       .id_text = pushing->push.operation,
                                       .body = buf_str(&filling->body),
                                       .about = about};
    enum cs_err err = filling->body.err != CS_OK ? diag_fail(diag, filling->body.err, "out of memory")
                                                 : client_ask(options->client, &question, &root, diag);
    json_free(root);
    buf_reset(&filling->body);
    filling->entries = 0;
    return err;
}

static enum cs_err add_entry(struct pushing *pushing, struct filling *filling, const struct push_item *item,
                             const struct push_place *place, struct diag *diag)
{
    const struct discovery_names *names = &pushing->options->discovery;
    if (filling->entries == 0)
        push_begin_discovery(&filling->body, names);
    push_write_discovery(&filling->body, names, item, place);
    filling->entries++;
    return filling->entries >= MAX_ENTRIES || filling->body.len >= PUSH_MAX_BYTES
               ? send_request(pushing, filling, diag)
               : CS_OK;
}

static enum cs_err add_item(struct pushing *pushing, struct filling *filling, const struct push_item *item,
                            struct diag *diag)
{
    struct push_place places[PLACES];
    size_t count = 0;
    int64_t after = 0;
    enum cs_err err = CS_OK;
    do {
        err = push_next_places(pushing->options->store, item->id, false, after, places, PLACES, &count, diag);
        for (size_t i = 0; i < count && err == CS_OK; i++) {
            err = add_entry(pushing, filling, item, &places[i], diag);
            after = places[i].id;
        }
    } while (err == CS_OK && count > 0);
    return err;
}

/* All of them, and only then are they done: sending one again into the same operation changes nothing there.
 */
static enum cs_err send_items(struct pushing *pushing, const struct push_item *items, size_t count,
                              struct diag *diag)
{
    struct filling filling = {0};
    struct store *store = pushing->options->store;
    enum cs_err err = push_items_sending(store, items, count, diag);
    for (size_t i = 0; i < count && err == CS_OK; i++)
        err = add_item(pushing, &filling, &items[i], diag);
    if (err == CS_OK && filling.entries > 0)
        err = send_request(pushing, &filling, diag);
    for (size_t i = 0; i < count && err == CS_OK; i++)
        err = push_item_done(store, items[i].id, 0, PUSH_BY_UNKNOWN, push_now_s(pushing), diag);
    buf_dispose(&filling.body);
    return err;
}

static enum cs_err send_all(struct pushing *pushing, struct diag *diag)
{
    const struct push_options *options = pushing->options;
    const struct push_batch batch = {ITEMS, PUSH_MAX_BYTES, true};
    struct push_item items[ITEMS] = {0};
    size_t count = 0;
    int64_t done = 0;
    enum cs_err err;
    do {
        push_items_dispose(items, count);
        err = push_next_items(options->store, pushing->push.id, &batch, items, &count, diag);
        if (options->progress != NULL && count > 0)
            options->progress(options->context, "certificates", done, pushing->total);
        if (err == CS_OK && count > 0)
            err = send_items(pushing, items, count, diag);
        done += (int64_t)count;
    } while (err == CS_OK && count > 0);
    push_items_dispose(items, count);
    return err;
}

/* ---- all of it ---- */

enum cs_err push_run_discovery(const struct push_options *options, int64_t push_id, struct diag *diag)
{
    struct pushing pushing = {.options = options};
    struct push_counts counts;
    enum cs_err err = push_get(options->store, push_id, &pushing.push, diag);
    if (err == CS_OK)
        err = push_count(options->store, push_id, &counts, diag);
    if (err != CS_OK)
        return err;
    push_comment(pushing.comment, &pushing.push);
    pushing.total = counts.items_open;
    err = ensure_operation(&pushing, diag);
    if (err == CS_OK)
        err = send_all(&pushing, diag);
    if (err == CS_OK && !pushing.push.operation_done)
        err = set_status(&pushing, DISCOVERY_COMPLETED, diag);
    if (err == CS_OK)
        err = push_set_operation(options->store, push_id, pushing.push.operation, true, diag);
    if (err == CS_OK)
        err = push_places_done(options->store, push_id, push_now_s(&pushing), diag);
    return err == CS_OK ? push_end(options->store, push_id, push_now_s(&pushing), diag) : err;
}

enum cs_err push_undo_discovery(const struct push_options *options, const struct push_row *push,
                                struct diag *diag)
{
    struct pushing pushing = {.options = options, .push = *push};
    enum cs_err err = CS_OK;
    push_comment(pushing.comment, push);
    if (push->operation_done)
        return diag_fail(
            diag, CS_E_INVALID,
            "push %lld is a Discovery Import that was completed: SCM offers no way to take that back; "
            "its certificates are in the bucket",
            (long long)push->id);
    if (push->operation[0] == '\0')
        err = find_operation(&pushing, diag);
    if (err == CS_OK && pushing.push.operation[0] != '\0')
        err = set_status(&pushing, DISCOVERY_CANCELLED, diag);
    if (push_is_gone(options->client, err))
        err = CS_OK;
    return err == CS_OK ? push_undone(options->store, push->id, push_now_s(&pushing), diag) : err;
}
