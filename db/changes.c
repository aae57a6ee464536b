// SPDX-License-Identifier: Apache-2.0
#include "db/changes.h"

#include <stdlib.h>
#include <string.h>

#include "db/changes_sql.h"
#include "db/scans.h"

/* ---- since when ---- */

static enum cs_err read_since(struct store *store, const char *sql, int64_t number, bool *found,
                              struct change_since *out, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    *out = (struct change_since){0};
    enum cs_err err = sql_prepare(store, &stmt, sql, diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, number);
        err = sql_step(store, stmt, found, diag);
    }
    if (err == CS_OK && *found)
        *out = (struct change_since){sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1)};
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err change_since_scan(struct store *store, int64_t scan_id, struct change_since *out,
                              struct diag *diag)
{
    bool found = false;
    enum cs_err err = read_since(store, "SELECT id, coalesce(ended_at, started_at) FROM scan WHERE id = ?1",
                                 scan_id, &found, out, diag);
    if (err == CS_OK && !found)
        return diag_fail(diag, CS_E_NOT_FOUND, "there is no scan %lld; `certscour scan list` shows them",
                         (long long)scan_id);
    return err;
}

enum cs_err change_since_latest(struct store *store, struct change_since *out, struct diag *diag)
{
    bool found;
    return read_since(store,
                      "SELECT id, coalesce(ended_at, started_at) FROM scan WHERE state = ?1"
                      " ORDER BY id DESC LIMIT 1 OFFSET 1",
                      SCAN_DONE, &found, out, diag);
}

/* The condition that what has that scan (NULL: none) and time lies after `since`. Scans that ran side by side
 * are told apart by the time. */
static void add_since(struct sql_condition *condition, const struct change_since *since, const char *scan,
                      const char *time)
{
    struct buf *text = &condition->text;
    if (since->scan_id == 0) {
        buf_printf(text, "%s >= ", time);
        sql_add_number(condition, since->at_s);
        return;
    }
    buf_printf(text, "CASE WHEN %s IS NULL THEN %s >= ", scan, time);
    sql_add_number(condition, since->at_s);
    buf_printf(text, " ELSE %s > ", scan);
    sql_add_number(condition, since->scan_id);
    buf_printf(text, " OR (%s < ", scan);
    sql_add_number(condition, since->scan_id);
    buf_printf(text, " AND %s > ", time);
    sql_add_number(condition, since->at_s);
    buf_append_str(text, ") END");
}

void changes_append_condition(struct sql_condition *condition, const struct change_since *since)
{
    buf_append_str(&condition->text, "a.id IN (SELECT i.asset_id FROM asset_interval i WHERE ");
    add_since(condition, since, "i.first_scan_id", "i.first_seen");
    buf_append_str(&condition->text, " UNION SELECT v.asset_id FROM asset_event v WHERE ");
    add_since(condition, since, "v.scan_id", "v.at");
    buf_append_str(&condition->text, ")");
}

/* ---- one asset, then and now ---- */

#define NAMES_OF(certificate)                                                                                \
    "name_set(" certificate ".common_name, (SELECT group_concat(v.value, char(10)) FROM certificate_value v" \
    " WHERE v.certificate_id = " certificate ".id AND v.kind = 1))"

/* `p` is the leaf of then, `c` that of now. A CA issues from many intermediates: its organization counts. */
#define IS_RENEWED                                                                                           \
    "c.not_before >= p.not_before AND c.self_signed IS p.self_signed"                                        \
    " AND coalesce(c.issuer_organization, c.issuer) IS coalesce(p.issuer_organization, p.issuer)"            \
    " AND " NAMES_OF("c") " IS " NAMES_OF("p")

enum { READ_CHANGE, FIND_ELSEWHERE, READER_STATEMENTS };

struct change_reader {
    struct store *store;
    struct {
        struct sql_condition sql;
        sqlite3_stmt *stmt;
    } parts[READER_STATEMENTS];
};

/* `f` is the interval that went on at that moment, `s` and `o` the first change of state and owner since, `l`
 * and `m` the last. */
