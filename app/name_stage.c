// SPDX-License-Identifier: Apache-2.0
/* meet -> (leaf ...) for every batch; then round after round: names -> DNS -> candidates -> targets. */
#include "app/name_stage.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/pipeline.h"
#include "base/map64.h"
#include "base/text.h"
#include "db/assets.h"
#include "db/scan_names.h"
#include "scanner/resolver.h"
#include "scanner/target_blocks.h"

#define LOOKUPS_PER_S 500
#define LOOKUP_MS     1500
#define LOOKUP_TRIES  2
#define NAMES_AT_ONCE 1000
#define GIVE_UP_AFTER 64 /* look-ups that nobody answered, and none that anybody did */

struct reverse { /* one address that was asked about */
    struct ip ip;
    char *name; /* owned; NULL = it has none */
};

struct name_stage {
    struct name_options options;
    struct follow_ups *ups;
    struct reverse *reverses; /* owned */
    size_t reverse_count;
    size_t reverse_cap;
    struct map64 reverse_numbers; /* by hash of the address */
    struct ip *asked;             /* of the batch at hand; owned */
    size_t asked_count;
    size_t asked_cap;
    uint64_t next_number;
    int64_t now_s;     /* of the round */
    bool dns_answered; /* ever */
    bool dns_dead;     /* nobody answers: it is left alone */
    struct diag *diag; /* of the call under way */
};

enum cs_err name_stage_new(struct name_stage **out, const struct name_options *options, struct diag *diag)
{
    struct name_stage *stage = calloc(1, sizeof *stage);
    *out = NULL;
    if (stage == NULL || follow_ups_new(&stage->ups, options->max_names) != CS_OK) {
        free(stage);
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    }
    stage->options = *options;
    *out = stage;
    return CS_OK;
}

void name_stage_free(struct name_stage *stage)
{
    if (stage == NULL)
        return;
    for (size_t i = 0; i < stage->reverse_count; i++)
        free(stage->reverses[i].name);
    free(stage->reverses);
    free(stage->asked);
    map64_dispose(&stage->reverse_numbers);
    follow_ups_free(stage->ups);
    free(stage);
}

static bool takes(const struct name_stage *stage, enum name_source source)
{
    return (stage->options.sources & NAME_SOURCE_BIT(source)) != 0;
}

/* ---- PTR ---- */

static uint64_t key_of(struct ip ip)
{
    const struct endpoint endpoint = {.network = "", .ip = ip};
    return endpoint_hash(&endpoint);
}

/* Nothing about addresses that exist on every machine leaves this one, but for a DNS server that was named.
 */
static bool may_ask_about(const struct name_stage *stage, struct ip ip)
{
    const uint8_t *v4 = ip.bytes + 12;
    static const struct ip loopback = {.bytes = {[15] = 1}};
    if (stage->options.dns_server != NULL)
        return true;
    if (ip_is_v4(ip))
        return v4[0] != 127 && !(v4[0] == 169 && v4[1] == 254);
    return !ip_equals(ip, loopback) && !(ip.bytes[0] == 0xFE && (ip.bytes[1] & 0xC0) == 0x80);
}

static const struct reverse *find_reverse(const struct name_stage *stage, struct ip ip)
{
    uint32_t number;
    return map64_get(&stage->reverse_numbers, key_of(ip), &number) ? &stage->reverses[number] : NULL;
}

static enum cs_err add_reverse(struct name_stage *stage, struct ip ip)
{
    if (stage->reverse_count == stage->reverse_cap) {
        size_t cap = stage->reverse_cap == 0 ? 64 : stage->reverse_cap * 2;
        struct reverse *more = realloc(stage->reverses, cap * sizeof *more);
        if (more == NULL)
            return CS_E_NOMEM;
        stage->reverses = more;
        stage->reverse_cap = cap;
    }
    enum cs_err err = map64_add(&stage->reverse_numbers, key_of(ip), (uint32_t)stage->reverse_count);
    if (err == CS_OK)
        stage->reverses[stage->reverse_count++] = (struct reverse){.ip = ip};
    return err;
}

