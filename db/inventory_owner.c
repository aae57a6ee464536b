// SPDX-License-Identifier: Apache-2.0
#include "db/inventory_owner.h"

#include "db/sql.h"
#include "model/owner.h"

enum cs_err inventory_owner_find(struct store *store, const char *provider, int64_t external_id,
                                 struct inventory_owner *out, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    *out = (struct inventory_owner){0};
    enum cs_err err =
        sql_prepare(store, &stmt,
                    "SELECT coalesce(i.owner_id, 0), coalesce(o.name, p.name, i.name),"
                    " CASE WHEN p.id IS NULL THEN NULL ELSE i.name END, coalesce(p.external_id, 0)"
                    " FROM inventory_owner i LEFT JOIN inventory_owner p ON p.provider = ?1 AND p.staged = 0"
                    "  AND p.external_id = i.parent_external_id LEFT JOIN owner o ON o.id = p.owner_id"
                    " WHERE i.provider = ?1 AND i.staged = 0 AND i.external_id = ?2",
                    diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, provider);
        sql_bind_int(stmt, 2, external_id);
        err = sql_step(store, stmt, &out->known, diag);
    }
    if (out->known) {
        out->owner_id = sqlite3_column_int64(stmt, 0);
        out->parent_id = sqlite3_column_int64(stmt, 3);
        owner_append(&out->name, sql_text(stmt, 1), sql_text(stmt, 2));
    }
    sqlite3_finalize(stmt);
    return err;
}

void inventory_owner_dispose(struct inventory_owner *owner)
{
    buf_dispose(&owner->name);
}

enum cs_err inventory_owner_adopt(struct store *store, const char *provider, int64_t external_id,
                                  int64_t owner_id, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(store, &stmt,
                                  "UPDATE inventory_owner SET owner_id = ?3"
                                  " WHERE provider = ?1 AND staged = 0 AND external_id = ?2",
                                  diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, provider);
        sql_bind_int(stmt, 2, external_id);
        sql_bind_int(stmt, 3, owner_id);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}
