// SPDX-License-Identifier: Apache-2.0
/* Manual assignments: of an endpoint (which wins) or of a certificate wherever it is served. */
#include <string.h>

#include "db/assets.h"
#include "db/certificate_row.h"

struct assignment {
    const struct endpoint *endpoint;
    const uint8_t *sha256;
    int64_t owner_id; /* 0 = to be taken away */
    const char *reason;
    int64_t now_s;
    int64_t *count;
};

/* The assets meant, as a condition on asset a joined with endpoint e and certificate c; ?1 to ?5 are bound
 * below. */
#define MEANT                                                                                                \
    "SELECT a.id FROM asset a JOIN endpoint e ON e.id = a.endpoint_id JOIN certificate c ON c.id = "         \
    "a.certificate_id"                                                                                       \
    " WHERE CASE WHEN ?1 IS NULL THEN c.sha256 = ?5 ELSE e.ip = ?1 AND e.port = ?2 AND e.protocol = ?3"      \
    " AND (?4 IS NULL OR e.server_name = ?4) END"

static void bind_meant(sqlite3_stmt *stmt, const struct assignment *assignment)
{
    const struct endpoint *endpoint = assignment->endpoint;
    if (endpoint != NULL) {
        sql_bind_blob(stmt, 1, endpoint->ip.bytes, sizeof endpoint->ip.bytes);
        sql_bind_int(stmt, 2, endpoint->port);
        sql_bind_int(stmt, 3, endpoint->protocol);
        sql_bind_text(stmt, 4, endpoint->server_name);
    } else {
        sql_bind_blob(stmt, 5, assignment->sha256, SHA256_SIZE);
    }
}