static enum cs_err ask_later(struct name_stage *stage, struct ip ip)
{
    if (stage->asked_count == stage->asked_cap) {
        size_t cap = stage->asked_cap == 0 ? 64 : stage->asked_cap * 2;
        struct ip *more = realloc(stage->asked, cap * sizeof *more);
        if (more == NULL)
            return CS_E_NOMEM;
        stage->asked = more;
        stage->asked_cap = cap;
    }
    stage->asked[stage->asked_count++] = ip;
    return add_reverse(stage, ip);
}

static enum cs_err keep_name(void *context, struct ip ip, const char *name, bool answered)
{
    struct name_stage *stage = context;
    char normal[ENDPOINT_MAX_NAME + 1];
    uint32_t number;
    stage->dns_answered |= answered;
    if (name == NULL || !follow_ups_usable(name, normal) ||
        !map64_get(&stage->reverse_numbers, key_of(ip), &number))
        return CS_OK;
    free(stage->reverses[number].name);
    stage->reverses[number].name = text_copy(normal);
    return stage->reverses[number].name != NULL ? CS_OK : CS_E_NOMEM;
}

static struct resolver_options lookups(const struct name_stage *stage)
{
    return (struct resolver_options){
        .server = stage->options.dns_server,
        .timeout_ms = LOOKUP_MS,
        .tries = LOOKUP_TRIES,
        .rate_per_s = LOOKUPS_PER_S,
        .give_up_after = stage->dns_answered ? 0 : GIVE_UP_AFTER,
        .stop = stage->options.stop,
    };
}

/* A DNS that answers nothing is asked no more in this scan. */
static void bury_dns(struct name_stage *stage, size_t asked)
{
    stage->dns_dead |= !stage->dns_answered && asked >= GIVE_UP_AFTER;
}

static bool has_shown_something(const struct observation *seen)
{
    return seen->chain_count > 0 || follow_ups_wants_name(seen->outcome, seen->protocol, seen->server_name);
}

static enum cs_err look_up_names(struct name_stage *stage, const struct scan_batch *batch)
{
    enum cs_err err = CS_OK;
    stage->asked_count = 0;
    for (size_t i = 0; i < batch->observation_count && err == CS_OK; i++) {
        const struct observation *seen = batch->observations[i];
        if (has_shown_something(seen) && seen->host_name == NULL && may_ask_about(stage, seen->ip) &&
            find_reverse(stage, seen->ip) == NULL)
            err = ask_later(stage, seen->ip);
    }
    if (err != CS_OK || stage->asked_count == 0 || stage->dns_dead)
        return err;
    struct resolver_options options = lookups(stage);
    err = resolver_run_reverse(stage->asked, stage->asked_count, &options, keep_name, stage, stage->diag);
    bury_dns(stage, stage->asked_count);
    return err;
}

enum cs_err name_stage_meet(struct name_stage *stage, const struct scan_batch *batch, struct diag *diag)
{
    stage->diag = diag;
    diag_set(diag, "%s", "out of memory");
    enum cs_err err = takes(stage, NAME_SOURCE_PTR) ? look_up_names(stage, batch) : CS_OK;
    for (size_t i = 0; i < batch->observation_count && err == CS_OK; i++) {
        struct observation *seen = batch->observations[i];
        const struct reverse *reverse = find_reverse(stage, seen->ip);
        if (seen->host_name == NULL && reverse != NULL)
            seen->host_name = reverse->name;
        if (has_shown_something(seen))
            err = follow_ups_met(stage->ups, seen);
        bool is_given = seen->server_name != NULL && seen->target < PIPELINE_FOLLOW_UPS;
        if (err == CS_OK && has_shown_something(seen) && is_given)
            err = follow_ups_points(stage->ups, seen->server_name, seen->ip, NAME_SOURCE_GIVEN);
        if (err == CS_OK && has_shown_something(seen) && reverse != NULL && reverse->name != NULL)
            err = follow_ups_points(stage->ups, reverse->name, seen->ip, NAME_SOURCE_PTR);
    }
    return err;
}

