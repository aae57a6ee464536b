// SPDX-License-Identifier: Apache-2.0
#include "scm/push.h"

#include <string.h>

#include "db/sent_log.h"
#include "scm/push_inner.h"

int64_t push_now_s(const struct pushing *pushing)
{
    return http_now_s(pushing->options->client->http);
}

bool push_is_refusal(const struct client *client, enum cs_err err)
{
    return err == CS_E_IO && client->status >= 400 && client->status <= 499 && client->status != 401 &&
           client->status != 403 && client->status != 407 && client->refusal != REFUSAL_LOGIN &&
           client->refusal != REFUSAL_LATER && (client->status != 404 || client->code != 0);
}

bool push_is_gone(const struct client *client, enum cs_err err)
{
    return push_is_refusal(client, err) && client->refusal == REFUSAL_ABSENT && client->code != 0;
}

bool push_is_open(const struct client *client, enum cs_err err)
{
    return err == CS_E_MALFORMED || err == CS_E_LIMIT ||
           (err == CS_E_IO && (client->status == 0 || client->refusal == REFUSAL_LATER));
}

enum cs_err push_explain(const struct pushing *pushing, const char *text, struct diag *diag)
{
    const struct client_journal *journal = pushing->options->client->journal;
    return journal != NULL ? sent_log_explain(pushing->options->store, journal->row, text, diag) : CS_OK;
}

enum cs_err push_ask_creator(struct pushing *pushing, int64_t id, enum push_creator *creator,
                             struct diag *diag)
{
    struct client *client = pushing->options->client;
    struct json_value *root = NULL;
    *creator = PUSH_BY_OTHERS;
    enum cs_err err = client_call(client, CALL_CERTIFICATE, id, NULL, NULL, &root, diag);
    const char *comment = json_to_string(json_get(root, api_field(API_COMMENTS)));
    if (err == CS_OK && comment != NULL && strcmp(comment, pushing->comment) == 0)
        *creator = PUSH_BY_US;
    json_free(root);
    return push_is_refusal(client, err) ? CS_OK : err; /* one that we may not see is not ours */
}

enum cs_err push_settle(struct pushing *pushing, struct diag *diag)
{
    struct store *store = pushing->options->store;
    struct push_item item = {0};
    enum cs_err err;
    do {
        enum push_creator creator;
        push_items_dispose(&item, 1);
        err = push_next_item(store, pushing->push.id, PUSH_UNSURE, 0, &item, diag);
        if (err == CS_OK && item.id != 0)
            err = push_ask_creator(pushing, item.external_id, &creator, diag);
        if (err == CS_OK && item.id != 0)
            err = push_item_done(store, item.id, item.external_id, creator, push_now_s(pushing), diag);
    } while (err == CS_OK && item.id != 0);
    push_items_dispose(&item, 1);
    return err;
}

enum cs_err push_run(const struct push_options *options, int64_t push_id, struct diag *diag)
{
    struct pushing pushing = {.options = options};
    struct push_counts counts;
    enum cs_err err = push_get(options->store, push_id, &pushing.push, diag);
    if (err == CS_OK)
        err = push_count(options->store, push_id, &counts, diag);
    if (err != CS_OK)
        return err;
    push_comment(pushing.comment, &pushing.push);
    pushing.total = counts.items_open + counts.items_done + counts.items_failed;
    err = push_import(&pushing, diag);
    if (err == CS_OK)
        err = push_settle(&pushing, diag);
    pushing.total = counts.locations_open + counts.locations_done + counts.locations_failed;
    if (err == CS_OK)
        err = push_locations(&pushing, diag);
    return err == CS_OK ? push_end(options->store, push_id, push_now_s(&pushing), diag) : err;
}
