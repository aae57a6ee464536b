// SPDX-License-Identifier: Apache-2.0
/* Statements are prepared once; certificates, chains and owners met lately are remembered, known endpoints
 * are in a set: a target in dark space costs no SQL at all, one that shows something new three INSERTs. */
#include "db/ingest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/ingest_inner.h"

#define GONE_AFTER 2 /* misses in a row */

static const char *const sql[STATEMENT_COUNT] = {
    [FIND_CERTIFICATE] = "SELECT id FROM certificate WHERE sha256 = ?1 AND record_version >= ?2",
    [READ_CERTIFICATE] = "SELECT " CERTIFICATE_COLUMNS " FROM certificate c WHERE c.id = ?1",
    [FIND_CHAIN] = "SELECT id, roots IS NOT NULL, flaws, path_ends FROM chain WHERE members = ?1",
    [PUT_CHAIN] = "INSERT INTO chain (members, roots, flaws, path_ends) VALUES (?1, ?2, ?3, ?4)",
    [FIND_ENDPOINT] =
        "SELECT id, host_name FROM endpoint WHERE network = ?1 AND ip = ?2 AND port = ?3 AND protocol = ?4"
        " AND server_name = ?5",
    [PUT_ENDPOINT] = "INSERT INTO endpoint (network, ip, port, protocol, server_name, host_name, last_probe,"
                     " last_outcome, last_scan_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8)",
    [TOUCH_ENDPOINT] =
        "UPDATE endpoint SET last_probe = ?2, last_outcome = ?3, last_scan_id = ?4 WHERE id = ?1",
    [NAME_HOST] = "UPDATE endpoint SET host_name = ?2 WHERE id = ?1",
    [FIND_ASSETS] =
        "SELECT slot, state = 'live', id, certificate_id, interval_id, owner_id, rule_id, rule_name,"
        " assignment_id FROM asset WHERE endpoint_id = ?1",
    [PUT_ASSET] =
        "INSERT INTO asset (endpoint_id, slot, state, certificate_id, chain_id, interval_id, tls_version,"
        " lane, first_seen, last_seen, last_scan_id, owner_id, rule_id, rule_name, assignment_id,"
        " starttls_injection)"
        " VALUES (?1, ?2, 'live', ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, (SELECT id FROM owner WHERE id = ?10),"
        " (SELECT id FROM rule WHERE id = ?11), ?12, ?13, ?14)",
    [TOUCH_ASSET] =
        "UPDATE asset SET changed_at = CASE state WHEN 'live' THEN changed_at ELSE ?5 END,"
        " changed_scan_id = CASE state WHEN 'live' THEN changed_scan_id ELSE ?6 END, state = 'live',"
        " chain_id = ?2, tls_version = ?3, lane = ?4, last_seen = ?5,"
        " last_scan_id = ?6, starttls_injection = ?7, missed = 0, missed_scan_id = NULL WHERE id = ?1",
    [CHANGE_LEAF] = "UPDATE asset SET certificate_id = ?2, interval_id = ?3 WHERE id = ?1",
    [PUT_INTERVAL] =
        "INSERT INTO asset_interval (id, asset_id, certificate_id, first_seen, last_seen, first_scan_id,"
        " last_scan_id) VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?5)",
    [TOUCH_INTERVAL] = "UPDATE asset_interval SET last_seen = ?2, last_scan_id = ?3 WHERE id = ?1",
    [LAST_INTERVAL] = "SELECT max(id) FROM asset_interval",
    [HAS_ASSIGNMENTS] = "SELECT EXISTS (SELECT 1 FROM assignment)",
    [FIND_ASSIGNMENT] = "SELECT id, owner_id FROM assignment WHERE endpoint_id = ?1 OR certificate_id = ?2"
                        " ORDER BY endpoint_id IS NULL LIMIT 1",
    [SET_OWNER] = "UPDATE asset SET owner_id = (SELECT id FROM owner WHERE id = ?2),"
                  " rule_id = (SELECT id FROM rule WHERE id = ?3), rule_name = ?4,"
                  " assignment_id = ?5, changed_at = ?6, changed_scan_id = ?7 WHERE id = ?1",
    [NAME_OWNER] = "SELECT coalesce(p.name, o.name), CASE WHEN o.parent_id IS NULL THEN NULL ELSE o.name END"
                   " FROM owner o LEFT JOIN owner p ON p.id = o.parent_id WHERE o.id = ?1",
    [MISS_ASSETS] = "UPDATE asset SET missed = missed + 1, missed_scan_id = ?2,"
                    " state = CASE WHEN missed + 1 >= ?5 THEN 'gone' ELSE state END,"
                    " changed_at = CASE WHEN missed + 1 >= ?5 THEN ?6 ELSE changed_at END,"
                    " changed_scan_id = CASE WHEN missed + 1 >= ?5 THEN ?2 ELSE changed_scan_id END"
                    " WHERE endpoint_id = ?1 AND state = 'live' AND missed_scan_id IS NOT ?2"
                    " AND slot IS NOT ?3 AND slot IS NOT ?4",
    [MISS_NAMED] =
        "UPDATE asset SET missed = missed + 1, missed_scan_id = ?2,"
        " state = CASE WHEN missed + 1 >= ?1 THEN 'gone' ELSE state END,"
        " changed_at = CASE WHEN missed + 1 >= ?1 THEN ?7 ELSE changed_at END,"
        " changed_scan_id = CASE WHEN missed + 1 >= ?1 THEN ?2 ELSE changed_scan_id END"
        " WHERE endpoint_id IN (SELECT id FROM endpoint WHERE network = ?3 AND ip = ?4 AND port = ?5"
        "  AND protocol = ?6 AND server_name <> '')"
        " AND state = 'live' AND missed_scan_id IS NOT ?2 AND last_scan_id <> ?2",
    [MARK_TASK] =
        "INSERT OR IGNORE INTO asset_task (task_id, asset_id) SELECT id, ?2 FROM task WHERE id = ?1",
};

