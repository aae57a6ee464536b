// SPDX-License-Identifier: Apache-2.0
#include "db/scans.h"

#include <string.h>

#include "base/text.h"
#include "db/sql.h"

#define COLUMNS                                                                                              \
    "id, state, network, summary, seed, shard_index, shard_count, target_count, low_water, attempt_count, "  \
    "started_at,"                                                                                            \
    " ended_at, task_id, task_name, stop_requested"

const char *scan_state_name(enum scan_state state)
{
    static const char *const names[] = {"running", "interrupted", "done", "stopped", "failed"};
    return (unsigned)state < sizeof names / sizeof names[0] ? names[state] : "unknown";
}

enum cs_err scans_create(struct store *store, const struct scan_row *row, int64_t *id, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(
        store, &stmt,
        "INSERT INTO scan (state, network, summary, targets, rules, options, seed, shard_index, shard_count,"
        " target_count, low_water, started_at, task_id, task_name)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, row->state);
        sql_bind_text(stmt, 2, row->network);
        sql_bind_text(stmt, 3, row->summary);
        sql_bind_text(stmt, 4, row->targets);
        sql_bind_text(stmt, 5, row->rules);
        sql_bind_text(stmt, 6, row->options);
        sql_bind_int(stmt, 7, (int64_t)row->seed); /* all 64 bits, as a signed number */
        sql_bind_int(stmt, 8, row->shard_index);
        sql_bind_int(stmt, 9, row->shard_count);
        sql_bind_int(stmt, 10, (int64_t)row->target_count);
        sql_bind_int(stmt, 11, (int64_t)row->low_water);
        sql_bind_int(stmt, 12, row->started_at_s);
        sql_bind_id(stmt, 13, row->task_id);
        sql_bind_text(stmt, 14, row->task_name);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    *id = sqlite3_last_insert_rowid(store->db);
    return err;
}

static void read_row(sqlite3_stmt *stmt, struct scan_row *row)
{
    *row = (struct scan_row){
        .id = sqlite3_column_int64(stmt, 0),
        .state = (enum scan_state)sqlite3_column_int(stmt, 1),
        .network = sql_text(stmt, 2),
        .summary = sql_text(stmt, 3),
        .seed = (uint64_t)sqlite3_column_int64(stmt, 4),
        .shard_index = (uint32_t)sqlite3_column_int64(stmt, 5),
        .shard_count = (uint32_t)sqlite3_column_int64(stmt, 6),
        .target_count = (uint64_t)sqlite3_column_int64(stmt, 7),
        .low_water = (uint64_t)sqlite3_column_int64(stmt, 8),
        .attempt_count = (uint64_t)sqlite3_column_int64(stmt, 9),
        .started_at_s = sqlite3_column_int64(stmt, 10),
        .ended_at_s = sqlite3_column_int64(stmt, 11),
        .task_id = sqlite3_column_int64(stmt, 12),
        .task_name = sql_text(stmt, 13),
        .stop_requested = sqlite3_column_int(stmt, 14) != 0,
    };
}

static enum cs_err read_outcomes(struct store *store, struct scan_row *row, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err =
        sql_prepare(store, &stmt, "SELECT outcome, count FROM scan_outcome WHERE scan_id = ?1", diag);
    if (err == CS_OK)
        sql_bind_int(stmt, 1, row->id);
    while (err == CS_OK) {
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        int outcome = sqlite3_column_int(stmt, 0);
        if (outcome >= 0 && outcome < OUTCOME_COUNT)
            row->outcomes[outcome] = (uint64_t)sqlite3_column_int64(stmt, 1);
    }
    sqlite3_finalize(stmt);
    return err;
}

/* Of one task, or with 0 all. */
static enum cs_err each_scan(struct store *store, int64_t task_id, scan_each each, void *context,
                             struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err =
        task_id == 0 ? sql_prepare(store, &stmt, "SELECT " COLUMNS " FROM scan ORDER BY id DESC", diag)
                     : sql_prepare(store, &stmt,
                                   "SELECT " COLUMNS " FROM scan WHERE task_id = ?1 ORDER BY id DESC", diag);
    if (err == CS_OK && task_id != 0)
        sql_bind_int(stmt, 1, task_id);
    while (err == CS_OK) {
        struct scan_row row;
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        read_row(stmt, &row);
        err = read_outcomes(store, &row, diag);
        if (err == CS_OK)
            err = each(context, &row);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err scans_each(struct store *store, scan_each each, void *context, struct diag *diag)
{
    return each_scan(store, 0, each, context, diag);
}

enum cs_err scans_of_task(struct store *store, int64_t task_id, scan_each each, void *context,
                          struct diag *diag)
{
    return each_scan(store, task_id, each, context, diag);
}

static enum cs_err find_scan(struct store *store, sqlite3_stmt **stmt, int64_t id, struct diag *diag)
{
    bool found = false;
    enum cs_err err =
        sql_prepare(store, stmt,
                    "SELECT " COLUMNS ", targets, rules, options FROM scan"
                    " WHERE CASE ?1 WHEN 0 THEN state <> 2 ELSE id = ?1 END ORDER BY id DESC LIMIT 1",
                    diag);
    if (err == CS_OK) {
        sql_bind_int(*stmt, 1, id);
        err = sql_step(store, *stmt, &found, diag);
    }
    if (err != CS_OK || found)
        return err;
    if (id == 0)
        return diag_fail(diag, CS_E_NOT_FOUND, "there is no unfinished scan");
    return diag_fail(diag, CS_E_NOT_FOUND, "there is no scan %lld", (long long)id);
}

enum cs_err scans_get(struct store *store, int64_t id, scan_each use, void *context, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    struct scan_row row;
    enum cs_err err = find_scan(store, &stmt, id, diag);
    if (err == CS_OK) {
        read_row(stmt, &row);
        row.targets = sql_text(stmt, 15);
        row.rules = sql_text(stmt, 16);
        row.options = sql_text(stmt, 17);
        err = read_outcomes(store, &row, diag);
    }
    if (err == CS_OK)
        err = use(context, &row);
    sqlite3_finalize(stmt);
    return err;
}

struct lease {
    int64_t id;
    const char *holder;
    int64_t now_s;
};

/* Nobody else may hold this scan, nor another one of its task. */
static enum cs_err check_lease(struct store *store, const struct lease *lease, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool held = false;
    enum cs_err err = sql_prepare(store, &stmt,
                                  "SELECT other.id, other.lease_holder, other.lease_at FROM scan"
                                  " JOIN scan AS other ON other.id = scan.id OR other.task_id = scan.task_id"
                                  " WHERE scan.id = ?1 AND other.lease_at > ?2"
                                  "   AND (other.lease_holder <> ?3 OR other.id <> scan.id)",
                                  diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, lease->id);
        sql_bind_int(stmt, 2, lease->now_s - SCAN_LEASE_S);
        sql_bind_text(stmt, 3, lease->holder);
        err = sql_step(store, stmt, &held, diag);
    }
    if (err == CS_OK && held) {
        int64_t age_s = lease->now_s - sqlite3_column_int64(stmt, 2);
        err = diag_fail(diag, CS_E_BUSY,
                        "scan %lld is running (%s); if that process was killed, try again in %lld seconds",
                        (long long)sqlite3_column_int64(stmt, 0), sql_text(stmt, 1),
                        (long long)(SCAN_LEASE_S - age_s));
    }
    sqlite3_finalize(stmt);
    return err;
}

static enum cs_err take_lease(struct store *store, void *context, struct diag *diag)
{
    const struct lease *lease = context;
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = check_lease(store, lease, diag);
    if (err == CS_OK)
        err = sql_prepare(
            store, &stmt,
            "UPDATE scan SET stop_requested = CASE WHEN lease_holder IS ?1 THEN stop_requested ELSE 0 END,"
            " lease_holder = ?1, lease_at = ?2, state = 0 WHERE id = ?3",
            diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, lease->holder);
        sql_bind_int(stmt, 2, lease->now_s);
        sql_bind_int(stmt, 3, lease->id);
        err = sql_run(store, stmt, diag);
    }
    if (err == CS_OK && sqlite3_changes(store->db) == 0)
        err = diag_fail(diag, CS_E_NOT_FOUND, "there is no scan %lld", (long long)lease->id);
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err scans_lease(struct store *store, int64_t id, const char *holder, int64_t now_s, struct diag *diag)
{
    struct lease lease = {id, holder, now_s};
    return sql_transaction(store, take_lease, &lease, diag);
}

struct beginning {
    const struct scan_row *row;
    const char *holder;
    int64_t *id;
};

static enum cs_err begin_row(struct store *store, void *context, struct diag *diag)
{
    struct beginning *beginning = context;
    enum cs_err err = scans_create(store, beginning->row, beginning->id, diag);
    struct lease lease = {*beginning->id, beginning->holder, beginning->row->started_at_s};
    return err == CS_OK ? take_lease(store, &lease, diag) : err;
}

enum cs_err scans_begin(struct store *store, const struct scan_row *row, const char *holder, int64_t *id,
                        struct diag *diag)
{
    struct beginning beginning = {row, holder, id};
    return sql_transaction(store, begin_row, &beginning, diag);
}

enum cs_err scans_finish(struct store *store, int64_t id, enum scan_state state, int64_t now_s,
                         struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err =
        sql_prepare(store, &stmt,
                    "UPDATE scan SET state = ?1, ended_at = ?2, lease_holder = NULL, lease_at = NULL"
                    " WHERE id = ?3",
                    diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, state);
        sql_bind_int(stmt, 2, now_s);
        sql_bind_int(stmt, 3, id);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err scans_request_stop(struct store *store, int64_t id, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err =
        sql_prepare(store, &stmt, "UPDATE scan SET stop_requested = 1 WHERE id = ?1 AND state = 0", diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, id);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    if (err == CS_OK && sqlite3_changes(store->db) == 0)
        return diag_fail(diag, CS_E_NOT_FOUND, "there is no running scan %lld", (long long)id);
    return err;
}

enum cs_err scans_give_up(struct store *store, int64_t id, int64_t now_s, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(store, &stmt,
                                  "UPDATE scan SET stop_requested = 1,"
                                  " state = CASE WHEN lease_at > ?2 THEN state ELSE ?3 END WHERE id = ?1",
                                  diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, id);
        sql_bind_int(stmt, 2, now_s - SCAN_LEASE_S);
        sql_bind_int(stmt, 3, SCAN_STOPPED);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err scans_stop_requested(struct store *store, int64_t id, bool *requested, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    int64_t value = 0;
    enum cs_err err = sql_prepare(store, &stmt, "SELECT stop_requested FROM scan WHERE id = ?1", diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, id);
        err = sql_int(store, stmt, &value, 0, diag);
    }
    sqlite3_finalize(stmt);
    *requested = value != 0;
    return err;
}
