// SPDX-License-Identifier: Apache-2.0
/* ask -> (DNS, beside the scan) -> meet -> (leaf ...) for every batch; then round after round: names -> DNS
 * -> candidates -> targets. */
#include "app/name_stage.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/dns_answers.h"
#include "app/name_stage_inner.h"
#include "app/patient_begin.h"
#include "app/pipeline.h"
#include "db/inventory_names.h"
#include "db/scan_names.h"
#include "scanner/target_blocks.h"

#define LOOKUPS_PER_S   500
#define LOOKUPS_AT_ONCE 512
#define LOOKUP_MS       1500
#define LOOKUP_TRIES    2
#define NAMES_AT_ONCE   1000
#define GIVE_UP_AFTER   64                    /* look-ups that nobody answered, and none that anybody did */
#define LOST_AFTER      (2 * LOOKUPS_AT_ONCE) /* look-ups in a row that nobody answers any more */

static bool takes(const struct name_stage *stage, enum name_source source)
{
    return (stage->options.sources & NAME_SOURCE_BIT(source)) != 0;
}

static struct resolver_options lookups(const struct name_stage *stage, bool has_answered)
{
    return (struct resolver_options){
        .server = stage->options.dns_server,
        .timeout_ms = LOOKUP_MS,
        .tries = LOOKUP_TRIES,
        .max_at_once = LOOKUPS_AT_ONCE,
        .rate_per_s = LOOKUPS_PER_S,
        .give_up_after = has_answered ? 0 : GIVE_UP_AFTER,
        .lost_after = LOST_AFTER,
    };
}

enum cs_err name_stage_new(struct name_stage **out, const struct name_options *options, struct diag *diag)
{
    struct name_stage *stage = calloc(1, sizeof *stage);
    *out = NULL;
    if (stage == NULL || follow_ups_new(&stage->ups, options->max_names) != CS_OK) {
        free(stage);
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    }
    stage->options = *options;
    struct resolver_options beside = lookups(stage, false);
    enum cs_err err = CS_OK;
    if (takes(stage, NAME_SOURCE_PTR))
        err = host_names_new(&stage->hosts, &beside, diag);
    if (err == CS_OK)
        *out = stage;
    else
        name_stage_free(stage);
    return err;
}

void name_stage_free(struct name_stage *stage)
{
    if (stage == NULL)
        return;
    host_names_free(stage->hosts);
    follow_ups_free(stage->ups);
    free(stage);
}

/* ---- what is met ---- */

bool name_stage_may_ask(const struct name_stage *stage, struct ip ip)
{
    const uint8_t *v4 = ip.bytes + 12;
    static const struct ip loopback = {.bytes = {[15] = 1}};
    if (stage->options.dns_server != NULL)
        return true;
    if (ip_is_v4(ip))
        return v4[0] != 127 && !(v4[0] == 169 && v4[1] == 254);
    return !ip_equals(ip, loopback) && !(ip.bytes[0] == 0xFE && (ip.bytes[1] & 0xC0) == 0x80);
}

static bool has_shown_something(const struct observation *seen)
{
    return seen->chain_count > 0 || follow_ups_wants_name(seen->outcome, seen->protocol, seen->server_name);
}

static bool wants_host_name(const struct name_stage *stage, const struct observation *seen)
{
    return stage->hosts != NULL && seen->host_name == NULL && has_shown_something(seen) &&
           name_stage_may_ask(stage, seen->ip);
}

enum cs_err name_stage_ask(struct name_stage *stage, const struct scan_batch *batch, struct diag *diag)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < batch->observation_count && err == CS_OK; i++) {
        if (wants_host_name(stage, batch->observations[i]))
            err = host_names_ask(stage->hosts, batch->observations[i]->ip);
    }
    return err == CS_OK ? CS_OK : diag_fail(diag, err, "out of memory");
}

void name_stage_stop(struct name_stage *stage)
{
    if (stage->hosts != NULL)
        host_names_stop(stage->hosts);
}

static enum cs_err update_hosts(struct name_stage *stage)
{
    if (stage->hosts == NULL)
        return CS_OK;
    if (*stage->options.stop != 0)
        name_stage_stop(stage);
    enum cs_err err = host_names_update(stage->hosts);
    return err == CS_OK ? CS_OK : diag_fail(stage->diag, err, "names of addresses: out of memory");
}

