// SPDX-License-Identifier: Apache-2.0
#include "db/acceptances.h"

#include <string.h>

#include "db/sql.h"

#define MEANT_ENDPOINTS                                                                                      \
    "SELECT id FROM endpoint WHERE ip = ?1 AND port = ?2 AND protocol = ?3"                                  \
    " AND (?4 IS NULL OR server_name = ?4)"
#define MEANT_CERTIFICATES "SELECT id FROM certificate WHERE sha256 = ?5"

static void bind_meant(sqlite3_stmt *stmt, const struct acceptance *acceptance)
{
    const struct endpoint *endpoint = acceptance->endpoint;
    if (endpoint != NULL) {
        sql_bind_blob(stmt, 1, endpoint->ip.bytes, sizeof endpoint->ip.bytes);
        sql_bind_int(stmt, 2, endpoint->port);
        sql_bind_int(stmt, 3, endpoint->protocol);
        sql_bind_text(stmt, 4, endpoint->server_name);
    } else {
        sql_bind_blob(stmt, 5, acceptance->sha256, SHA256_SIZE);
    }
    if (sqlite3_bind_parameter_count(stmt) >= 6)
        sql_bind_text(stmt, 6, acceptance->finding);
}

static enum cs_err count_meant(struct store *store, const struct acceptance *acceptance, int64_t *count,
                               struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    const char *sql = acceptance->endpoint != NULL
                          ? "SELECT count(*) FROM asset WHERE endpoint_id IN (" MEANT_ENDPOINTS ")"
                          : "SELECT count(*) FROM asset WHERE certificate_id IN (" MEANT_CERTIFICATES ")";
    enum cs_err err = sql_prepare(store, &stmt, sql, diag);
    if (err == CS_OK) {
        bind_meant(stmt, acceptance);
        err = sql_int(store, stmt, count, 0, diag);
    }
    sqlite3_finalize(stmt);
    if (err == CS_OK && *count == 0)
        return diag_fail(diag, CS_E_NOT_FOUND,
                         "no asset is known there; `certscour assets --state all` lists them");
    return err;
}

enum cs_err acceptances_put(struct store *store, const struct acceptance *acceptance, int64_t now_s,
                            int64_t *count, struct diag *diag)
{
    static const char of_endpoint[] =
        "INSERT INTO acceptance (endpoint_id, finding, reason, created_at, until)"
        " SELECT id, ?6, ?7, ?8, ?9 FROM endpoint WHERE id IN (" MEANT_ENDPOINTS ")"
        " ON CONFLICT (endpoint_id, finding) DO UPDATE SET reason = excluded.reason,"
        " created_at = excluded.created_at, until = excluded.until";
    static const char of_certificate[] =
        "INSERT INTO acceptance (certificate_id, finding, reason, created_at, until)"
        " SELECT id, ?6, ?7, ?8, ?9 FROM certificate WHERE id IN (" MEANT_CERTIFICATES ")"
        " ON CONFLICT (certificate_id, finding) DO UPDATE SET reason = excluded.reason,"
        " created_at = excluded.created_at, until = excluded.until";
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = count_meant(store, acceptance, count, diag);
    if (err == CS_OK)
        err = sql_prepare(store, &stmt, acceptance->endpoint != NULL ? of_endpoint : of_certificate, diag);
    if (err == CS_OK) {
        bind_meant(stmt, acceptance);
        sql_bind_text(stmt, 7, acceptance->reason);
        sql_bind_int(stmt, 8, now_s);
        sql_bind_int(stmt, 9, acceptance->until_s);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err acceptances_remove(struct store *store, const struct acceptance *acceptance, int64_t *count,
                               struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    const char *sql = acceptance->endpoint != NULL
                          ? "DELETE FROM acceptance WHERE endpoint_id IN (" MEANT_ENDPOINTS
                            ") AND (?6 IS NULL OR finding = ?6)"
                          : "DELETE FROM acceptance WHERE certificate_id IN (" MEANT_CERTIFICATES
                            ") AND (?6 IS NULL OR finding = ?6)";
    enum cs_err err = sql_prepare(store, &stmt, sql, diag);
    if (err == CS_OK) {
        bind_meant(stmt, acceptance);
        err = sql_run(store, stmt, diag);
    }
    *count = err == CS_OK ? sqlite3_changes(store->db) : 0;
    sqlite3_finalize(stmt);
    if (err == CS_OK && *count == 0)
        return diag_fail(diag, CS_E_NOT_FOUND,
                         "nothing such is accepted there; `certscour accept list --all` shows what is");
    return err;
}

static void read_row(sqlite3_stmt *stmt, struct acceptance_row *row)
{
    const char *server_name = sql_text(stmt, 4);
    *row = (struct acceptance_row){
        .endpoint = {.network = sql_text(stmt, 0),
                     .port = (uint16_t)sqlite3_column_int(stmt, 2),
                     .protocol = (enum protocol)sqlite3_column_int(stmt, 3),
                     .server_name = server_name != NULL && server_name[0] != '\0' ? server_name : NULL},
        .common_name = sql_text(stmt, 6),
        .finding = sql_text(stmt, 7),
        .reason = sql_text(stmt, 8),
        .created_at_s = sqlite3_column_int64(stmt, 9),
        .until_s = sqlite3_column_int64(stmt, 10),
    };
    if (sqlite3_column_bytes(stmt, 1) == (int)sizeof row->endpoint.ip.bytes)
        memcpy(row->endpoint.ip.bytes, sqlite3_column_blob(stmt, 1), sizeof row->endpoint.ip.bytes);
    if (sqlite3_column_bytes(stmt, 5) == SHA256_SIZE)
        memcpy(row->sha256, sqlite3_column_blob(stmt, 5), SHA256_SIZE);
}

enum cs_err acceptances_each(struct store *store, int64_t now_s, bool expired_too, acceptance_each each,
                             void *context, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err =
        sql_prepare(store, &stmt,
                    "SELECT e.network, e.ip, e.port, e.protocol, e.server_name, c.sha256, c.common_name,"
                    " x.finding, x.reason, x.created_at, x.until FROM acceptance x"
                    " LEFT JOIN endpoint e ON e.id = x.endpoint_id"
                    " LEFT JOIN certificate c ON c.id = x.certificate_id"
                    " WHERE ?2 OR x.until > ?1 ORDER BY x.until, x.id",
                    diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, now_s);
        sql_bind_int(stmt, 2, expired_too);
    }
    while (err == CS_OK) {
        struct acceptance_row row;
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        read_row(stmt, &row);
        err = each(context, &row);
    }
    sqlite3_finalize(stmt);
    return err;
}