static void say_change(struct sql_condition *sql, const struct change_since *since)
{
    buf_append_str(&sql->text,
                   "SELECT p.sha256, p.issuer_common_name, p.not_after, p.id IS NOT c.id, " IS_RENEWED
                   ", n.first_seen, n.first_scan_id, nullif(s.before, a.state),"
                   " o.id IS NOT NULL AND o.before_id IS NOT a.owner_id, o.before,"
                   " l.at, l.scan_id, m.at, m.scan_id"
                   " FROM asset a JOIN certificate c ON c.id = a.certificate_id"
                   " JOIN asset_interval n ON n.id = a.interval_id"
                   " LEFT JOIN asset_event l ON l.id = (SELECT max(v.id) FROM asset_event v"
                   " WHERE v.asset_id = a.id AND v.kind = 'state')"
                   " LEFT JOIN asset_event m ON m.id = (SELECT max(v.id) FROM asset_event v"
                   " WHERE v.asset_id = a.id AND v.kind = 'owner')"
                   " LEFT JOIN asset_interval f ON f.id = (SELECT max(i.id) FROM asset_interval i"
                   " WHERE i.asset_id = a.id AND NOT (");
    add_since(sql, since, "i.first_scan_id", "i.first_seen");
    buf_append_str(&sql->text, ")) LEFT JOIN certificate p ON p.id = f.certificate_id"
                               " LEFT JOIN asset_event s ON s.id = (SELECT min(v.id) FROM asset_event v"
                               " WHERE v.asset_id = a.id AND v.kind = 'state' AND ");
    add_since(sql, since, "v.scan_id", "v.at");
    buf_append_str(&sql->text, ") LEFT JOIN asset_event o ON o.id = (SELECT min(v.id) FROM asset_event v"
                               " WHERE v.asset_id = a.id AND v.kind = 'owner' AND ");
    add_since(sql, since, "v.scan_id", "v.at");
    buf_append_str(&sql->text, ") WHERE a.id = ?");
}

static void say_elsewhere(struct sql_condition *sql, const struct change_since *since)
{
    buf_append_str(&sql->text,
                   "WITH lost AS (SELECT a.id, a.slot, a.certificate_id, e.network, e.server_name"
                   " FROM asset a JOIN endpoint e ON e.id = a.endpoint_id WHERE a.id = ?)"
                   " SELECT e.ip, e.port, e.protocol, e.server_name, e.network FROM lost"
                   " JOIN endpoint e ON e.server_name = lost.server_name AND e.server_name <> ''"
                   " AND e.network = lost.network JOIN asset b ON b.endpoint_id = e.id"
                   " WHERE b.state = 'live' AND b.slot = lost.slot"
                   " UNION ALL SELECT e.ip, e.port, e.protocol, e.server_name, e.network FROM lost"
                   " JOIN asset b ON b.certificate_id = lost.certificate_id JOIN endpoint e"
                   " ON e.id = b.endpoint_id AND e.network = lost.network WHERE b.state = 'live'"
                   " AND NOT EXISTS (SELECT 1 FROM asset_interval i WHERE i.asset_id = b.id AND NOT (");
    add_since(sql, since, "i.first_scan_id", "i.first_seen");
    buf_append_str(&sql->text, ")) LIMIT 1");
}

/* The asset is the last parameter of the one statement and the first of the other. */
static enum cs_err prepare(struct change_reader *reader, const struct change_since *since, struct diag *diag)
{
    enum cs_err err = CS_OK;
    say_change(&reader->parts[READ_CHANGE].sql, since);
    say_elsewhere(&reader->parts[FIND_ELSEWHERE].sql, since);
    for (size_t i = 0; i < READER_STATEMENTS && err == CS_OK; i++) {
        struct sql_condition *sql = &reader->parts[i].sql;
        err = sql->err != CS_OK ? sql->err : sql->text.err;
        if (err != CS_OK)
            return diag_fail(diag, err, "out of memory");
        err = sql_prepare(reader->store, &reader->parts[i].stmt, buf_str(&sql->text), diag);
    }
    return err;
}