enum cs_err name_stage_is_ready(struct name_stage *stage, const struct scan_batch *batch, bool *ready,
                                struct diag *diag)
{
    stage->diag = diag;
    enum cs_err err = update_hosts(stage);
    *ready = true;
    for (size_t i = 0; i < batch->observation_count && *ready && err == CS_OK; i++)
        *ready = !wants_host_name(stage, batch->observations[i]) ||
                 !host_names_is_pending(stage->hosts, batch->observations[i]->ip);
    return err;
}

static enum cs_err meet(struct name_stage *stage, struct observation *seen)
{
    const char *ptr = NULL;
    bool is_given = seen->server_name != NULL && seen->target < PIPELINE_FOLLOW_UPS;
    if (!has_shown_something(seen))
        return CS_OK;
    stage->has_places |= name_stage_may_ask(stage, seen->ip);
    if (stage->hosts != NULL) {
        ptr = host_names_of(stage->hosts, seen->ip);
        if (seen->host_name == NULL && ptr == NULL)
            host_names_miss(stage->hosts, seen->ip);
    }
    if (seen->host_name == NULL)
        seen->host_name = ptr;
    enum cs_err err = follow_ups_met(stage->ups, seen);
    if (err == CS_OK && is_given)
        err = follow_ups_points(stage->ups, seen->server_name, seen->ip, NAME_SOURCE_GIVEN);
    if (err == CS_OK && ptr != NULL)
        err = follow_ups_points(stage->ups, ptr, seen->ip, NAME_SOURCE_PTR);
    return err;
}

enum cs_err name_stage_meet(struct name_stage *stage, const struct scan_batch *batch, struct diag *diag)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < batch->observation_count && err == CS_OK; i++)
        err = meet(stage, batch->observations[i]);
    return err == CS_OK ? CS_OK : diag_fail(diag, err, "out of memory");
}

enum cs_err name_stage_is_waiting(struct name_stage *stage, bool *waiting, struct diag *diag)
{
    stage->diag = diag;
    enum cs_err err = update_hosts(stage);
    *waiting = err == CS_OK && stage->hosts != NULL && host_names_pending(stage->hosts) > 0;
    return err;
}

enum cs_err name_stage_late(struct name_stage *stage, struct ip *ip, const char **name)
{
    *name = NULL;
    if (stage->hosts == NULL || !host_names_take_late(stage->hosts, ip, name))
        return CS_OK;
    return follow_ups_points(stage->ups, *name, *ip, NAME_SOURCE_PTR);
}

/* ---- names seen ---- */

enum cs_err name_stage_see(struct name_stage *stage, struct ip ip, const struct cert_record *leaf)
{
    enum cs_err err = CS_OK;
    if (!takes(stage, NAME_SOURCE_SEEN) || !name_stage_may_ask(stage, ip))
        return CS_OK;
    if (leaf->common_name != NULL)
        err = follow_ups_seen(stage->ups, &ip, leaf->common_name, NAME_SOURCE_SEEN);
    for (size_t i = 0; i < leaf->dns_names.count && err == CS_OK; i++)
        err = follow_ups_seen(stage->ups, &ip, leaf->dns_names.items[i], NAME_SOURCE_SEEN);
    return err;
}

enum cs_err name_stage_leaf(void *context, const struct observation *seen, const struct cert_record *leaf)
{
    return name_stage_see(context, seen->ip, leaf);
}

struct recalling {
    struct name_stage *stage;
    struct ip ip;
};

static enum cs_err see_earlier(void *context, const char *name)
{
    const struct recalling *recalling = context;
    return follow_ups_seen(recalling->stage->ups, &recalling->ip, name, NAME_SOURCE_SEEN);
}

/* What earlier scans knew of the addresses met since the last round. */
static enum cs_err recall_seen(struct name_stage *stage)
{
    size_t count;
    const struct ip *ips = follow_ups_new_addresses(stage->ups, &count);
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < count && err == CS_OK; i++) {
        struct recalling recalling = {stage, ips[i]};
        if (name_stage_may_ask(stage, ips[i]))
            err = scan_names_at(stage->options.store, stage->options.network, ips[i], see_earlier, &recalling,
                                stage->diag);
    }
    return err;
}