sqlite3_stmt *ingest_use(struct ingest *ingest, enum ingest_statement which)
{
    return ingest->statements[which];
}

enum cs_err ingest_run(struct ingest *ingest, enum ingest_statement which, struct diag *diag)
{
    return sql_run(ingest->store, ingest_use(ingest, which), diag);
}

int64_t ingest_last_id(const struct ingest *ingest)
{
    return sqlite3_last_insert_rowid(ingest->store->db);
}

/* ---- life ---- */

/* Of a named endpoint the place is noted too, by which a target without name finds it. */
static enum cs_err note_endpoint(struct ingest *ingest, const struct endpoint *endpoint)
{
    struct endpoint place = *endpoint;
    place.server_name = NULL;
    enum cs_err err = set64_add(&ingest->endpoints, endpoint_hash(endpoint), NULL);
    if (err == CS_OK && endpoint->server_name != NULL)
        err = set64_add(&ingest->named_places, endpoint_hash(&place), NULL);
    return err;
}

static enum cs_err load_endpoints(struct ingest *ingest, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum cs_err err =
        sql_prepare(ingest->store, &stmt,
                    "SELECT ip, port, protocol, server_name FROM endpoint WHERE network = ?1", diag);
    if (err == CS_OK)
        sql_bind_text(stmt, 1, ingest->network);
    while (err == CS_OK) {
        err = sql_step(ingest->store, stmt, &row, diag);
        if (err != CS_OK || !row)
            break;
        const char *name = sql_text(stmt, 3);
        struct endpoint endpoint = {
            .network = ingest->network,
            .port = (uint16_t)sqlite3_column_int(stmt, 1),
            .protocol = (enum protocol)sqlite3_column_int(stmt, 2),
            .server_name = name[0] != '\0' ? name : NULL,
        };
        if (sqlite3_column_bytes(stmt, 0) == (int)sizeof endpoint.ip.bytes)
            memcpy(endpoint.ip.bytes, sqlite3_column_blob(stmt, 0), sizeof endpoint.ip.bytes);
        err = note_endpoint(ingest, &endpoint);
    }
    sqlite3_finalize(stmt);
    return err;
}