static enum cs_err run_meant(struct store *store, const char *sql, const struct assignment *assignment,
                             int64_t *result, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(store, &stmt, sql, diag);
    if (err == CS_OK) {
        bind_meant(stmt, assignment);
        if (sqlite3_bind_parameter_count(stmt) >= 8) { /* a number that is not there still has its place */
            sql_bind_int(stmt, 6, assignment->owner_id);
            sql_bind_text(stmt, 7, assignment->reason);
            sql_bind_int(stmt, 8, assignment->now_s);
        }
        err = sql_int(store, stmt, result, 0, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

static enum cs_err run_all(struct store *store, const struct assignment *assignment,
                           const char *const *statements, size_t count, struct diag *diag)
{
    int64_t unused;
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < count && err == CS_OK; i++)
        err = run_meant(store, statements[i], assignment, &unused, diag);
    return err;
}

static enum cs_err count_meant(struct store *store, const struct assignment *assignment, struct diag *diag)
{
    enum cs_err err =
        run_meant(store, "SELECT count(*) FROM (" MEANT ")", assignment, assignment->count, diag);
    if (err == CS_OK && *assignment->count == 0)
        return diag_fail(diag, CS_E_NOT_FOUND,
                         "no asset is known there; `certscour assets --state all` lists them");
    return err;
}

static enum cs_err assign(struct store *store, void *context, struct diag *diag)
{
    static const char *const of_endpoint[] = {
        "INSERT INTO assignment (endpoint_id, owner_id, reason, created_at)"
        " SELECT DISTINCT endpoint_id, ?6, ?7, ?8 FROM asset WHERE id IN (" MEANT ")"
        " ON CONFLICT (endpoint_id) DO UPDATE SET owner_id = excluded.owner_id, reason = excluded.reason,"
        " created_at = excluded.created_at",
        "UPDATE asset SET owner_id = m.owner_id, rule_id = NULL, rule_name = NULL, assignment_id = m.id,"
        " changed_at = ?8, changed_scan_id = NULL"
        " FROM assignment m WHERE m.endpoint_id = asset.endpoint_id AND asset.id IN (" MEANT ")",
    };
    static const char *const of_certificate[] = {
        "INSERT INTO assignment (certificate_id, owner_id, reason, created_at)"
        " SELECT DISTINCT certificate_id, ?6, ?7, ?8 FROM asset WHERE id IN (" MEANT ")"
        " ON CONFLICT (certificate_id) DO UPDATE SET owner_id = excluded.owner_id, reason = excluded.reason,"
        " created_at = excluded.created_at",
        "UPDATE asset SET owner_id = m.owner_id, rule_id = NULL, rule_name = NULL, assignment_id = m.id,"
        " changed_at = ?8, changed_scan_id = NULL"
        " FROM assignment m WHERE m.certificate_id = asset.certificate_id AND asset.id IN (" MEANT ")"
        " AND NOT EXISTS (SELECT 1 FROM assignment x WHERE x.endpoint_id = asset.endpoint_id)",
    };
    const struct assignment *assignment = context;
    enum cs_err err = count_meant(store, assignment, diag);
    if (err != CS_OK)
        return err;
    return run_all(store, assignment, assignment->endpoint != NULL ? of_endpoint : of_certificate, 2, diag);
}

enum cs_err assets_assign(struct store *store, const struct endpoint *endpoint, const uint8_t *sha256,
                          int64_t owner_id, const char *reason, int64_t now_s, int64_t *count,
                          struct diag *diag)
{
    struct assignment assignment = {endpoint, sha256, owner_id, reason, now_s, count};
    return sql_transaction(store, assign, &assignment, diag);
}

/* How many of the assets meant are under an assignment that is to be taken away. */
static enum cs_err count_assigned(struct store *store, const struct assignment *assignment, struct diag *diag)
{
    const char *sql = assignment->endpoint != NULL
                          ? "SELECT count(*) FROM asset WHERE id IN (" MEANT ") AND endpoint_id IN"
                            " (SELECT endpoint_id FROM assignment)"
                          : "SELECT count(*) FROM asset WHERE id IN (" MEANT ") AND certificate_id IN"
                            " (SELECT certificate_id FROM assignment)";
    enum cs_err err = count_meant(store, assignment, diag);
    if (err == CS_OK)
        err = run_meant(store, sql, assignment, assignment->count, diag);
    if (err == CS_OK && *assignment->count == 0)
        return diag_fail(diag, CS_E_NOT_FOUND, "nothing is assigned by hand to that %s",
                         assignment->endpoint != NULL ? "endpoint" : "certificate");
    return err;
}

static enum cs_err unassign(struct store *store, void *context, struct diag *diag)
{
    /* the foreign key clears assignment_id of what the deleted assignment had decided */
    static const char *const of_endpoint[] = {
        "UPDATE asset SET owner_id = NULL, changed_at = ?8, changed_scan_id = NULL WHERE id IN (" MEANT
        ") AND assignment_id IN"
        " (SELECT id FROM assignment WHERE endpoint_id = asset.endpoint_id)",
        "DELETE FROM assignment WHERE endpoint_id IN (SELECT endpoint_id FROM asset WHERE id IN (" MEANT "))",
        /* one of the certificate, which it had won over, holds again */
        "UPDATE asset SET owner_id = m.owner_id, rule_id = NULL, rule_name = NULL, assignment_id = m.id,"
        " changed_at = ?8, changed_scan_id = NULL"
        " FROM assignment m WHERE m.certificate_id = asset.certificate_id AND asset.id IN (" MEANT ")",
    };
    static const char *const of_certificate[] = {
        "UPDATE asset SET owner_id = NULL, changed_at = ?8, changed_scan_id = NULL WHERE id IN (" MEANT
        ") AND assignment_id IN"
        " (SELECT id FROM assignment WHERE certificate_id = asset.certificate_id)",
        "DELETE FROM assignment WHERE certificate_id IN (SELECT certificate_id FROM asset WHERE id IN (" MEANT
        "))",
    };
    const struct assignment *assignment = context;
    enum cs_err err = count_assigned(store, assignment, diag);
    if (err != CS_OK)
        return err;
    if (assignment->endpoint != NULL)
        return run_all(store, assignment, of_endpoint, 3, diag);
    return run_all(store, assignment, of_certificate, 2, diag);
}

enum cs_err assets_unassign(struct store *store, const struct endpoint *endpoint, const uint8_t *sha256,
                            int64_t now_s, int64_t *count, struct diag *diag)
{
    struct assignment assignment = {.endpoint = endpoint, .sha256 = sha256, .now_s = now_s, .count = count};
    return sql_transaction(store, unassign, &assignment, diag);
}
