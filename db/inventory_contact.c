// SPDX-License-Identifier: Apache-2.0
#include "db/inventory_contact.h"

#include <stdio.h>

#include "db/sql.h"

static const char select_next[] =
    "SELECT i.external_id, o.id, coalesce(p.name, o.name), CASE WHEN p.id IS NOT NULL THEN o.name END"
    " FROM inventory_owner i JOIN owner o ON o.id = i.owner_id LEFT JOIN owner p ON p.id = o.parent_id"
    " WHERE i.provider = ?1 AND i.staged = 0 AND i.external_id > ?2 AND o.mail IS NULL"
    " ORDER BY i.external_id LIMIT 1";

static void read_row(sqlite3_stmt *stmt, struct inventory_mailless *out)
{
    const char *department = sql_text(stmt, 3);
    out->external_id = sqlite3_column_int64(stmt, 0);
    out->owner_id = sqlite3_column_int64(stmt, 1);
    snprintf(out->owner.organization, sizeof out->owner.organization, "%s", sql_text(stmt, 2));
    snprintf(out->owner.department, sizeof out->owner.department, "%s", department != NULL ? department : "");
}

enum cs_err inventory_next_mailless(struct store *store, const char *provider, int64_t after,
                                    struct inventory_mailless *out, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum cs_err err = sql_prepare(store, &stmt, select_next, diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, provider);
        sql_bind_int(stmt, 2, after);
        err = sql_step(store, stmt, &row, diag);
    }
    if (err == CS_OK && row)
        read_row(stmt, out);
    sqlite3_finalize(stmt);
    return err == CS_OK && !row ? CS_E_NOT_FOUND : err;
}

enum cs_err inventory_take_mail(struct store *store, int64_t owner_id, const char *mail, bool *taken,
                                struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err =
        sql_prepare(store, &stmt, "UPDATE owner SET mail = ?2 WHERE id = ?1 AND mail IS NULL", diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, owner_id);
        sql_bind_text(stmt, 2, mail);
        err = sql_run(store, stmt, diag);
    }
    *taken = err == CS_OK && sqlite3_changes(store->db) > 0;
    sqlite3_finalize(stmt);
    return err;
}