/* ---- names seen ---- */

static enum cs_err see_names(struct name_stage *stage, struct ip ip, const struct cert_record *leaf)
{
    enum cs_err err = CS_OK;
    if (!takes(stage, NAME_SOURCE_SEEN) || !may_ask_about(stage, ip))
        return CS_OK;
    if (leaf->common_name != NULL)
        err = follow_ups_seen(stage->ups, leaf->common_name, NAME_SOURCE_SEEN);
    for (size_t i = 0; i < leaf->dns_names.count && err == CS_OK; i++)
        err = follow_ups_seen(stage->ups, leaf->dns_names.items[i], NAME_SOURCE_SEEN);
    return err;
}

enum cs_err name_stage_leaf(void *context, const struct observation *seen, const struct cert_record *leaf)
{
    return see_names(context, seen->ip, leaf);
}

static enum cs_err see_earlier(void *context, const char *name)
{
    struct name_stage *stage = context;
    return follow_ups_seen(stage->ups, name, NAME_SOURCE_SEEN);
}

/* What earlier scans knew of the addresses met since the last round. */
static enum cs_err recall_seen(struct name_stage *stage)
{
    size_t count;
    const struct ip *ips = follow_ups_new_addresses(stage->ups, &count);
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < count && err == CS_OK; i++) {
        if (may_ask_about(stage, ips[i]))
            err = scan_names_at(stage->options.store, stage->options.network, ips[i], see_earlier, stage,
                                stage->diag);
    }
    return err;
}

/* Sources whose names are stored: called before every round, each tells follow_ups_seen what is new since the
 * last one. */
static const struct {
    enum name_source source;
    enum cs_err (*recall)(struct name_stage *stage);
} recalls[] = {
    {NAME_SOURCE_SEEN, recall_seen},
};

static enum cs_err recall(struct name_stage *stage)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < sizeof recalls / sizeof recalls[0] && err == CS_OK; i++) {
        if (takes(stage, recalls[i].source) && stage->options.store != NULL)
            err = recalls[i].recall(stage);
    }
    return err;
}

static enum cs_err take_resolved(void *context, const char *name, const struct ip *ips, size_t count,
                                 bool answered, const char *reason)
{
    struct name_stage *stage = context;
    const struct ip *at_home = NULL;
    enum cs_err err = CS_OK;
    (void)reason;
    stage->dns_answered |= answered;
    for (size_t i = 0; i < count && err == CS_OK; i++)
        err = follow_ups_resolved(stage->ups, name, ips[i]);
    for (size_t i = 0; i < stage->reverse_count && count == 0 && at_home == NULL; i++) {
        if (stage->reverses[i].name != NULL && text_equals(stage->reverses[i].name, name))
            at_home = &stage->reverses[i].ip;
    }
    if (err == CS_OK && answered && stage->options.store != NULL)
        err = scan_names_resolved(stage->options.store, stage->options.scan_id, stage->options.network, name,
                                  ips, count, at_home, stage->now_s, stage->diag);
    return err;
}

/* The answers are kept first and stored behind the last one: no transaction is open while the DNS is asked.
 */
struct answer {
    char *name;
    struct ip *ips;
    size_t count;
    bool answered;
};

struct answers {
    struct answer *items;
    size_t count;
    size_t cap;
};

static void dispose_answers(struct answers *answers)
{
    for (size_t i = 0; i < answers->count; i++) {
        free(answers->items[i].name);
        free(answers->items[i].ips);
    }
    free(answers->items);
}

