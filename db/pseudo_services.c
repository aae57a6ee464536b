// SPDX-License-Identifier: Apache-2.0
/* Groups (host or prefix, certificate) that hold now go into a temporary table; then marks that have no group
 * are taken off, and those that lack one are set. Only what changes is written. */
#include "db/pseudo_services.h"

#include <stdlib.h>
#include <string.h>

#include "db/sql.h"

/* The bytes of an address that name its /24 or /64: as ip_prefix(). */
#define PREFIX_OF(ip)                                                                                        \
    "CASE WHEN substr(" ip ", 1, 12) = x'00000000000000000000FFFF' THEN substr(" ip                          \
    ", 1, 15) ELSE substr(" ip ", 1, 8) END"

struct marking {
    struct store *store;
    int64_t scan_id;
    const char *network;
    pseudo_probed probed;
    void *context;
    struct pseudo_counts *counts;
};

struct candidate { /* a prefix that the scan may judge */
    uint8_t bytes[16];
    int len;
    int64_t certificate_id;
    int64_t shown_by; /* addresses */
};

struct candidates {
    struct candidate *items;
    size_t count;
    size_t cap;
};

static enum cs_err run_bound(const struct marking *marking, const char *sql, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(marking->store, &stmt, sql, diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, marking->network);
        err = sql_run(marking->store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

static enum cs_err find_hosts(const struct marking *marking, struct diag *diag)
{
    enum cs_err err = sql_exec(
        marking->store,
        "CREATE TEMP TABLE IF NOT EXISTS pseudo_group (kind INTEGER, place BLOB, certificate_id INTEGER,"
        " PRIMARY KEY (kind, place, certificate_id)) WITHOUT ROWID;"
        "DELETE FROM temp.pseudo_group",
        diag);
    if (err != CS_OK)
        return err;
    /* hosts with so many endpoints come from the index alone */
    return run_bound(marking,
                     "WITH busy AS MATERIALIZED (SELECT ip FROM endpoint WHERE network = ?1 GROUP BY ip"
                     "  HAVING count(*) > 20)"
                     " INSERT INTO temp.pseudo_group SELECT 1, e.ip, a.certificate_id FROM busy"
                     " CROSS JOIN endpoint e ON e.network = ?1 AND e.ip = busy.ip"
                     " CROSS JOIN asset a ON a.endpoint_id = e.id WHERE a.state = 'live'"
                     " GROUP BY e.ip, a.certificate_id HAVING count(DISTINCT e.port) > 20",
                     diag);
}
_Static_assert(PSEUDO_MORE_PORTS_THAN == 20 && PSEUDO_LEAST_ADDRESSES == 64, "the numbers stand in SQL too");

static enum cs_err keep_candidate(struct candidates *list, sqlite3_stmt *stmt)
{
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 16 : list->cap * 2;
        struct candidate *more = realloc(list->items, cap * sizeof *more);
        if (more == NULL)
            return CS_E_NOMEM;
        list->items = more;
        list->cap = cap;
    }
    struct candidate *item = &list->items[list->count++];
    *item = (struct candidate){.len = sqlite3_column_bytes(stmt, 0),
                               .certificate_id = sqlite3_column_int64(stmt, 1),
                               .shown_by = sqlite3_column_int64(stmt, 2)};
    if (item->len > (int)sizeof item->bytes)
        item->len = sizeof item->bytes;
    memcpy(item->bytes, sqlite3_column_blob(stmt, 0), (size_t)item->len);
    return CS_OK;
}

/* Certificates that many addresses of a prefix have shown to the scan, and those that are marked. */
static enum cs_err find_candidates(const struct marking *marking, struct candidates *list, struct diag *diag)
{
    static const char sql[] = "SELECT " PREFIX_OF(
        "e.ip") " AS place, a.certificate_id, count(DISTINCT e.ip) FROM endpoint e"
                " JOIN asset a ON a.endpoint_id = e.id WHERE e.network = ?1 AND a.last_scan_id = ?2"
                " AND a.state = 'live' GROUP BY place, a.certificate_id HAVING count(DISTINCT e.ip) > 32"
                " UNION ALL SELECT DISTINCT " PREFIX_OF(
                    "e.ip") ", a.certificate_id, 0 FROM asset a"
                            " JOIN endpoint e ON e.id = a.endpoint_id WHERE a.pseudo_service = 2 AND "
                            "a.pseudo_service <> 0"
                            " AND e.network = ?1";
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err = sql_prepare(marking->store, &stmt, sql, diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, marking->network);
        sql_bind_int(stmt, 2, marking->scan_id);
    }
    while (err == CS_OK) {
        err = sql_step(marking->store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        err = keep_candidate(list, stmt);
        if (err != CS_OK)
            diag_set(diag, "out of memory");
    }
    sqlite3_finalize(stmt);
    return err;
}

static struct ip_range range_of(const struct candidate *item)
{
    struct ip_range range;
    memset(&range.first, 0, sizeof range.first);
    memset(&range.last, 0xFF, sizeof range.last);
    memcpy(range.first.bytes, item->bytes, (size_t)item->len);
    memcpy(range.last.bytes, item->bytes, (size_t)item->len);
    return range;
}

/* A mark stays where the scan has not probed enough to say otherwise. */
static enum cs_err judge(const struct marking *marking, const struct candidates *list, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(marking->store, &stmt,
                                  "INSERT OR IGNORE INTO temp.pseudo_group VALUES (2, ?1, ?2)", diag);
    for (size_t i = 0; i < list->count && err == CS_OK; i++) {
        const struct candidate *item = &list->items[i];
        uint64_t probed = marking->probed(marking->context, range_of(item));
        bool is_marked = item->shown_by == 0;
        bool holds = is_marked ? probed < PSEUDO_LEAST_ADDRESSES
                               : probed >= PSEUDO_LEAST_ADDRESSES && 2 * (uint64_t)item->shown_by > probed;
        if (!holds)
            continue;
        sql_bind_blob(stmt, 1, item->bytes, (size_t)item->len);
        sql_bind_int(stmt, 2, item->certificate_id);
        err = sql_run(marking->store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

static enum cs_err find_prefixes(const struct marking *marking, struct diag *diag)
{
    struct candidates list = {0};
    enum cs_err err = find_candidates(marking, &list, diag);
    if (err == CS_OK)
        err = judge(marking, &list, diag);
    free(list.items);
    return err;
}

#define HAS_GROUP(kind, place)                                                                               \
    "EXISTS (SELECT 1 FROM endpoint e JOIN temp.pseudo_group g ON g.kind = " kind                            \
    " AND g.certificate_id = asset.certificate_id AND g.place = " place                                      \
    " WHERE e.id = asset.endpoint_id AND e.network = ?1)"
#define WITH_CERTIFICATE_OF(kind)                                                                            \
    "certificate_id IN (SELECT certificate_id FROM temp.pseudo_group WHERE kind = " kind ")"

/* The mark of an asset is that of its prefix, else that of its host. */
static enum cs_err write_marks(const struct marking *marking, struct diag *diag)
{
    static const char *const updates[] = {
        "UPDATE asset SET pseudo_service = 0 WHERE pseudo_service <> 0"
        " AND EXISTS (SELECT 1 FROM endpoint e WHERE e.id = asset.endpoint_id AND e.network = ?1)"
        " AND NOT " HAS_GROUP("asset.pseudo_service",
                              "CASE g.kind WHEN 1 THEN e.ip ELSE " PREFIX_OF("e.ip") " END"),
        "UPDATE asset SET pseudo_service = 2 WHERE pseudo_service <> 2 AND " WITH_CERTIFICATE_OF(
            "2") " AND " HAS_GROUP("2", PREFIX_OF("e.ip")),
        "UPDATE asset SET pseudo_service = 1 WHERE pseudo_service = 0 AND " WITH_CERTIFICATE_OF(
            "1") " AND " HAS_GROUP("1", "e.ip"),
    };
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < sizeof updates / sizeof updates[0] && err == CS_OK; i++)
        err = run_bound(marking, updates[i], diag);
    return err;
}

static enum cs_err count_marks(const struct marking *marking, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum cs_err err =
        sql_prepare(marking->store, &stmt,
                    "SELECT count(DISTINCT CASE a.pseudo_service WHEN 1 THEN e.ip END),"
                    " count(DISTINCT CASE a.pseudo_service WHEN 2 THEN " PREFIX_OF(
                        "e.ip") " END), count(*)"
                                " FROM asset a JOIN endpoint e ON e.id = a.endpoint_id"
                                " WHERE a.pseudo_service <> 0 AND a.state = 'live' AND e.network = ?1",
                    diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, marking->network);
        err = sql_step(marking->store, stmt, &row, diag);
    }
    if (err == CS_OK && row)
        *marking->counts = (struct pseudo_counts){(uint64_t)sqlite3_column_int64(stmt, 0),
                                                  (uint64_t)sqlite3_column_int64(stmt, 1),
                                                  (uint64_t)sqlite3_column_int64(stmt, 2)};
    sqlite3_finalize(stmt);
    return err;
}

static enum cs_err mark_all(struct store *store, void *context, struct diag *diag)
{
    const struct marking *marking = context;
    (void)store;
    enum cs_err err = find_hosts(marking, diag);
    if (err == CS_OK)
        err = find_prefixes(marking, diag);
    if (err == CS_OK)
        err = write_marks(marking, diag);
    return err == CS_OK ? count_marks(marking, diag) : err;
}

enum cs_err pseudo_services_mark(struct store *store, int64_t scan_id, const char *network,
                                 pseudo_probed probed, void *context, struct pseudo_counts *out,
                                 struct diag *diag)
{
    struct marking marking = {store, scan_id, network, probed, context, out};
    *out = (struct pseudo_counts){0};
    return sql_transaction(store, mark_all, &marking, diag);
}
