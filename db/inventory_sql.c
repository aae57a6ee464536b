// SPDX-License-Identifier: Apache-2.0
#include "db/inventory_sql.h"

#include "cert/digest.h"

static void sha1(sqlite3_context *context, int count, sqlite3_value **values)
{
    uint8_t digest[SHA1_SIZE];
    const uint8_t *bytes = sqlite3_value_blob(values[0]);
    (void)count;
    if (bytes == NULL)
        sqlite3_result_null(context);
    else if (cert_sha1(digest, bytes, (size_t)sqlite3_value_bytes(values[0])) != CS_OK)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_blob(context, digest, sizeof digest, SQLITE_TRANSIENT);
}

enum cs_err inventory_is_there(struct store *store, bool *out, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    int64_t there = 0;
    enum cs_err err = sql_prepare(
        store, &stmt, "SELECT EXISTS (SELECT 1 FROM inventory_certificate WHERE staged = 0)", diag);
    if (err == CS_OK)
        err = sql_int(store, stmt, &there, 0, diag);
    sqlite3_finalize(stmt);
    *out = there != 0;
    return err;
}

int inventory_sql_register(sqlite3 *db)
{
    return sqlite3_create_function_v2(db, "sha1", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, sha1, NULL,
                                      NULL, NULL);
}
