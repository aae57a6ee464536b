// SPDX-License-Identifier: Apache-2.0
#include "db/coverage.h"

#include <string.h>

#include "db/sql.h"

static struct ip read_ip(sqlite3_stmt *stmt, int at)
{
    struct ip ip = {0};
    if (sqlite3_column_bytes(stmt, at) == (int)sizeof ip.bytes)
        memcpy(ip.bytes, sqlite3_column_blob(stmt, at), sizeof ip.bytes);
    return ip;
}

enum cs_err coverage_named(struct store *store, const char *network, coverage_address each, void *context,
                           struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err = sql_prepare(store, &stmt,
                                  "SELECT ip FROM endpoint WHERE network = ?1"
                                  " AND (host_name IS NOT NULL OR server_name <> '')"
                                  " UNION SELECT ip FROM name_address WHERE network = ?1",
                                  diag);
    if (err == CS_OK)
        sql_bind_text(stmt, 1, network);
    while (err == CS_OK) {
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        err = each(context, read_ip(stmt, 0));
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err coverage_follow_ups(struct store *store, int64_t scan_id, coverage_follow_up each, void *context,
                                struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err = sql_prepare(store, &stmt,
                                  "SELECT ip, port, protocol, server_name, outcome FROM follow_up"
                                  " WHERE scan_id = ?1 AND outcome IS NOT NULL",
                                  diag);
    if (err == CS_OK)
        sql_bind_int(stmt, 1, scan_id);
    while (err == CS_OK) {
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        const struct endpoint endpoint = {
            .network = "",
            .ip = read_ip(stmt, 0),
            .port = (uint16_t)sqlite3_column_int(stmt, 1),
            .protocol = (enum protocol)sqlite3_column_int(stmt, 2),
            .server_name = sql_text(stmt, 3),
        };
        err = each(context, &endpoint, (enum outcome)sqlite3_column_int(stmt, 4));
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err coverage_leaves(struct store *store, const char *network, int64_t first_scan_id,
                            int64_t last_scan_id, coverage_leaf each, void *context, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err = sql_prepare(store, &stmt,
                                  "SELECT e.ip, i.certificate_id FROM asset_interval i"
                                  " JOIN asset a ON a.id = i.asset_id JOIN endpoint e ON e.id = a.endpoint_id"
                                  " WHERE i.first_scan_id <= ?3 AND i.last_scan_id >= ?2 AND e.network = ?1",
                                  diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, network);
        sql_bind_int(stmt, 2, first_scan_id);
        sql_bind_int(stmt, 3, last_scan_id);
    }
    while (err == CS_OK) {
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        err = each(context, read_ip(stmt, 0), sqlite3_column_int64(stmt, 1));
    }
    sqlite3_finalize(stmt);
    return err;
}
