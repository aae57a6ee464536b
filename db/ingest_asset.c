// SPDX-License-Identifier: Apache-2.0
/* A sighting: the endpoint's asset with its leaf, history and owner. */
#include <string.h>

#include "db/ingest_inner.h"

/* ---- assets ---- */

struct asset {  /* as stored */
    int64_t id; /* 0 = new */
    int64_t certificate_id;
    int64_t interval_id;
    int64_t owner_id;
    int64_t rule_id;
    int64_t assignment_id;
    bool same_rule_name;
};

struct sighted { /* the ids of a sighting's parts */
    int64_t endpoint_id;
    int64_t chain_id;
    int64_t certificate_id;
};

struct choice { /* whose an asset is, and why */
    int64_t owner_id;
    int64_t rule_id;
    int64_t assignment_id;
    const char *rule_name; /* NULL: no rule, or by hand */
};

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void read_asset(sqlite3_stmt *stmt, const struct ingest_sighting *sighting, struct asset *asset)
{
    *asset = (struct asset){
        .id = sqlite3_column_int64(stmt, 2),
        .certificate_id = sqlite3_column_int64(stmt, 3),
        .interval_id = sqlite3_column_int64(stmt, 4),
        .owner_id = sqlite3_column_int64(stmt, 5),
        .rule_id = sqlite3_column_int64(stmt, 6),
        .same_rule_name = same_text(sql_text(stmt, 7), sighting->rule_name),
        .assignment_id = sqlite3_column_int64(stmt, 8),
    };
}

static enum cs_err find_asset(struct ingest *ingest, int64_t endpoint_id,
                              const struct ingest_sighting *sighting, struct asset *asset, struct diag *diag)
{
    sqlite3_stmt *stmt = ingest_use(ingest, FIND_ASSETS);
    bool row = true;
    enum cs_err err = CS_OK;
    sql_bind_int(stmt, 1, endpoint_id);
    while (err == CS_OK && row) {
        err = sql_step(ingest->store, stmt, &row, diag);
        if (err != CS_OK || !row)
            break;
        if (strcmp(sql_text(stmt, 0), sighting->slot) == 0)
            read_asset(stmt, sighting, asset);
        else
            ingest->latest.others_live |= sqlite3_column_int(stmt, 1) != 0;
    }
    return err;
}

/* Its id is given here, so that the asset can name it before it is there: assets come first, for intervals
 * refer to them. */
static enum cs_err put_interval(struct ingest *ingest, int64_t asset_id, const struct sighted *sighted,
                                int64_t at_s, struct diag *diag)
{
    sqlite3_stmt *stmt = ingest_use(ingest, PUT_INTERVAL);
    sql_bind_int(stmt, 1, ++ingest->last_interval);
    sql_bind_int(stmt, 2, asset_id);
    sql_bind_int(stmt, 3, sighted->certificate_id);
    sql_bind_int(stmt, 4, at_s);
    sql_bind_int(stmt, 5, ingest->scan_id);
    return ingest_run(ingest, PUT_INTERVAL, diag);
}

static enum cs_err put_asset(struct ingest *ingest, const struct sighted *sighted,
                             const struct ingest_sighting *sighting, const struct choice *choice, int64_t *id,
                             struct diag *diag)
{
    sqlite3_stmt *stmt = ingest_use(ingest, PUT_ASSET);
    sql_bind_int(stmt, 1, sighted->endpoint_id);
    sql_bind_text(stmt, 2, sighting->slot);
    sql_bind_int(stmt, 3, sighted->certificate_id);
    sql_bind_int(stmt, 4, sighted->chain_id);
    sql_bind_int(stmt, 5, ingest->last_interval + 1);
    sql_bind_text(stmt, 6, tls_version_name(sighting->chain->tls_version));
    sql_bind_int(stmt, 7, sighting->chain->lane);
    sql_bind_int(stmt, 8, sighting->seen_at_s);
    sql_bind_int(stmt, 9, ingest->scan_id);
    sql_bind_id(stmt, 10, choice->owner_id);
    sql_bind_id(stmt, 11, choice->rule_id);
    sql_bind_text(stmt, 12, choice->rule_name);
    sql_bind_id(stmt, 13, choice->assignment_id);
    sql_bind_int(stmt, 14, sighting->starttls_injection);
    enum cs_err err = ingest_run(ingest, PUT_ASSET, diag);
    *id = ingest_last_id(ingest);
    return err == CS_OK ? put_interval(ingest, *id, sighted, sighting->seen_at_s, diag) : err;
}

