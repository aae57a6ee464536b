// SPDX-License-Identifier: Apache-2.0
#include "db/unseen.h"

#include <stdlib.h>
#include <string.h>

#include "db/inventory_sql.h"

/* Those that somebody may be expected to serve now: issued, and not taken back. */
#define MAY_BE_SERVED                                                                                        \
    "staged = 0 AND managed = 1 AND revoked IS NULL AND (expires IS NULL OR expires > ?1)"                   \
    " AND (serial IS NOT NULL OR sha1 IS NOT NULL OR sha256 IS NOT NULL)"                                    \
    " AND lower(coalesce(state, '')) NOT IN ('revoked', 'expired', 'replaced', 'declined', 'rejected')"

#define OWNER_ORGANIZATION "coalesce(op.name, o.name, wp.name, w.name)"
#define OWNER_DEPARTMENT                                                                                     \
    "CASE WHEN o.id IS NOT NULL THEN CASE WHEN op.id IS NOT NULL THEN o.name END"                            \
    " WHEN wp.id IS NOT NULL THEN w.name END"

#define MANAGED_NAMES INVENTORY_NAMES(MAY_BE_SERVED)

static const char select_unseen[] =
    "WITH RECURSIVE" MANAGED_NAMES "," INVENTORY_MET
    " SELECT i.id, i.provider, i.external_id, i.common_name, i.serial, i.issuer, i.state, i.requester,"
    " " OWNER_ORGANIZATION ", " OWNER_DEPARTMENT ", i.issued, i.expires, n.name, a.ip, max(a.seen_at)"
    " FROM inventory_name n JOIN name_address a ON a.name = n.name"
    " JOIN inventory_certificate i ON i.id = n.id"
    " LEFT JOIN inventory_owner w ON w.provider = i.provider AND w.staged = 0"
    "  AND w.external_id = i.organization_id"
    " LEFT JOIN inventory_owner wp ON wp.provider = w.provider AND wp.staged = 0"
    "  AND wp.external_id = w.parent_external_id"
    " LEFT JOIN owner o ON o.id = w.owner_id LEFT JOIN owner op ON op.id = o.parent_id"
    " WHERE in_ranges(a.ip) AND i.id NOT IN (SELECT id FROM inventory_met)"
    " AND (?2 IS NULL OR " OWNER_ORGANIZATION " = ?2 COLLATE NOCASE)"
    " AND (?3 IS NULL OR " OWNER_DEPARTMENT " = ?3 COLLATE NOCASE)"
    " GROUP BY i.id, n.name, a.ip ORDER BY i.expires IS NULL, i.expires, i.id, n.name, a.ip";

/* in_ranges(ip): a binary search among the ranges of the filter. */
static void in_ranges(sqlite3_context *context, int count, sqlite3_value **values)
{
    const struct unseen_filter *filter = sqlite3_user_data(context);
    struct ip ip;
    size_t low = 0;
    size_t high = filter->range_count;
    (void)count;
    if (sqlite3_value_bytes(values[0]) != (int)sizeof ip.bytes) {
        sqlite3_result_int(context, 0);
        return;
    }
    memcpy(ip.bytes, sqlite3_value_blob(values[0]), sizeof ip.bytes);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ip_compare(filter->ranges[middle].last, ip) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    sqlite3_result_int(context, low < filter->range_count && ip_range_has(filter->ranges[low], ip));
}

static struct unseen_row read_row(sqlite3_stmt *stmt)
{
    struct unseen_row row = {
        .id = sqlite3_column_int64(stmt, 0),
        .provider = sql_text(stmt, 1),
        .external_id = sqlite3_column_int64(stmt, 2),
        .common_name = sql_text(stmt, 3),
        .serial = sql_text(stmt, 4),
        .issuer = sql_text(stmt, 5),
        .state = sql_text(stmt, 6),
        .requester = sql_text(stmt, 7),
        .owner_organization = sql_text(stmt, 8),
        .owner_department = sql_text(stmt, 9),
        .issued_s = sqlite3_column_int64(stmt, 10),
        .expires_s = sqlite3_column_int64(stmt, 11),
        .name = sql_text(stmt, 12),
        .resolved_at_s = sqlite3_column_int64(stmt, 14),
    };
    memcpy(row.ip.bytes, sqlite3_column_blob(stmt, 13), sizeof row.ip.bytes); /* in_ranges saw its length */
    return row;
}

static void bind_filter(sqlite3_stmt *stmt, const struct unseen_filter *filter)
{
    const struct owner_name *owner = filter->owner;
    sql_bind_int(stmt, 1, filter->now_s);
    sql_bind_text(stmt, 2, owner != NULL ? owner->organization : NULL);
    sql_bind_text(stmt, 3, owner != NULL && owner->department[0] != '\0' ? owner->department : NULL);
}

enum cs_err unseen_each(struct store *store, const struct unseen_filter *filter, unseen_each_row each,
                        void *context, struct diag *diag)
{
    struct unseen_filter copy = *filter;
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    int rc = sqlite3_create_function_v2(store->db, "in_ranges", 1, SQLITE_UTF8, &copy, in_ranges, NULL, NULL,
                                        NULL);
    enum cs_err err =
        rc == SQLITE_OK ? sql_prepare(store, &stmt, select_unseen, diag) : sql_fail(store, rc, diag);
    if (err == CS_OK)
        bind_filter(stmt, filter);
    while (err == CS_OK) {
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        struct unseen_row row = read_row(stmt);
        err = each(context, &row);
    }
    sqlite3_finalize(stmt);
    sqlite3_create_function_v2(store->db, "in_ranges", 1, SQLITE_UTF8, NULL, NULL, NULL, NULL, NULL);
    return err;
}

enum cs_err unseen_count_resolved(struct store *store, int64_t *count, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err =
        sql_prepare(store, &stmt,
                    "WITH RECURSIVE" INVENTORY_NAMES(
                        "staged = 0") " SELECT count(DISTINCT name) FROM inventory_name n WHERE EXISTS"
                                      " (SELECT 1 FROM name_address a WHERE a.name = n.name)",
                    diag);
    *count = 0;
    if (err == CS_OK)
        err = sql_int(store, stmt, count, 0, diag);
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err scanned_targets(struct store *store, scanned_targets_each each, void *context, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err = sql_prepare(store, &stmt, "SELECT DISTINCT targets FROM scan", diag);
    while (err == CS_OK) {
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        err = each(context, sql_text(stmt, 0));
    }
    sqlite3_finalize(stmt);
    return err;
}