enum cs_err change_reader_new(struct change_reader **out, struct store *store,
                              const struct change_since *since, struct diag *diag)
{
    *out = NULL;
    struct change_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    reader->store = store;
    enum cs_err err = prepare(reader, since, diag);
    if (err != CS_OK) {
        change_reader_free(reader);
        return err;
    }
    *out = reader;
    return CS_OK;
}

void change_reader_free(struct change_reader *reader)
{
    if (reader == NULL)
        return;
    for (size_t i = 0; i < READER_STATEMENTS; i++) {
        sqlite3_finalize(reader->parts[i].stmt);
        sql_condition_dispose(&reader->parts[i].sql);
    }
    free(reader);
}

static void read_change(sqlite3_stmt *stmt, struct asset_change *out)
{
    out->leaf_at_s = sqlite3_column_int64(stmt, 5);
    out->leaf_scan_id = sqlite3_column_int64(stmt, 6);
    out->is_new = sqlite3_column_bytes(stmt, 0) != SHA256_SIZE;
    if (out->is_new)
        return;
    memcpy(out->sha256_before, sqlite3_column_blob(stmt, 0), SHA256_SIZE);
    out->issuer_before = sql_text(stmt, 1);
    out->not_after_before_s = sqlite3_column_int64(stmt, 2);
    if (sqlite3_column_int(stmt, 3) != 0)
        out->leaf = sqlite3_column_int(stmt, 4) != 0 ? LEAF_RENEWED : LEAF_REPLACED;
    out->state_before = sql_text(stmt, 7);
    out->owner_changed = sqlite3_column_int(stmt, 8) != 0;
    out->owner_before = sql_text(stmt, 9);
    out->state_at_s = sqlite3_column_int64(stmt, 10);
    out->state_scan_id = sqlite3_column_int64(stmt, 11);
    out->owner_at_s = sqlite3_column_int64(stmt, 12);
    out->owner_scan_id = sqlite3_column_int64(stmt, 13);
}

static enum cs_err find_elsewhere(struct change_reader *reader, int64_t asset_id, struct asset_change *out,
                                  struct diag *diag)
{
    sqlite3_stmt *stmt = reader->parts[FIND_ELSEWHERE].stmt;
    sqlite3_reset(stmt);
    const struct sql_condition *sql = &reader->parts[FIND_ELSEWHERE].sql;
    for (size_t i = 0; i < sql->count; i++)
        sql_bind_int(stmt, (int)i + 2, sql->parameters[i].number);
    sql_bind_int(stmt, 1, asset_id);
    enum cs_err err = sql_step(reader->store, stmt, &out->is_elsewhere, diag);
    if (err != CS_OK || !out->is_elsewhere)
        return err;
    const char *name = sql_text(stmt, 3);
    out->elsewhere = (struct endpoint){
        .network = sql_text(stmt, 4),
        .port = (uint16_t)sqlite3_column_int(stmt, 1),
        .protocol = (enum protocol)sqlite3_column_int(stmt, 2),
        .server_name = name[0] != '\0' ? name : NULL,
    };
    if (sqlite3_column_bytes(stmt, 0) == (int)sizeof out->elsewhere.ip.bytes)
        memcpy(out->elsewhere.ip.bytes, sqlite3_column_blob(stmt, 0), sizeof out->elsewhere.ip.bytes);
    return CS_OK;
}

enum cs_err change_reader_read(struct change_reader *reader, int64_t asset_id, struct asset_change *out,
                               struct diag *diag)
{
    sqlite3_stmt *stmt = reader->parts[READ_CHANGE].stmt;
    bool row = false;
    *out = (struct asset_change){0};
    sqlite3_reset(stmt); /* its last row was valid until now */
    sql_condition_bind(&reader->parts[READ_CHANGE].sql, stmt);
    sql_bind_int(stmt, (int)reader->parts[READ_CHANGE].sql.count + 1, asset_id);
    enum cs_err err = sql_step(reader->store, stmt, &row, diag);
    if (err == CS_OK && row)
        read_change(stmt, out);
    if (err == CS_OK && out->state_before != NULL && strcmp(out->state_before, "live") == 0)
        err = find_elsewhere(reader, asset_id, out, diag);
    return err;
}