static enum cs_err keep_answer(void *context, const char *name, const struct ip *ips, size_t count,
                               bool answered, const char *reason)
{
    struct answers *answers = context;
    (void)reason;
    struct answer *item = &answers->items[answers->count];
    *item = (struct answer){text_copy(name), calloc(count + 1, sizeof *ips), count, answered};
    answers->count++;
    if (item->name == NULL || item->ips == NULL)
        return CS_E_NOMEM;
    memcpy(item->ips, ips, count * sizeof *ips);
    return CS_OK;
}

static enum cs_err take_answers(struct name_stage *stage, const struct answers *answers)
{
    struct store *store = stage->options.store;
    enum cs_err err = store != NULL ? store_begin(store, stage->diag) : CS_OK;
    if (err != CS_OK)
        return err;
    for (size_t i = 0; i < answers->count && err == CS_OK; i++) {
        const struct answer *item = &answers->items[i];
        err = take_resolved(stage, item->name, item->ips, item->count, item->answered, NULL);
    }
    if (store == NULL)
        return err;
    if (err == CS_OK)
        err = store_commit(store, stage->diag);
    if (err != CS_OK)
        store_rollback(store);
    return err;
}

static enum cs_err resolve(struct name_stage *stage, const struct text_list *names)
{
    struct answers answers = {.items = calloc(names->count, sizeof *answers.items)};
    struct resolver_options options = lookups(stage);
    if (answers.items == NULL)
        return CS_E_NOMEM;
    enum cs_err err = resolver_run(names, &options, keep_answer, &answers, stage->diag);
    if (err == CS_OK)
        err = take_answers(stage, &answers);
    bury_dns(stage, names->count);
    dispose_answers(&answers);
    return err;
}

enum cs_err name_stage_resolve(struct name_stage *stage, int64_t now_s, bool *more, struct diag *diag)
{
    struct text_list names = {0};
    stage->diag = diag;
    stage->now_s = now_s;
    diag_set(diag, "%s", "out of memory");
    enum cs_err err = recall(stage);
    if (err == CS_OK)
        err = follow_ups_unresolved(stage->ups, NAMES_AT_ONCE, &names);
    *more = err == CS_OK && names.count == NAMES_AT_ONCE;
    if (err == CS_OK && names.count > 0 && !stage->dns_dead)
        err = resolve(stage, &names);
    text_list_dispose(&names);
    return err;
}

/* ---- rounds ---- */

static enum cs_err add_target(struct target_set *set, const struct follow_up *up)
{
    struct ip_set addresses = {0};
    struct port_list ports = {0};
    enum cs_err err = ip_set_add(&addresses, (struct ip_range){up->ip, up->ip});
    if (err == CS_OK)
        err = ip_set_normalize(&addresses);
    if (err == CS_OK)
        err = port_list_add(&ports, (struct port_entry){up->port, (uint8_t)up->protocol});
    if (err == CS_OK)
        err = target_set_take_block(set, &addresses, &ports, up->name, up->name);
    ip_set_dispose(&addresses);
    port_list_dispose(&ports);
    return err;
}

static enum cs_err put_row(struct name_stage *stage, uint64_t number, const struct follow_up *up)
{
    const struct endpoint endpoint = {.network = stage->options.network,
                                      .ip = up->ip,
                                      .port = up->port,
                                      .protocol = up->protocol,
                                      .server_name = up->name};
    if (stage->options.store == NULL)
        return CS_OK;
    return follow_up_put(stage->options.store, stage->options.scan_id, number, &endpoint, stage->diag);
}

static enum cs_err gather(struct name_stage *stage, struct target_set *set)
{
    struct follow_up up;
    bool more = true;
    enum cs_err err = CS_OK;
    follow_ups_begin_round(stage->ups);
    while (err == CS_OK) {
        err = follow_ups_next(stage->ups, &up, &more);
        if (err != CS_OK || !more)
            break;
        err = add_target(set, &up);
        if (err == CS_OK)
            err = put_row(stage, stage->next_number++, &up);
    }
    return err;
}

