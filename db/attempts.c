// SPDX-License-Identifier: Apache-2.0
/* The attempt log: chunks of entries, each entry three numbers as LEB128: the difference of its position to
 * the one before (zigzag, as positions finish out of order), the outcome, the difference in seconds. Three
 * bytes, mostly. */
#include <stdlib.h>

#include "base/buf.h"
#include "db/scans.h"
#include "db/sql.h"

static void put_number(struct buf *out, uint64_t value)
{
    while (value >= 0x80) {
        buf_append_char(out, (char)(value | 0x80));
        value >>= 7;
    }
    buf_append_char(out, (char)value);
}

static void put_difference(struct buf *out, int64_t value)
{
    put_number(out, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

struct reader {
    const uint8_t *at;
    const uint8_t *end;
};

static bool take_number(struct reader *reader, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; shift < 64 && reader->at < reader->end; shift += 7) {
        uint8_t byte = *reader->at++;
        *out |= (uint64_t)(byte & 0x7F) << shift;
        if ((byte & 0x80) == 0)
            return true;
    }
    return false;
}

static bool take_difference(struct reader *reader, uint64_t *base)
{
    uint64_t value;
    if (!take_number(reader, &value))
        return false;
    *base += value >> 1 ^ -(value & 1);
    return true;
}

static void pack(struct buf *out, const struct attempt_entry *entries, size_t count, uint64_t *highest,
                 int64_t *last_at)
{
    uint64_t position = 0;
    int64_t second = entries[0].ended_at_s;
    *highest = 0;
    *last_at = second;
    for (size_t i = 0; i < count; i++) {
        put_difference(out, (int64_t)(entries[i].position - position));
        put_number(out, entries[i].outcome);
        put_difference(out, entries[i].ended_at_s - second);
        position = entries[i].position;
        second = entries[i].ended_at_s;
        *highest = position > *highest ? position : *highest;
        *last_at = second > *last_at ? second : *last_at;
    }
}

static enum cs_err insert_chunk(struct store *store, int64_t scan_id, const struct attempt_entry *entries,
                                size_t count, struct diag *diag)
{
    struct buf packed = {0};
    sqlite3_stmt *stmt = NULL;
    uint64_t highest;
    int64_t last_at;
    pack(&packed, entries, count, &highest, &last_at);
    enum cs_err err = packed.err;
    if (err == CS_OK)
        err = sql_prepare(
            store, &stmt,
            "INSERT INTO attempt_chunk (scan_id, number, highest, first_at, last_at, entries) VALUES (?1,"
            " (SELECT coalesce(max(number), 0) + 1 FROM attempt_chunk WHERE scan_id = ?1),"
            " ?2, ?3, ?4, ?5)",
            diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, scan_id);
        sql_bind_int(stmt, 2, (int64_t)highest);
        sql_bind_int(stmt, 3, entries[0].ended_at_s);
        sql_bind_int(stmt, 4, last_at);
        sql_bind_blob(stmt, 5, packed.data, packed.len);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    buf_dispose(&packed);
    return err;
}

static enum cs_err count_outcomes(struct store *store, int64_t scan_id, const struct attempt_entry *entries,
                                  size_t count, struct diag *diag)
{
    int64_t counts[OUTCOME_COUNT] = {0};
    sqlite3_stmt *stmt = NULL;
    for (size_t i = 0; i < count; i++)
        counts[entries[i].outcome < OUTCOME_COUNT ? entries[i].outcome : OUTCOME_LOCAL_ERROR]++;
    enum cs_err err = sql_prepare(store, &stmt,
                                  "INSERT INTO scan_outcome (scan_id, outcome, count) VALUES (?1, ?2, ?3)"
                                  " ON CONFLICT DO UPDATE SET count = count + excluded.count",
                                  diag);
    for (int i = 0; i < OUTCOME_COUNT && err == CS_OK; i++) {
        if (counts[i] == 0)
            continue;
        sql_bind_int(stmt, 1, scan_id);
        sql_bind_int(stmt, 2, i);
        sql_bind_int(stmt, 3, counts[i]);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err attempts_append(struct store *store, int64_t scan_id, const struct attempt_entry *entries,
                            size_t count, uint64_t low_water, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = CS_OK;
    if (count > 0)
        err = insert_chunk(store, scan_id, entries, count, diag);
    if (err == CS_OK && count > 0)
        err = count_outcomes(store, scan_id, entries, count, diag);
    if (err == CS_OK)
        err =
            sql_prepare(store, &stmt,
                        "UPDATE scan SET low_water = max(low_water, ?1), attempt_count = attempt_count + ?2,"
                        " ended_at = coalesce(?3, ended_at) WHERE id = ?4",
                        diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, (int64_t)low_water);
        sql_bind_int(stmt, 2, (int64_t)count);
        sql_bind_id(stmt, 3, count > 0 ? entries[count - 1].ended_at_s : 0);
        sql_bind_int(stmt, 4, scan_id);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

static enum cs_err unpack(struct store *store, sqlite3_stmt *stmt, uint64_t from, attempt_each each,
                          void *context, struct diag *diag)
{
    const uint8_t *bytes = sqlite3_column_blob(stmt, 0);
    struct reader reader = {bytes, bytes + sqlite3_column_bytes(stmt, 0)};
    uint64_t position = 0;
    uint64_t second = (uint64_t)sqlite3_column_int64(stmt, 1);
    while (reader.at < reader.end) {
        uint64_t outcome;
        if (!take_difference(&reader, &position) || !take_number(&reader, &outcome) || outcome > UINT8_MAX ||
            !take_difference(&reader, &second))
            return diag_fail(diag, CS_E_CORRUPT, "%s: the attempt log is damaged", store->path);
        struct attempt_entry entry = {position, (uint8_t)outcome, (int64_t)second};
        enum cs_err err = position >= from ? each(context, &entry) : CS_OK;
        if (err != CS_OK)
            return err;
    }
    return CS_OK;
}

enum cs_err attempts_each(struct store *store, int64_t scan_id, uint64_t from, attempt_each each,
                          void *context, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum cs_err err =
        sql_prepare(store, &stmt,
                    "SELECT entries, first_at FROM attempt_chunk WHERE scan_id = ?1 AND highest >= ?2"
                    " ORDER BY number",
                    diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, scan_id);
        sql_bind_int(stmt, 2, (int64_t)from);
    }
    while (err == CS_OK) {
        err = sql_step(store, stmt, &row, diag);
        if (err != CS_OK || !row)
            break;
        err = unpack(store, stmt, from, each, context, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}