static enum cs_err set_owner(struct ingest *ingest, const struct asset *asset, const struct choice *choice,
                             int64_t at_s, struct diag *diag)
{
    bool same = asset->owner_id == choice->owner_id && asset->assignment_id == choice->assignment_id;
    bool same_rule =
        choice->assignment_id != 0 || (asset->rule_id == choice->rule_id && asset->same_rule_name);
    if (same && same_rule)
        return CS_OK;
    sqlite3_stmt *stmt = ingest_use(ingest, SET_OWNER);
    sql_bind_int(stmt, 1, asset->id);
    sql_bind_id(stmt, 2, choice->owner_id);
    sql_bind_id(stmt, 3, choice->rule_id);
    sql_bind_text(stmt, 4, choice->rule_name);
    sql_bind_id(stmt, 5, choice->assignment_id);
    sql_bind_int(stmt, 6, at_s);
    sql_bind_int(stmt, 7, ingest->scan_id);
    return ingest_run(ingest, SET_OWNER, diag);
}

/* The interval of the leaf goes on, or a new one begins. */
static enum cs_err extend_history(struct ingest *ingest, const struct sighted *sighted, int64_t at_s,
                                  const struct asset *asset, struct diag *diag)
{
    if (asset->certificate_id == sighted->certificate_id) {
        sqlite3_stmt *stmt = ingest_use(ingest, TOUCH_INTERVAL);
        sql_bind_int(stmt, 1, asset->interval_id);
        sql_bind_int(stmt, 2, at_s);
        sql_bind_int(stmt, 3, ingest->scan_id);
        return ingest_run(ingest, TOUCH_INTERVAL, diag);
    }
    enum cs_err err = put_interval(ingest, asset->id, sighted, at_s, diag);
    if (err != CS_OK)
        return err;
    sqlite3_stmt *stmt = ingest_use(ingest, CHANGE_LEAF);
    sql_bind_int(stmt, 1, asset->id);
    sql_bind_int(stmt, 2, sighted->certificate_id);
    sql_bind_int(stmt, 3, ingest->last_interval);
    return ingest_run(ingest, CHANGE_LEAF, diag);
}

static enum cs_err touch_asset(struct ingest *ingest, const struct sighted *sighted,
                               const struct ingest_sighting *sighting, const struct asset *asset,
                               const struct choice *choice, struct diag *diag)
{
    sqlite3_stmt *stmt = ingest_use(ingest, TOUCH_ASSET);
    sql_bind_int(stmt, 1, asset->id);
    sql_bind_int(stmt, 2, sighted->chain_id);
    sql_bind_text(stmt, 3, tls_version_name(sighting->chain->tls_version));
    sql_bind_int(stmt, 4, sighting->chain->lane);
    sql_bind_int(stmt, 5, sighting->seen_at_s);
    sql_bind_int(stmt, 6, ingest->scan_id);
    sql_bind_int(stmt, 7, sighting->starttls_injection);
    enum cs_err err = ingest_run(ingest, TOUCH_ASSET, diag);
    if (err == CS_OK)
        err = extend_history(ingest, sighted, sighting->seen_at_s, asset, diag);
    return err == CS_OK ? set_owner(ingest, asset, choice, sighting->seen_at_s, diag) : err;
}

/* ---- owners ---- */

/* A manual assignment of the endpoint or the leaf; 0 = none. */
static enum cs_err find_assignment(struct ingest *ingest, const struct sighted *sighted,
                                   struct choice *choice, struct diag *diag)
{
    sqlite3_stmt *stmt = ingest_use(ingest, FIND_ASSIGNMENT);
    bool row;
    sql_bind_int(stmt, 1, sighted->endpoint_id);
    sql_bind_int(stmt, 2, sighted->certificate_id);
    enum cs_err err = sql_step(ingest->store, stmt, &row, diag);
    if (err != CS_OK || !row)
        return err;
    *choice = (struct choice){
        .assignment_id = sqlite3_column_int64(stmt, 0),
        .owner_id = sqlite3_column_int64(stmt, 1),
    };
    sqlite3_reset(stmt);
    return CS_OK;
}

