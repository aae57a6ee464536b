// SPDX-License-Identifier: Apache-2.0
/* What a resumed scan had met and tried, from its assets, its attempt log and its follow-ups. */
#include <string.h>

#include "app/name_stage_inner.h"
#include "db/assets.h"
#include "db/scan_names.h"
#include "db/scans.h"

/* The name of an address that nobody has heard comes late, whenever it comes. */
static enum cs_err ask_again(struct name_stage *stage, struct ip ip)
{
    if (stage->hosts == NULL || !name_stage_may_ask(stage, ip))
        return CS_OK;
    enum cs_err err = host_names_ask(stage->hosts, ip);
    host_names_miss(stage->hosts, ip);
    return err;
}

static enum cs_err restore_met(void *context, const struct asset_row *row)
{
    struct name_stage *stage = context;
    struct der leaf = {0};
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
    stage->has_places |= name_stage_may_ask(stage, seen.ip);
    enum cs_err err = follow_ups_met(stage->ups, &seen);
    if (err == CS_OK)
        err = name_stage_see(stage, seen.ip, &row->cert);
    if (err == CS_OK && row->host_name == NULL)
        return ask_again(stage, seen.ip);
    if (err == CS_OK && row->endpoint.server_name == NULL)
        err = follow_ups_points(stage->ups, row->host_name, seen.ip,
                                NAME_SOURCE_PTR); /* its PTR, or the target's name */
    return err;
}

struct walking {
    struct name_stage *stage;
    const struct target_set *targets;
    const struct permutation *order;
};

/* Targets that ended as they may for want of a name. */
static enum cs_err restore_nameless(void *context, const struct attempt_entry *entry)
{
    const struct walking *walking = context;
    enum outcome outcome = (enum outcome)entry->outcome;
    struct target target;
    if (outcome != OUTCOME_TLS_ALERT && outcome != OUTCOME_STARTTLS_REFUSED)
        return CS_OK; /* dark space costs no permutation */
    if (entry->position >= walking->order->count)
        return CS_OK;
    target_set_get(walking->targets, permutation_at(walking->order, entry->position), &target);
    if (!target.has_ip || !follow_ups_wants_name(outcome, target.protocol, target.server_name))
        return CS_OK;
    const struct observation seen = {
        .has_ip = true,
        .ip = target.ip,
        .port = target.port,
        .protocol = target.protocol == PROTOCOL_AUTO ? PROTOCOL_TLS : target.protocol,
        .outcome = outcome,
    };
    enum cs_err err = follow_ups_met(walking->stage->ups, &seen);
    return err == CS_OK ? ask_again(walking->stage, target.ip) : err;
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

enum cs_err name_stage_restore(struct name_stage *stage, const struct target_set *targets,
                               const struct permutation *order, struct diag *diag)
{
    struct store *store = stage->options.store;
    int64_t scan_id = stage->options.scan_id;
    const struct asset_filter filter = {.state = "live", .last_scan_id = scan_id};
    struct walking walking = {stage, targets, order};
    if (store == NULL)
        return CS_OK;
    stage->diag = diag;
    diag_set(diag, "%s", "out of memory");
    enum cs_err err = assets_each(store, &filter, NULL, restore_met, stage, diag);
    if (err == CS_OK)
        err = attempts_each(store, scan_id, 0, restore_nameless, &walking, diag);
    if (err == CS_OK)
        err = follow_ups_restore(store, scan_id, restore_tried, stage, diag);
    return err;
}
