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

int inventory_sql_register(sqlite3 *db)
{
    return sqlite3_create_function_v2(db, "sha1", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, sha1, NULL,
                                      NULL, NULL);
}