/* At the start, and again after a transaction that was rolled back. */
static enum cs_err load_known(struct ingest *ingest, struct diag *diag)
{
    enum cs_err err = load_endpoints(ingest, diag);
    if (err == CS_OK)
        err = ingest_load_certificates(ingest, diag);
    ingest->loaded = err == CS_OK;
    return err;
}

static enum cs_err load_task(struct ingest *ingest, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(ingest->store, &stmt, "SELECT task_id FROM scan WHERE id = ?1", diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, ingest->scan_id);
        err = sql_int(ingest->store, stmt, &ingest->task_id, 0, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err ingest_new(struct ingest **out, struct store *store, int64_t scan_id, const char *network,
                       struct diag *diag)
{
    *out = NULL;
    struct ingest *ingest = calloc(1, sizeof *ingest);
    if (ingest == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    ingest->store = store;
    ingest->scan_id = scan_id;
    strncpy(ingest->network, network, sizeof ingest->network - 1);
    ingest->memory = calloc(1, sizeof *ingest->memory);
    enum cs_err err = ingest->memory != NULL ? CS_OK : diag_fail(diag, CS_E_NOMEM, "out of memory");
    for (int i = 0; i < STATEMENT_COUNT && err == CS_OK; i++)
        err = sql_prepare(store, &ingest->statements[i], sql[i], diag);
    if (err == CS_OK)
        err = certificate_reader_init(&ingest->reader, store, diag);
    if (err == CS_OK)
        err = certificate_writer_init(&ingest->writer, store, diag);
    if (err == CS_OK)
        err = load_task(ingest, diag);
    if (err == CS_OK)
        err = load_known(ingest, diag);
    if (err != CS_OK) {
        ingest_free(ingest);
        return err;
    }
    *out = ingest;
    return CS_OK;
}

void ingest_free(struct ingest *ingest)
{
    if (ingest == NULL)
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(ingest->statements[i]);
    certificate_reader_dispose(&ingest->reader);
    certificate_writer_dispose(&ingest->writer);
    set64_dispose(&ingest->endpoints);
    set64_dispose(&ingest->named_places);
    set64_dispose(&ingest->certificates);
    free(ingest->memory);
    free(ingest);
}

static void forget(struct ingest *ingest)
{
    memset(ingest->memory, 0, sizeof *ingest->memory);
    ingest->latest = (struct endpoint_state){0};
    ingest->begun = false;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_reset(ingest->statements[i]);
    set64_dispose(&ingest->endpoints);
    set64_dispose(&ingest->named_places);
    set64_dispose(&ingest->certificates);
    ingest->loaded = false;
    ingest->others_write = false;
}

static enum cs_err look_around(struct ingest *ingest, struct diag *diag)
{
    int64_t version = store_data_version(ingest->store);
    int64_t has_assignments = 0;
    ingest->latest = (struct endpoint_state){0};
    if (!ingest->begun || version != ingest->data_version)
        memset(ingest->memory, 0, sizeof *ingest->memory);
    ingest->others_write |= ingest->loaded && version != ingest->data_version;
    ingest->begun = true;
    ingest->data_version = version;
    enum cs_err err = ingest->loaded ? CS_OK : load_known(ingest, diag);
    if (err == CS_OK)
        err = sql_int(ingest->store, ingest_use(ingest, LAST_INTERVAL), &ingest->last_interval, 0, diag);
    if (err == CS_OK)
        err = sql_int(ingest->store, ingest_use(ingest, HAS_ASSIGNMENTS), &has_assignments, 0, diag);
    ingest->has_assignments = has_assignments != 0;
    return err;
}

enum cs_err ingest_begin(struct ingest *ingest, struct diag *diag)
{
    enum cs_err err = store_begin(ingest->store, diag);
    if (err != CS_OK)
        return err;
    err = look_around(ingest, diag);
    if (err != CS_OK)
        ingest_rollback(ingest);
    return err;
}

enum cs_err ingest_commit(struct ingest *ingest, struct diag *diag)
{
    return store_commit(ingest->store, diag);
}

void ingest_rollback(struct ingest *ingest)
{
    store_rollback(ingest->store);
    forget(ingest);
}

/* ---- endpoints ---- */

static void bind_endpoint(sqlite3_stmt *stmt, const struct endpoint *endpoint)
{
    sql_bind_text(stmt, 1, endpoint->network);
    sql_bind_blob(stmt, 2, endpoint->ip.bytes, sizeof endpoint->ip.bytes);
    sql_bind_int(stmt, 3, endpoint->port);
    sql_bind_int(stmt, 4, endpoint->protocol);
    sql_bind_text(stmt, 5, endpoint->server_name != NULL ? endpoint->server_name : "");
}

/* To this process, which is enough for a target that showed nothing. */
static bool is_known(const struct ingest *ingest, const struct endpoint *endpoint)
{
    return set64_has(&ingest->endpoints, endpoint_hash(endpoint));
}

/* `*has_name`: its host name is stored already, or there is none to store. */
static enum cs_err find_endpoint(struct ingest *ingest, const struct endpoint *endpoint,
                                 const char *host_name, int64_t *id, bool *has_name, struct diag *diag)
{
    sqlite3_stmt *stmt = ingest_use(ingest, FIND_ENDPOINT);
    bool row;
    *id = 0;
    *has_name = true;
    bind_endpoint(stmt, endpoint);
    enum cs_err err = sql_step(ingest->store, stmt, &row, diag);
    if (err != CS_OK || !row)
        return err;
    const char *stored = sql_text(stmt, 1);
    *id = sqlite3_column_int64(stmt, 0);
    *has_name = host_name == NULL || (stored != NULL && strcmp(stored, host_name) == 0);
    sqlite3_reset(stmt);
    return CS_OK;
}

enum cs_err ingest_host_name(struct ingest *ingest, const struct endpoint *endpoint,
                             char out[ENDPOINT_MAX_NAME + 1], struct diag *diag)
{
    sqlite3_stmt *stmt = ingest_use(ingest, FIND_ENDPOINT);
    bool row;
    out[0] = '\0';
    if (!ingest->others_write && !is_known(ingest, endpoint))
        return CS_OK;
    bind_endpoint(stmt, endpoint);
    enum cs_err err = sql_step(ingest->store, stmt, &row, diag);
    if (err != CS_OK || !row)
        return err;
    const char *stored = sql_text(stmt, 1);
    snprintf(out, ENDPOINT_MAX_NAME + 1, "%s", stored != NULL ? stored : "");
    sqlite3_reset(stmt);
    return CS_OK;
}

static enum cs_err touch_endpoint(struct ingest *ingest, int64_t id, enum outcome outcome, int64_t at_s,
                                  struct diag *diag)
{
    sqlite3_stmt *stmt = ingest_use(ingest, TOUCH_ENDPOINT);
    sql_bind_int(stmt, 1, id);
    sql_bind_int(stmt, 2, at_s);
    sql_bind_int(stmt, 3, outcome);
    sql_bind_int(stmt, 4, ingest->scan_id);
    return ingest_run(ingest, TOUCH_ENDPOINT, diag);
}

static enum cs_err name_host(struct ingest *ingest, int64_t id, const char *host_name, struct diag *diag)
{
    sql_bind_int(ingest_use(ingest, NAME_HOST), 1, id);
    sql_bind_text(ingest_use(ingest, NAME_HOST), 2, host_name);
    return ingest_run(ingest, NAME_HOST, diag);
}

static enum cs_err put_endpoint(struct ingest *ingest, const struct ingest_sighting *sighting, int64_t *id,
                                struct diag *diag)
{
    sqlite3_stmt *stmt = ingest_use(ingest, PUT_ENDPOINT);
    bind_endpoint(stmt, &sighting->endpoint);
    sql_bind_text(stmt, 6, sighting->host_name);
    sql_bind_int(stmt, 7, sighting->seen_at_s);
    sql_bind_int(stmt, 8, ingest->scan_id);
    enum cs_err err = ingest_run(ingest, PUT_ENDPOINT, diag);
    *id = ingest_last_id(ingest);
    return err == CS_OK ? note_endpoint(ingest, &sighting->endpoint) : err;
}

static enum cs_err find_or_put_endpoint(struct ingest *ingest, const struct ingest_sighting *sighting,
                                        int64_t *id, bool *is_new, struct diag *diag)
{
    bool has_name;
    enum cs_err err = CS_OK;
    *id = 0;
    if (ingest->others_write || is_known(ingest, &sighting->endpoint))
        err = find_endpoint(ingest, &sighting->endpoint, sighting->host_name, id, &has_name, diag);
    if (err != CS_OK)
        return err;
    *is_new = *id == 0;
    if (*is_new)
        return put_endpoint(ingest, sighting, id, diag);
    if (!has_name)
        err = name_host(ingest, *id, sighting->host_name, diag);
    return err == CS_OK ? touch_endpoint(ingest, *id, OUTCOME_CERTIFICATE, sighting->seen_at_s, diag) : err;
}

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
        err = find_or_put_endpoint(ingest, sighting, &sighted.endpoint_id, &is_new, diag);
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

/* ---- targets that ended ---- */

static enum cs_err miss_assets(struct ingest *ingest, int64_t endpoint_id, const struct ingest_end *end,
                               struct diag *diag)
{
    sqlite3_stmt *stmt = ingest_use(ingest, MISS_ASSETS);
    sql_bind_int(stmt, 1, endpoint_id);
    sql_bind_int(stmt, 2, ingest->scan_id);
    sql_bind_text(stmt, 3, end->slot_count > 0 ? end->slots_seen[0] : NULL);
    sql_bind_text(stmt, 4, end->slot_count > 1 ? end->slots_seen[1] : NULL);
    sql_bind_int(stmt, 5, GONE_AFTER);
    sql_bind_int(stmt, 6, end->at_s);
    return ingest_run(ingest, MISS_ASSETS, diag);
}

/* Nothing is at the place, so nothing is there by any name; what was seen there in this scan all the same
 * stays. */
static enum cs_err miss_named(struct ingest *ingest, const struct endpoint *place, int64_t at_s,
                              struct diag *diag)
{
    sqlite3_stmt *stmt = ingest_use(ingest, MISS_NAMED);
    sql_bind_int(stmt, 1, GONE_AFTER);
    sql_bind_int(stmt, 2, ingest->scan_id);
    sql_bind_text(stmt, 3, place->network);
    sql_bind_blob(stmt, 4, place->ip.bytes, sizeof place->ip.bytes);
    sql_bind_int(stmt, 5, place->port);
    sql_bind_int(stmt, 6, place->protocol);
    sql_bind_int(stmt, 7, at_s);
    return ingest_run(ingest, MISS_NAMED, diag);
}

static enum cs_err end_known(struct ingest *ingest, const struct endpoint *endpoint,
                             const struct ingest_end *end, bool is_miss, struct diag *diag)
{
    int64_t id;
    bool has_name;
    enum cs_err err = find_endpoint(ingest, endpoint, NULL, &id, &has_name, diag);
    if (err != CS_OK || id == 0)
        return err;
    if (end->outcome != OUTCOME_CERTIFICATE)
        err = touch_endpoint(ingest, id, end->outcome, end->at_s, diag);
    return err == CS_OK && is_miss ? miss_assets(ingest, id, end, diag) : err;
}

enum cs_err ingest_target_ended(struct ingest *ingest, const struct endpoint *endpoint,
                                const struct ingest_end *end, struct diag *diag)
{
    const struct endpoint_state *latest = &ingest->latest;
    if (end->outcome == OUTCOME_CERTIFICATE && latest->id != 0 && latest->hash == endpoint_hash(endpoint))
        return latest->others_live ? miss_assets(ingest, latest->id, end, diag) : CS_OK;
    bool is_miss = !end->throttled && outcome_is_conclusive(end->outcome);
    bool has_named =
        endpoint->server_name == NULL && set64_has(&ingest->named_places, endpoint_hash(endpoint));
    enum cs_err err = CS_OK;
    if (is_known(ingest, endpoint))
        err = end_known(ingest, endpoint, end, is_miss, diag);
    if (err == CS_OK && has_named && is_miss && !end->wants_name)
        err = miss_named(ingest, endpoint, end->at_s, diag);
    return err;
}