static enum cs_err gather_stored(struct name_stage *stage, struct target_set *set)
{
    struct store *store = stage->options.store;
    enum cs_err err = store != NULL ? store_begin(store, stage->diag) : CS_OK;
    if (err != CS_OK)
        return err;
    err = gather(stage, set);
    if (store == NULL)
        return err;
    if (err == CS_OK)
        err = store_commit(store, stage->diag);
    if (err != CS_OK)
        store_rollback(store);
    return err;
}

enum cs_err name_stage_round(struct name_stage *stage, struct target_set **out, uint64_t *first,
                             struct diag *diag)
{
    struct target_set *set = NULL;
    *out = NULL;
    *first = stage->next_number;
    stage->diag = diag;
    diag_set(diag, "%s", "out of memory");
    enum cs_err err = target_set_new(&set);
    if (err == CS_OK)
        err = gather_stored(stage, set);
    if (err == CS_OK && target_set_count(set) > 0)
        *out = set;
    else
        target_set_free(set);
    return err;
}

/* ---- a resumed scan ---- */

static enum cs_err restore_met(void *context, const struct asset_row *row)
{
    struct name_stage *stage = context;
    struct der leaf = {0};
    if (row->last_scan_id != stage->options.scan_id)
        return CS_OK;
    memcpy(leaf.sha256, row->cert.sha256, sizeof leaf.sha256);
    const struct observation seen = {
        .has_ip = true,
        .ip = row->endpoint.ip,
        .port = row->endpoint.port,
        .protocol = row->endpoint.protocol,
        .server_name = row->endpoint.server_name,
        .chains = {{.certs = &leaf, .cert_count = 1}},
        .chain_count = 1,
    };
    enum cs_err err = follow_ups_met(stage->ups, &seen);
    if (err == CS_OK)
        err = see_names(stage, seen.ip, &row->cert);
    if (err == CS_OK && row->endpoint.server_name == NULL && row->host_name != NULL)
        err = follow_ups_points(stage->ups, row->host_name, seen.ip,
                                NAME_SOURCE_PTR); /* its PTR, or the target's name */
    return err;
}

static enum cs_err restore_tried(void *context, uint64_t number, const struct endpoint *endpoint)
{
    struct name_stage *stage = context;
    const struct observation seen = {
        .has_ip = true,
        .ip = endpoint->ip,
        .port = endpoint->port,
        .protocol = endpoint->protocol,
        .server_name = endpoint->server_name,
    };
    stage->next_number = number + 1;
    return follow_ups_met(stage->ups, &seen);
}

enum cs_err name_stage_restore(struct name_stage *stage, struct diag *diag)
{
    const struct asset_filter filter = {.state = "live"};
    if (stage->options.store == NULL)
        return CS_OK;
    stage->diag = diag;
    enum cs_err err = assets_each(stage->options.store, &filter, NULL, restore_met, stage, diag);
    if (err == CS_OK)
        err = follow_ups_restore(stage->options.store, stage->options.scan_id, restore_tried, stage, diag);
    return err;
}

void name_stage_describe(const struct name_stage *stage, struct buf *out)
{
    struct follow_ups_counts counts;
    follow_ups_count(stage->ups, &counts);
    if (stage->dns_dead)
        buf_append_str(out, "names: no DNS server answers, so none were looked up any more\n");
    if (counts.tried == 0 && counts.beyond_limit == 0)
        return;
    buf_printf(out, "names: %" PRIu64 " tried", counts.tried);
    if (counts.in_a_row > 0)
        buf_printf(out, "; %" PRIu64 " left, since %d in a row had brought nothing new there",
                   counts.in_a_row, FOLLOW_UPS_IN_A_ROW);
    if (counts.beyond_limit > 0)
        buf_printf(out, "; %" PRIu64 " left beyond --max-names", counts.beyond_limit);
    buf_append_char(out, '\n');
}