static enum cs_err see_managed(void *context, const char *name)
{
    struct name_stage *stage = context;
    return follow_ups_seen(stage->ups, NULL, name, NAME_SOURCE_SCM);
}

/* All names of the inventory, once, when there is a place where they may be. */
static enum cs_err recall_inventory(struct name_stage *stage)
{
    if (!stage->has_places || stage->inventory_recalled)
        return CS_OK;
    stage->inventory_recalled = true;
    return inventory_names_each(stage->options.store, see_managed, stage, stage->diag);
}

/* Sources whose names are stored: called before every round, each tells follow_ups_seen what is new since the
 * last one. */
static const struct {
    enum name_source source;
    enum cs_err (*recall)(struct name_stage *stage);
} recalls[] = {
    {NAME_SOURCE_SCM, recall_inventory},
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

static enum cs_err take_resolved(struct name_stage *stage, const struct dns_answer *answer)
{
    struct ip home;
    bool is_ptr = stage->hosts != NULL && host_names_find(stage->hosts, answer->name, &home);
    enum cs_err err = CS_OK;
    stage->dns_answered |= answer->answered;
    for (size_t i = 0; i < answer->count && err == CS_OK; i++)
        err = follow_ups_resolved(stage->ups, answer->name, answer->ips[i]);
    if (err == CS_OK && answer->answered && stage->options.store != NULL)
        err = scan_names_resolved(stage->options.store, stage->options.scan_id, stage->options.network,
                                  answer->name, answer->ips, answer->count,
                                  answer->count == 0 && is_ptr ? &home : NULL, stage->now_s, stage->diag);
    return err;
}

static enum cs_err take_answers(struct name_stage *stage, const struct dns_answers *answers)
{
    struct store *store = stage->options.store;
    enum cs_err err = store != NULL ? patient_begin(store, stage->options.stop, stage->diag) : CS_OK;
    if (err != CS_OK)
        return err;
    for (size_t i = 0; i < answers->count && err == CS_OK; i++) {
        err = take_resolved(stage, &answers->items[i]);
    }
    if (store == NULL)
        return err;
    if (err == CS_OK)
        err = store_commit(store, stage->diag);
    if (err != CS_OK)
        store_rollback(store);
    return err;
}

static bool is_any_answered(const struct dns_answers *answers)
{
    for (size_t i = 0; i < answers->count; i++) {
        if (answers->items[i].answered || answers->items[i].count > 0)
            return true;
    }
    return false;
}

static enum cs_err resolve(struct name_stage *stage, const struct text_list *names)
{
    struct dns_answers answers;
    bool has_answered =
        stage->dns_answered || (stage->hosts != NULL && host_names_have_answered(stage->hosts));
    struct resolver_options options = lookups(stage, has_answered);
    options.stop = stage->options.stop;
    enum cs_err err = dns_answers_ask(&answers, names, &options, stage->diag);
    if (err == CS_OK)
        err = take_answers(stage, &answers);
    has_answered |= stage->dns_answered;
    stage->unanswered = is_any_answered(&answers) ? 0 : stage->unanswered + names->count;
    stage->dns_dead |= stage->unanswered >= (has_answered ? 2 * NAMES_AT_ONCE : GIVE_UP_AFTER);
    dns_answers_dispose(&answers);
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
    enum cs_err err = store != NULL ? patient_begin(store, stage->options.stop, stage->diag) : CS_OK;
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

void name_stage_describe(const struct name_stage *stage, struct buf *out)
{
    struct follow_ups_counts counts;
    follow_ups_count(stage->ups, &counts);
    if (stage->dns_dead)
        buf_append_str(out, "names: no DNS server answers, so none were looked up any more\n");
    if (counts.not_asked > 0)
        buf_printf(out,
                   "names: %" PRIu64 " seen were not looked up: more than %d of one address, or %d in all\n",
                   counts.not_asked, FOLLOW_UPS_NAMES_AT, FOLLOW_UPS_NAMES_SEEN);
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
