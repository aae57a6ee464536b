// SPDX-License-Identifier: Apache-2.0
/* Taking a push back: first what nobody knows becomes known (it is looked for by its hash, and its comment or
 * source says whose it is), then what the push made is deleted. What is not there any more counts as deleted.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cert/digest.h"
#include "scm/push_inner.h"
#include "scm/reply.h"

#define PLACES     64
#define CANDIDATES 8 /* rows of a search by hash; more: SCM did not understand the question */

struct undoing {
    struct pushing pushing;
    struct undo_result *result;
};

static void count_refusal(struct undoing *undoing, const char *why)
{
    if (undoing->result->refused++ == 0)
        snprintf(undoing->result->reason, sizeof undoing->result->reason, "%.*s",
                 (int)sizeof undoing->result->reason - 1, why);
}

/* ---- what was interrupted ---- */

/* UNCONFIRMED: in which case hashes are compared. */
static enum cs_err search(struct undoing *undoing, const struct push_item *item, bool upper,
                          struct json_value **rows, struct diag *diag)
{
    uint8_t sha1[SHA1_SIZE];
    char hex[2 * SHA1_SIZE + 1];
    char query[120];
    if (cert_sha1(sha1, item->der.data, item->der.len) != CS_OK)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    hex_encode(hex, sha1, SHA1_SIZE);
    for (char *c = hex; upper && *c != '\0'; c++)
        *c = (char)(*c >= 'a' ? *c - 'a' + 'A' : *c);
    snprintf(query, sizeof query, "%s=%s&size=%d&position=0", api_field(API_SHA1), hex, CANDIDATES + 1);
    return client_call(undoing->pushing.options->client, CALL_CERTIFICATES, 0, query, NULL, rows, diag);
}

static enum cs_err take_candidates(struct undoing *undoing, const struct push_item *item,
                                   const struct json_value *rows, bool *found, struct diag *diag)
{
    struct pushing *pushing = &undoing->pushing;
    enum cs_err err = CS_OK;
    if (!json_is_array(rows) || json_array_len(rows) > CANDIDATES)
        return CS_OK;
    const struct json_value *row = json_array_first(rows);
    for (; row != NULL && !*found && err == CS_OK; row = json_next(row)) {
        enum push_creator creator = PUSH_BY_OTHERS;
        int64_t id;
        if (!reply_id(row, API_SSL_ID, &id))
            continue;
        err = push_ask_creator(pushing, id, &creator, diag);
        *found = err == CS_OK && creator == PUSH_BY_US;
        if (*found)
            err =
                push_item_done(pushing->options->store, item->id, id, PUSH_BY_US, push_now_s(pushing), diag);
    }
    return err;
}

/* A list that was not cut down to the certificate says nothing about it: the push has to be finished first.
 */
static void count_unanswered(struct undoing *undoing, const struct push_item *item)
{
    char why[160];
    snprintf(why, sizeof why,
             "SCM does not tell whether %.60s was created: finish the push, then take it back",
             item->name[0] != '\0' ? item->name : "a certificate");
    count_refusal(undoing, why);
}

static enum cs_err look_for(struct undoing *undoing, const struct push_item *item, struct diag *diag)
{
    bool found = false;
    bool answered = true;
    enum cs_err err = CS_OK;
    for (int upper = 0; upper < 2 && !found && err == CS_OK; upper++) {
        struct json_value *rows = NULL;
        err = search(undoing, item, upper != 0, &rows, diag);
        answered = answered && json_is_array(rows) && json_array_len(rows) <= CANDIDATES;
        if (err == CS_OK)
            err = take_candidates(undoing, item, rows, &found, diag);
        json_free(rows);
    }
    if (err == CS_OK && !found && answered)
        undoing->result->unsure++;
    else if (err == CS_OK && !found)
        count_unanswered(undoing, item);
    return err;
}

/* ---- deleting ---- */

static enum cs_err delete_certificate(struct undoing *undoing, const struct push_item *item,
                                      struct diag *diag)
{
    struct pushing *pushing = &undoing->pushing;
    struct client *client = pushing->options->client;
    struct json_value *root = NULL;
    struct client_question question = {
        .call = CALL_DELETE_CERTIFICATE, .id = item->external_id, .about = item->name};
    enum cs_err err = client_ask(client, &question, &root, diag);
    json_free(root);
    if (err == CS_OK || push_is_gone(client, err)) {
        undoing->result->certificates++;
        return push_certificate_gone(pushing->options->store, &pushing->push, item->external_id,
                                     push_now_s(pushing), diag);
    }
    if (!push_is_refusal(client, err))
        return err;
    count_refusal(undoing, diag->text);
    return CS_OK;
}

