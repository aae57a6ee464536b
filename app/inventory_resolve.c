// SPDX-License-Identifier: Apache-2.0
#include "app/inventory_resolve.h"

#include "app/dns_answers.h"
#include "db/inventory_names.h"
#include "scanner/follow_ups.h"

#define LOOKUPS_PER_S 500
#define LOOKUP_MS     1500
#define GIVE_UP_AFTER 64 /* look-ups that nobody answered, and none that anybody did */
#define NAMES_AT_ONCE 1000

struct resolving {
    struct store *store;
    const char *network;
    struct text_list names;
    bool dns_answered;
    int64_t now_s;
    struct inventory_resolve_result *result;
    struct diag *diag;
};

static enum cs_err keep_name(void *context, const char *name)
{
    struct resolving *resolving = context;
    char normal[ENDPOINT_MAX_NAME + 1];
    return follow_ups_usable(name, normal) ? text_list_add(&resolving->names, normal) : CS_OK;
}

/* Inside a transaction. */
static enum cs_err store_answers(struct resolving *resolving, const struct dns_answers *answers)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < answers->count && err == CS_OK; i++) {
        const struct dns_answer *answer = &answers->items[i];
        resolving->dns_answered |= answer->answered;
        resolving->result->unanswered += !answer->answered;
        resolving->result->found += answer->count > 0;
        if (answer->answered)
            err = scan_names_put(resolving->store, resolving->network, answer->name, answer->ips,
                                 answer->count, resolving->now_s, resolving->diag);
    }
    return err;
}

static enum cs_err take_answers(struct resolving *resolving, const struct dns_answers *answers)
{
    enum cs_err err = store_begin(resolving->store, resolving->diag);
    if (err != CS_OK)
        return err;
    err = store_answers(resolving, answers);
    if (err == CS_OK)
        err = store_commit(resolving->store, resolving->diag);
    if (err != CS_OK)
        store_rollback(resolving->store);
    return err;
}

static enum cs_err resolve_some(struct resolving *resolving, const struct text_list *names,
                                const char *dns_server)
{
    struct dns_answers answers;
    const struct resolver_options options = {
        .server = dns_server,
        .timeout_ms = LOOKUP_MS,
        .rate_per_s = LOOKUPS_PER_S,
        .give_up_after = resolving->dns_answered ? 0 : GIVE_UP_AFTER,
    };
    enum cs_err err = dns_answers_ask(&answers, names, &options, resolving->diag);
    if (err == CS_OK)
        err = take_answers(resolving, &answers);
    dns_answers_dispose(&answers);
    return err;
}

enum cs_err inventory_resolve(struct store *store, const char *dns_server, const char *network, int64_t now_s,
                              void (*progress)(size_t done, size_t total),
                              struct inventory_resolve_result *result, struct diag *diag)
{
    struct resolving resolving = {
        .store = store, .network = network, .now_s = now_s, .result = result, .diag = diag};
    *result = (struct inventory_resolve_result){0};
    enum cs_err err = inventory_names_each(store, keep_name, &resolving, diag);
    result->names = resolving.names.count;
    for (size_t at = 0; at < result->names && err == CS_OK; at += NAMES_AT_ONCE) {
        size_t left = result->names - at;
        const struct text_list some = {.items = resolving.names.items + at,
                                       .count = left < NAMES_AT_ONCE ? left : NAMES_AT_ONCE};
        if (at > 0 && !resolving.dns_answered) { /* of a thousand nobody answered one */
            result->unanswered += left;
            break;
        }
        err = resolve_some(&resolving, &some, dns_server);
        if (progress != NULL)
            progress(at + some.count, result->names);
    }
    text_list_dispose(&resolving.names);
    return err;
}

enum cs_err inventory_resolve_check(const char *dns_server, struct diag *diag)
{
    const struct text_list none = {0};
    const struct resolver_options options = {.server = dns_server};
    struct dns_answers answers;
    enum cs_err err = dns_answers_ask(&answers, &none, &options, diag);
    dns_answers_dispose(&answers);
    return err;
}
