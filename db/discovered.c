// SPDX-License-Identifier: Apache-2.0
#include "db/discovered.h"

#include <string.h>

#include "db/sql.h"

/* A statement whose ?1 is the provider and ?2 the task. */
static enum cs_err prepare(struct store *store, sqlite3_stmt **out, const char *sql, const char *provider,
                           int64_t task_id, struct diag *diag)
{
    enum cs_err err = sql_prepare(store, out, sql, diag);
    if (err == CS_OK) {
        sql_bind_text(*out, 1, provider);
        sql_bind_int(*out, 2, task_id);
    }
    return err;
}

static enum cs_err run(struct store *store, const char *sql, const char *provider, int64_t task_id,
                       struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = prepare(store, &stmt, sql, provider, task_id, diag);
    if (err == CS_OK)
        err = sql_run(store, stmt, diag);
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err discovered_has(struct store *store, const char *provider, int64_t task_id, const char *operation,
                           bool *has, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    int64_t count = 0;
    enum cs_err err = prepare(store, &stmt,
                              "SELECT count(*) FROM discovered_run WHERE provider = ?1 AND task_id = ?2"
                              " AND operation = ?3",
                              provider, task_id, diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 3, operation);
        err = sql_int(store, stmt, &count, 0, diag);
    }
    sqlite3_finalize(stmt);
    *has = count > 0;
    return err;
}

enum cs_err discovered_begin(struct store *store, const char *provider, int64_t task_id, struct diag *diag)
{
    return run(store, "DELETE FROM discovered WHERE provider = ?1 AND task_id = ?2 AND staged = 1", provider,
               task_id, diag);
}

enum cs_err discovered_put(struct store *store, const char *provider, int64_t task_id,
                           const struct discovered_row *row, bool *fresh, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = prepare(store, &stmt,
                              "INSERT OR IGNORE INTO discovered (provider, task_id, staged, ip, port, host,"
                              " hash, serial, managed_id, seen_at) VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8,"
                              " ?9)",
                              provider, task_id, diag);
    if (err == CS_OK) {
        sql_bind_blob(stmt, 3, row->ip.bytes, sizeof row->ip.bytes);
        sql_bind_int(stmt, 4, row->port);
        sql_bind_text(stmt, 5, row->host);
        sql_bind_text(stmt, 6, row->hash);
        sql_bind_text(stmt, 7, row->serial);
        sql_bind_id(stmt, 8, row->managed_id);
        sql_bind_id(stmt, 9, row->seen_s);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    *fresh = err == CS_OK && sqlite3_changes(store->db) > 0;
    return err;
}

struct swapping {
    const char *provider;
    struct discovered_run *run;
};

static enum cs_err swap(struct store *store, void *context, struct diag *diag)
{
    const struct swapping *swapping = context;
    const char *provider = swapping->provider;
    struct discovered_run *of = swapping->run;
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = run(store, "DELETE FROM discovered WHERE provider = ?1 AND task_id = ?2 AND staged = 0",
                          provider, of->task_id, diag);
    if (err == CS_OK)
        err =
            run(store, "UPDATE discovered SET staged = 0 WHERE provider = ?1 AND task_id = ?2 AND staged = 1",
                provider, of->task_id, diag);
    of->row_count = sqlite3_changes(store->db);
    if (err == CS_OK)
        err = prepare(store, &stmt,
                      "INSERT OR REPLACE INTO discovered_run (provider, task_id, name, operation, created_at,"
                      " pulled_at, row_count) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                      provider, of->task_id, diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 3, of->task_name);
        sql_bind_text(stmt, 4, of->operation);
        sql_bind_id(stmt, 5, of->created_s);
        sql_bind_int(stmt, 6, of->pulled_at_s);
        sql_bind_int(stmt, 7, of->row_count);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err discovered_swap(struct store *store, const char *provider, struct discovered_run *of,
                            struct diag *diag)
{
    struct swapping swapping = {provider, of};
    return sql_transaction(store, swap, &swapping, diag);
}

struct keeping {
    const char *provider;
    const int64_t *ids;
    size_t count;
};

static bool is_kept(const struct keeping *keeping, int64_t id)
{
    for (size_t i = 0; i < keeping->count; i++) {
        if (keeping->ids[i] == id)
            return true;
    }
    return false;
}

/* One task at a time, so that no list of ids becomes part of a statement. */
static enum cs_err keep(struct store *store, void *context, struct diag *diag)
{
    const struct keeping *keeping = context;
    int64_t after = -1;
    enum cs_err err = CS_OK;
    while (err == CS_OK) {
        sqlite3_stmt *stmt = NULL;
        err = prepare(store, &stmt,
                      "SELECT min(task_id) FROM discovered_run WHERE provider = ?1 AND task_id > ?2",
                      keeping->provider, after, diag);
        if (err == CS_OK)
            err = sql_int(store, stmt, &after, 0, diag);
        sqlite3_finalize(stmt);
        if (err != CS_OK || after <= 0)
            return err;
        if (is_kept(keeping, after))
            continue;
        err = run(store, "DELETE FROM discovered WHERE provider = ?1 AND task_id = ?2", keeping->provider,
                  after, diag);
        if (err == CS_OK)
            err = run(store, "DELETE FROM discovered_run WHERE provider = ?1 AND task_id = ?2",
                      keeping->provider, after, diag);
    }
    return err;
}

enum cs_err discovered_keep(struct store *store, const char *provider, const int64_t *ids, size_t count,
                            struct diag *diag)
{
    struct keeping keeping = {provider, ids, count};
    return sql_transaction(store, keep, &keeping, diag);
}

enum cs_err discovered_count(struct store *store, const char *provider, int64_t *count, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err =
        sql_prepare(store, &stmt, "SELECT count(*) FROM discovered_run WHERE provider = ?1", diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, provider);
        err = sql_int(store, stmt, count, 0, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err discovered_each(struct store *store, discovered_each_place each, void *context, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum cs_err err = sql_prepare(
        store, &stmt, "SELECT DISTINCT ip, port FROM discovered WHERE staged = 0 ORDER BY ip, port", diag);
    while (err == CS_OK) {
        struct ip ip = {{0}};
        err = sql_step(store, stmt, &row, diag);
        if (err != CS_OK || !row)
            break;
        if (sqlite3_column_bytes(stmt, 0) == (int)sizeof ip.bytes)
            memcpy(ip.bytes, sqlite3_column_blob(stmt, 0), sizeof ip.bytes);
        err = each(context, ip, (uint16_t)sqlite3_column_int(stmt, 1));
    }
    sqlite3_finalize(stmt);
    return err;
}
