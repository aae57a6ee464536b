// SPDX-License-Identifier: Apache-2.0
/* Custom locations: what is there already is found in the list first, also after a creation that nobody
 * answered, so that none is made twice. */
#include <stdio.h>

#include "scm/push_inner.h"

#define PLACES 64 /* read from the outbox at once */

static enum cs_err list(struct pushing *pushing, int64_t certificate, struct json_value **rows,
                        struct diag *diag)
{
    struct client_question question = {.call = CALL_LOCATIONS, .id = certificate};
    enum cs_err err = client_ask(pushing->options->client, &question, rows, diag);
    if (err == CS_OK && !json_is_array(*rows))
        err = diag_fail(diag, CS_E_MALFORMED, "GET %s: expected a JSON array",
                        api_call_info(CALL_LOCATIONS)->path);
    return err;
}

static enum cs_err create(struct pushing *pushing, const struct push_item *item,
                          const struct push_place *place, struct diag *diag)
{
    struct client *client = pushing->options->client;
    struct json_value *root = NULL;
    struct buf body = {0};
    char about[400];
    char ip[IP_TEXT_SIZE];
    int64_t id = 0;
    push_write_location(&body, place, pushing->comment);
    snprintf(about, sizeof about, "%s port %u%s%.200s", ip_format(ip, place->ip), place->port,
             place->host[0] != '\0' ? ", " : "", place->host);
    struct client_question question = {
        .call = CALL_ADD_LOCATION, .id = item->external_id, .body = buf_str(&body), .about = about};
    enum cs_err err = body.err != CS_OK ? diag_fail(diag, body.err, "out of memory")
                                        : push_place_sending(pushing->options->store, place->id, diag);
    if (err == CS_OK)
        err = client_ask(client, &question, &root, diag);
    if (err == CS_OK && !client_created_id(client, &id))
        id = 0; /* it is found by its source when it has to be */
    if (err == CS_OK)
        err = push_place_done(pushing->options->store, place->id, id, PUSH_BY_US, push_now_s(pushing), diag);
    json_free(root);
    buf_dispose(&body);
    return err;
}

/* One place, with `rows` as the certificate's list was before. */
static enum cs_err ensure(struct pushing *pushing, const struct push_item *item,
                          const struct push_place *place, const struct json_value *rows, struct diag *diag)
{
    struct client *client = pushing->options->client;
    struct store *store = pushing->options->store;
    struct json_value *newer = NULL;
    enum cs_err err = CS_OK;
    for (int tries = 1; err == CS_OK; tries++) {
        struct location_reply there = location_find(rows, place, pushing->comment);
        if (there.found) {
            err = push_place_done(store, place->id, there.id, there.ours ? PUSH_BY_US : PUSH_BY_OTHERS,
                                  push_now_s(pushing), diag);
            break;
        }
        err = create(pushing, item, place, diag);
        if (err == CS_OK)
            break;
        if (push_is_refusal(client, err)) {
            struct diag why = *diag;
            err = push_place_failed(store, place->id, why.text, push_now_s(pushing), diag);
            break;
        }
        if (!push_is_open(client, err) || tries == PUSH_TRIES)
            break;
        json_free(newer);
        newer = NULL;
        err = list(pushing, item->external_id, &newer, diag); /* waits, too, where SCM is out of order */
        rows = newer;
    }
    json_free(newer);
    return err;
}

/* The certificate has left SCM since. */
static enum cs_err fail_places(struct pushing *pushing, const struct push_item *item, const char *why,
                               struct diag *diag)
{
    struct push_place places[PLACES];
    size_t count = 0;
    enum cs_err err;
    do {
        err = push_next_places(pushing->options->store, item->id, false, 0, places, PLACES, &count, diag);
        for (size_t i = 0; i < count && err == CS_OK; i++)
            err = push_place_failed(pushing->options->store, places[i].id, why, push_now_s(pushing), diag);
    } while (err == CS_OK && count > 0);
    return err;
}

static void tell_progress(const struct pushing *pushing)
{
    const struct push_options *options = pushing->options;
    struct push_counts counts;
    if (options->progress != NULL && push_count(options->store, pushing->push.id, &counts, NULL) == CS_OK)
        options->progress(options->context, "locations", pushing->total - counts.locations_open,
                          pushing->total);
}

static enum cs_err ensure_all(struct pushing *pushing, const struct push_item *item, struct diag *diag)
{
    struct push_place places[PLACES];
    struct json_value *rows = NULL;
    size_t count = 0;
    int64_t after = 0;
    enum cs_err err = list(pushing, item->external_id, &rows, diag);
    if (push_is_refusal(pushing->options->client, err)) {
        struct diag why = *diag;
        return fail_places(pushing, item, why.text, diag);
    }
    while (err == CS_OK) {
        err = push_next_places(pushing->options->store, item->id, false, after, places, PLACES, &count, diag);
        if (count == 0)
            break;
        for (size_t i = 0; i < count && err == CS_OK; i++) {
            err = ensure(pushing, item, &places[i], rows, diag);
            after = places[i].id;
        }
    }
    json_free(rows);
    return err;
}

enum cs_err push_locations(struct pushing *pushing, struct diag *diag)
{
    struct push_item item = {0};
    int64_t after = 0;
    enum cs_err err;
    do {
        push_items_dispose(&item, 1);
        err = push_next_item(pushing->options->store, pushing->push.id, PUSH_PLACED, after, &item, diag);
        after = item.id;
        if (err == CS_OK && item.id != 0) {
            tell_progress(pushing);
            err = ensure_all(pushing, &item, diag);
        }
    } while (err == CS_OK && item.id != 0);
    push_items_dispose(&item, 1);
    return err;
}