/* NULL in `out` = there is no such owner (any more). */
static enum cs_err find_owner(struct ingest *ingest, int64_t id, const struct remembered_owner **out,
                              struct diag *diag)
{
    struct remembered_owner *place = &ingest->memory->owners[(uint64_t)id % OWNERS_REMEMBERED];
    sqlite3_stmt *stmt = ingest_use(ingest, NAME_OWNER);
    bool row;
    *out = NULL;
    if (id == 0)
        return CS_OK;
    if (place->id != id) {
        sql_bind_int(stmt, 1, id);
        enum cs_err err = sql_step(ingest->store, stmt, &row, diag);
        if (err != CS_OK || !row)
            return err;
        const char *department = sql_text(stmt, 1);
        *place = (struct remembered_owner){.id = id, .has_department = department != NULL};
        strncpy(place->name.organization, sql_text(stmt, 0), sizeof place->name.organization - 1);
        strncpy(place->name.department, department != NULL ? department : "",
                sizeof place->name.department - 1);
        sqlite3_reset(stmt);
    }
    *out = place;
    return CS_OK;
}

/* A manual assignment wins over the rule. */
static enum cs_err decide(struct ingest *ingest, const struct sighted *sighted,
                          const struct ingest_sighting *sighting, struct choice *choice,
                          struct ingest_decision *decision, struct diag *diag)
{
    const struct remembered_owner *owner;
    enum cs_err err = CS_OK;
    *choice = (struct choice){
        .owner_id = sighting->owner_id, .rule_id = sighting->rule_id, .rule_name = sighting->rule_name};
    if (ingest->has_assignments)
        err = find_assignment(ingest, sighted, choice, diag);
    if (err == CS_OK)
        err = find_owner(ingest, choice->owner_id, &owner, diag);
    if (err != CS_OK)
        return err;
    decision->manual = choice->assignment_id != 0;
    decision->owner_id = choice->owner_id;
    decision->rule = decision->manual ? "manual" : choice->rule_name;
    if (owner != NULL) {
        decision->owner_organization = owner->name.organization;
        decision->owner_department = owner->has_department ? owner->name.department : NULL;
    }
    return CS_OK;
}

/* The task has seen it. */
static enum cs_err mark_task(struct ingest *ingest, int64_t asset_id, struct diag *diag)
{
    if (ingest->task_id == 0)
        return CS_OK;
    sql_bind_int(ingest_use(ingest, MARK_TASK), 1, ingest->task_id);
    sql_bind_int(ingest_use(ingest, MARK_TASK), 2, asset_id);
    return ingest_run(ingest, MARK_TASK, diag);
}

enum cs_err ingest_sighting(struct ingest *ingest, const struct ingest_sighting *sighting,
                            struct ingest_decision *decision, struct diag *diag)
{
    struct sighted sighted = {0};
    struct asset asset = {0};
    struct choice choice;
    bool is_new = false;
    *decision = (struct ingest_decision){0};
    ingest->latest = (struct endpoint_state){0};
    enum cs_err err =
        ingest_find_certificate(ingest, sighting->chain->certs[0].sha256, &sighted.certificate_id, diag);
    if (err == CS_OK && sighted.certificate_id == 0)
        return diag_fail(diag, CS_E_NOT_FOUND, "a leaf that is not stored");
    if (err == CS_OK)
        err = ingest_chain(ingest, sighting, &sighted.chain_id, diag);
    if (err == CS_OK)
        err = ingest_find_or_put_endpoint(ingest, sighting, &sighted.endpoint_id, &is_new, diag);
    if (err == CS_OK && !is_new)
        err = find_asset(ingest, sighted.endpoint_id, sighting, &asset, diag);
    if (err == CS_OK)
        err = decide(ingest, &sighted, sighting, &choice, decision, diag);
    if (err != CS_OK)
        return err;
    ingest->latest.hash = endpoint_hash(&sighting->endpoint);
    ingest->latest.id = sighted.endpoint_id;
    decision->is_new = asset.id == 0;
    decision->is_changed = asset.id != 0 && asset.certificate_id != sighted.certificate_id;
    err = decision->is_new ? put_asset(ingest, &sighted, sighting, &choice, &asset.id, diag)
                           : touch_asset(ingest, &sighted, sighting, &asset, &choice, diag);
    decision->asset_id = asset.id;
    return err == CS_OK ? mark_task(ingest, asset.id, diag) : err;
}
