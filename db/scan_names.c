// SPDX-License-Identifier: Apache-2.0
#include "db/scan_names.h"

#include <string.h>

#include "db/sql.h"

/* Bound where it is: it has to outlive the statement's run. */
static void bind_ip(sqlite3_stmt *stmt, int at, const struct ip *ip)
{
    sql_bind_blob(stmt, at, ip->bytes, sizeof ip->bytes);
}

static struct ip read_ip(sqlite3_stmt *stmt, int at)
{
    struct ip ip = {0};
    if (sqlite3_column_bytes(stmt, at) == (int)sizeof ip.bytes)
        memcpy(ip.bytes, sqlite3_column_blob(stmt, at), sizeof ip.bytes);
    return ip;
}

static enum cs_err forget_addresses(struct store *store, const char *network, const char *name,
                                    struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err =
        sql_keep(store, &stmt, "DELETE FROM name_address WHERE network = ?1 AND name = ?2", diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, network);
        sql_bind_text(stmt, 2, name);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_reset(stmt);
    return err;
}

enum cs_err scan_names_put(struct store *store, const char *network, const char *name, const struct ip *ips,
                           size_t count, int64_t now_s, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = forget_addresses(store, network, name, diag);
    if (err == CS_OK)
        err = sql_keep(store, &stmt,
                       "INSERT INTO name_address (network, ip, name, seen_at) VALUES (?1, ?2, ?3, ?4)"
                       " ON CONFLICT DO UPDATE SET seen_at = ?4",
                       diag);
    for (size_t i = 0; i < count && err == CS_OK; i++) {
        sql_bind_text(stmt, 1, network);
        bind_ip(stmt, 2, &ips[i]);
        sql_bind_text(stmt, 3, name);
        sql_bind_int(stmt, 4, now_s);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_reset(stmt);
    return err;
}

static bool is_among(struct ip ip, const struct ip *ips, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ip_equals(ips[i], ip))
            return true;
    }
    return false;
}

static enum cs_err move_assets(struct store *store, int64_t endpoint_id, int64_t scan_id, int64_t now_s,
                               struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_keep(store, &stmt,
                               "UPDATE asset SET state = 'moved', changed_at = ?2, changed_scan_id = ?3"
                               " WHERE endpoint_id = ?1 AND state = 'live'",
                               diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, endpoint_id);
        sql_bind_int(stmt, 2, now_s);
        sql_bind_int(stmt, 3, scan_id);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_reset(stmt);
    return err;
}

enum cs_err scan_names_resolved(struct store *store, int64_t scan_id, const char *network, const char *name,
                                const struct ip *ips, size_t count, const struct ip *at_home, int64_t now_s,
                                struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err = scan_names_put(store, network, name, ips, count, now_s, diag);
    if (err == CS_OK)
        err = sql_keep(store, &stmt,
                       "SELECT DISTINCT e.id, e.ip FROM endpoint e JOIN asset a ON a.endpoint_id = e.id"
                       " WHERE e.server_name = ?2 AND e.server_name <> '' AND e.network = ?1 AND a.state "
                       "= 'live' AND a.last_scan_id <> ?3",
                       diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, network);
        sql_bind_text(stmt, 2, name);
        sql_bind_int(stmt, 3, scan_id);
    }
    while (err == CS_OK) {
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        struct ip ip = read_ip(stmt, 1);
        if (!is_among(ip, ips, count) && (at_home == NULL || !ip_equals(ip, *at_home)))
            err = move_assets(store, sqlite3_column_int64(stmt, 0), scan_id, now_s, diag);
    }
    sqlite3_reset(stmt);
    return err;
}

enum cs_err scan_names_at(struct store *store, const char *network, struct ip ip, scan_name_each each,
                          void *context, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err = sql_keep(store, &stmt,
                               "SELECT server_name FROM endpoint WHERE network = ?1 AND ip = ?2"
                               " AND server_name <> ''"
                               " UNION SELECT name FROM name_address WHERE network = ?1 AND ip = ?2",
                               diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, network);
        bind_ip(stmt, 2, &ip);
    }
    while (err == CS_OK) {
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        err = each(context, sql_text(stmt, 0));
    }
    sqlite3_reset(stmt);
    return err;
}

enum cs_err scan_names_host(struct store *store, const char *network, struct ip ip, const char *host_name,
                            struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_keep(store, &stmt,
                               "UPDATE endpoint SET host_name = ?3 WHERE network = ?1 AND ip = ?2"
                               " AND (server_name = '' OR host_name IS NULL) AND host_name IS NOT ?3",
                               diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, network);
        bind_ip(stmt, 2, &ip);
        sql_bind_text(stmt, 3, host_name);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_reset(stmt);
    return err;
}

/* ---- follow-ups ---- */

enum cs_err follow_up_put(struct store *store, int64_t scan_id, uint64_t number,
                          const struct endpoint *endpoint, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_keep(store, &stmt,
                               "INSERT INTO follow_up (scan_id, number, ip, port, protocol, server_name)"
                               " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                               diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, scan_id);
        sql_bind_int(stmt, 2, (int64_t)number);
        bind_ip(stmt, 3, &endpoint->ip);
        sql_bind_int(stmt, 4, endpoint->port);
        sql_bind_int(stmt, 5, endpoint->protocol);
        sql_bind_text(stmt, 6, endpoint->server_name);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_reset(stmt);
    return err;
}

enum cs_err follow_up_end(struct store *store, int64_t scan_id, uint64_t number, enum outcome outcome,
                          int64_t at_s, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err =
        sql_keep(store, &stmt,
                 "UPDATE follow_up SET outcome = ?3, ended_at = ?4 WHERE scan_id = ?1 AND number = ?2", diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, scan_id);
        sql_bind_int(stmt, 2, (int64_t)number);
        sql_bind_int(stmt, 3, outcome);
        sql_bind_int(stmt, 4, at_s);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_reset(stmt);
    return err;
}

static enum cs_err forget_unfinished(struct store *store, int64_t scan_id, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err =
        sql_keep(store, &stmt, "DELETE FROM follow_up WHERE scan_id = ?1 AND outcome IS NULL", diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, scan_id);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_reset(stmt);
    return err;
}

enum cs_err follow_ups_restore(struct store *store, int64_t scan_id, follow_up_each each, void *context,
                               struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err = forget_unfinished(store, scan_id, diag);
    if (err == CS_OK)
        err = sql_keep(store, &stmt,
                       "SELECT number, ip, port, protocol, server_name FROM follow_up WHERE scan_id = ?1"
                       " ORDER BY number",
                       diag);
    if (err == CS_OK)
        sql_bind_int(stmt, 1, scan_id);
    while (err == CS_OK) {
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        const struct endpoint endpoint = {
            .network = "",
            .ip = read_ip(stmt, 1),
            .port = (uint16_t)sqlite3_column_int(stmt, 2),
            .protocol = (enum protocol)sqlite3_column_int(stmt, 3),
            .server_name = sql_text(stmt, 4),
        };
        err = each(context, (uint64_t)sqlite3_column_int64(stmt, 0), &endpoint);
    }
    sqlite3_reset(stmt);
    return err;
}
