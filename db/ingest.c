// SPDX-License-Identifier: Apache-2.0
/* Statements are prepared once; certificates, chains and owners met lately are remembered, known endpoints
 * are in a set: a target in dark space costs no SQL at all, one that shows something new three INSERTs. */
#include "db/ingest.h"

#include <stdlib.h>
#include <string.h>

#include "db/ingest_inner.h"

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
        err = ingest_note_endpoint(ingest, &endpoint);
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
