// SPDX-License-Identifier: Apache-2.0
/* The v2 import. It may be repeated: what is there already comes back with its id. A batch that SCM refuses
 * as a whole is halved until the certificate it dislikes stands alone. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "scm/push_inner.h"

/* ---- what an answer means ---- */

struct recording {
    struct pushing *pushing;
    const struct push_item *items;
    const struct import_result *results;
    size_t count;
};

static enum cs_err record(struct store *store, void *context, struct diag *diag)
{
    const struct recording *recording = context;
    int64_t now_s = push_now_s(recording->pushing);
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < recording->count && err == CS_OK; i++) {
        const struct import_result *result = &recording->results[i];
        int64_t id = recording->items[i].id;
        if (result->outcome == IMPORT_REFUSED)
            err = push_item_failed(store, id, result->error, now_s, diag);
        else if (result->outcome != IMPORT_NOTHING)
            err =
                push_item_done(store, id, result->id,
                               result->outcome == IMPORT_CREATED ? PUSH_BY_US : PUSH_BY_UNKNOWN, now_s, diag);
        else if (recording->count == 1)
            err = push_item_failed(store, id, "SCM's answer has neither an id nor an error for it", now_s,
                                   diag);
    }
    return err;
}

static enum cs_err record_all(struct recording *recording, struct diag *diag)
{
    struct store *store = recording->pushing->options->store;
    enum cs_err err = store_begin(store, diag);
    if (err != CS_OK)
        return err;
    err = record(store, recording, diag);
    if (err == CS_OK)
        err = store_commit(store, diag);
    if (err != CS_OK)
        store_rollback(store); /* reports nothing: the first error is the one to keep */
    return err;
}

static enum cs_err explain_results(struct pushing *pushing, const struct import_result *results, size_t count,
                                   struct diag *diag)
{
    size_t counts[IMPORT_REFUSED + 1] = {0};
    char text[160];
    for (size_t i = 0; i < count; i++)
        counts[results[i].outcome]++;
    snprintf(text, sizeof text, "%zu created, %zu there before, %zu refused, %zu without a usable answer",
             counts[IMPORT_CREATED], counts[IMPORT_THERE], counts[IMPORT_REFUSED], counts[IMPORT_NOTHING]);
    return push_explain(pushing, text, diag);
}

static enum cs_err fail_all(struct pushing *pushing, const struct push_item *items, size_t count,
                            const char *error, struct diag *diag)
{
    struct import_result *results = calloc(count, sizeof *results);
    struct recording recording = {pushing, items, results, count};
    if (results == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    for (size_t i = 0; i < count; i++) {
        results[i].outcome = IMPORT_REFUSED;
        snprintf(results[i].error, sizeof results[i].error, "%s", error);
    }
    enum cs_err err = record_all(&recording, diag);
    free(results);
    return err;
}

/* ---- sending ---- */

static enum cs_err ask(struct pushing *pushing, const struct push_item *items, size_t count,
                       struct json_value **root, struct diag *diag)
{
    struct buf body = {0};
    char about[80];
    push_write_import(&body, items, count, pushing->comment);
    snprintf(about, sizeof about, "%zu certificates for organization %" PRId64, count,
             items[0].organization_id);
    struct client_question question = {.call = CALL_IMPORT, .body = buf_str(&body), .about = about};
    enum cs_err err = body.err != CS_OK ? diag_fail(diag, body.err, "out of memory")
                                        : push_items_sending(pushing->options->store, items, count, diag);
    if (err == CS_OK)
        err = client_ask(pushing->options->client, &question, root, diag);
    buf_dispose(&body);
    return err;
}

static enum cs_err send_items(struct pushing *pushing, const struct push_item *items, size_t count,
                              struct diag *diag);

/* Those of a batch that its answer said nothing about, each by itself: then there is no question which. */
static enum cs_err send_again(struct pushing *pushing, const struct push_item *items,
                              const struct import_result *results, size_t count, struct diag *diag)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < count && count > 1 && err == CS_OK; i++) {
        if (results[i].outcome == IMPORT_NOTHING)
            err = send_items(pushing, &items[i], 1, diag);
    }
    return err;
}

static enum cs_err take_answer(struct pushing *pushing, const struct push_item *items, size_t count,
                               const struct json_value *root, struct diag *diag)
{
    struct import_result *results = calloc(count, sizeof *results);
    struct recording recording = {pushing, items, results, count};
    if (results == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    import_reply(results, items, count, root);
    for (size_t i = 0; i < count; i++)
        auth_hide_secrets(pushing->options->client->auth, results[i].error);
    pushing->refusals = 0;
    enum cs_err err = record_all(&recording, diag);
    if (err == CS_OK)
        err = explain_results(pushing, results, count, diag);
    if (err == CS_OK)
        err = send_again(pushing, items, results, count, diag);
    free(results);
    return err;
}

/* `why`: SCM's refusal of all of them. */
static enum cs_err take_refusal(struct pushing *pushing, const struct push_item *items, size_t count,
                                const char *why, struct diag *diag)
{
    enum refusal refusal = pushing->options->client->refusal;
    bool whole = refusal == REFUSAL_RIGHT || refusal == REFUSAL_ABSENT; /* of the organization, then */
    if (count == 1 || whole || pushing->refusals >= PUSH_REFUSALS) {
        pushing->refusals += count == 1;
        return fail_all(pushing, items, count, why, diag);
    }
    enum cs_err err = send_items(pushing, items, count / 2, diag);
    if (err == CS_OK && pushing->refusals >= PUSH_REFUSALS)
        return fail_all(pushing, items + count / 2, count - count / 2, why, diag);
    return err == CS_OK ? send_items(pushing, items + count / 2, count - count / 2, diag) : err;
}

/* NOLINTNEXTLINE(misc-no-recursion): halves of at most PUSH_BATCH */
static enum cs_err send_items(struct pushing *pushing, const struct push_item *items, size_t count,
                              struct diag *diag)
{
    struct json_value *root = NULL;
    enum cs_err err = ask(pushing, items, count, &root, diag);
    if (err == CS_OK && !json_is_array(root))
        err = diag_fail(diag, CS_E_MALFORMED, "POST %s: expected a JSON array",
                        api_call_info(CALL_IMPORT)->path);
    if (err == CS_OK)
        err = take_answer(pushing, items, count, root, diag);
    else if (push_is_refusal(pushing->options->client, err)) {
        struct diag why = *diag;
        err = take_refusal(pushing, items, count, why.text, diag);
    }
    json_free(root);
    return err;
}

enum cs_err push_import(struct pushing *pushing, struct diag *diag)
{
    const struct push_options *options = pushing->options;
    const struct push_batch batch = {PUSH_BATCH, PUSH_MAX_BYTES, false};
    struct push_item *items = calloc(PUSH_BATCH, sizeof *items);
    size_t count = 0;
    if (items == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    enum cs_err err;
    do {
        struct push_counts counts;
        push_items_dispose(items, count);
        err = push_next_items(options->store, pushing->push.id, &batch, items, &count, diag);
        if (err == CS_OK && options->progress != NULL && count > 0) {
            err = push_count(options->store, pushing->push.id, &counts, diag);
            options->progress(options->context, "certificates", pushing->total - counts.items_open,
                              pushing->total);
        }
        pushing->refusals = 0;
        if (err == CS_OK && count > 0)
            err = send_items(pushing, items, count, diag);
    } while (err == CS_OK && count > 0);
    push_items_dispose(items, count);
    free(items);
    return err;
}