static enum cs_err list(struct undoing *undoing, const struct push_item *item, struct json_value **rows,
                        bool *gone, struct diag *diag)
{
    struct client *client = undoing->pushing.options->client;
    struct client_question question = {.call = CALL_LOCATIONS, .id = item->external_id};
    enum cs_err err = client_ask(client, &question, rows, diag);
    *gone = push_is_gone(client, err);
    return *gone ? CS_OK : err;
}

/* Only what the list shows as this push's, wherever its id came from. */
static enum cs_err delete_place(struct undoing *undoing, const struct push_item *item,
                                const struct push_place *place, const struct json_value *rows,
                                struct diag *diag)
{
    struct pushing *pushing = &undoing->pushing;
    struct client *client = pushing->options->client;
    struct location_reply there = location_find(rows, place, pushing->comment);
    int64_t id = there.ours && there.id != 0 ? there.id : 0;
    enum cs_err err = CS_OK;
    if (id != 0) {
        struct json_value *root = NULL;
        struct client_question question = {
            .call = CALL_DELETE_LOCATION, .id = item->external_id, .sub = id, .about = item->name};
        err = client_ask(client, &question, &root, diag);
        json_free(root);
        if (push_is_gone(client, err))
            err = CS_OK;
    }
    if (push_is_refusal(client, err)) {
        count_refusal(undoing, diag->text);
        return CS_OK;
    }
    if (err != CS_OK)
        return err;
    undoing->result->locations++;
    return push_place_gone(pushing->options->store, place->id, push_now_s(pushing), diag);
}

static enum cs_err delete_places(struct undoing *undoing, const struct push_item *item, struct diag *diag)
{
    struct store *store = undoing->pushing.options->store;
    struct push_place places[PLACES];
    struct json_value *rows = NULL;
    size_t count = 0;
    int64_t after = 0;
    bool gone = false;
    enum cs_err err = list(undoing, item, &rows, &gone, diag);
    while (err == CS_OK) {
        err = push_next_places(store, item->id, true, after, places, PLACES, &count, diag);
        if (count == 0)
            break;
        for (size_t i = 0; i < count && err == CS_OK; i++) {
            err = delete_place(undoing, item, &places[i], gone ? NULL : rows, diag);
            after = places[i].id;
        }
    }
    json_free(rows);
    return err;
}

typedef enum cs_err (*item_step)(struct undoing *undoing, const struct push_item *item, struct diag *diag);

static enum cs_err each_item(struct undoing *undoing, enum push_list which, item_step step, struct diag *diag)
{
    struct push_item item = {0};
    int64_t after = 0;
    enum cs_err err;
    do {
        push_items_dispose(&item, 1);
        err = push_next_item(undoing->pushing.options->store, undoing->pushing.push.id, which, after, &item,
                             diag);
        after = item.id;
        if (err == CS_OK && item.id != 0)
            err = step(undoing, &item, diag);
    } while (err == CS_OK && item.id != 0);
    push_items_dispose(&item, 1);
    return err;
}

enum cs_err push_undo(const struct push_options *options, const struct push_row *push,
                      struct undo_result *result, struct diag *diag)
{
    struct undoing undoing = {.pushing = {.options = options, .push = *push}, .result = result};
    *result = (struct undo_result){0};
    push_comment(undoing.pushing.comment, push);
    enum cs_err err = each_item(&undoing, PUSH_INTERRUPTED, look_for, diag);
    if (err == CS_OK)
        err = push_settle(&undoing.pushing, diag);
    if (err == CS_OK)
        err = each_item(&undoing, PUSH_MADE, delete_certificate, diag);
    if (err == CS_OK)
        err = each_item(&undoing, PUSH_MADE_PLACES, delete_places, diag);
    if (err == CS_OK && result->refused == 0)
        err = push_undone(options->store, push->id, push_now_s(&undoing.pushing), diag);
    return err;
}
