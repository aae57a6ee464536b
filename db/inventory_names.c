// SPDX-License-Identifier: Apache-2.0
#include "db/inventory_names.h"

#include "db/inventory_sql.h"

static const char select_names[] = "WITH RECURSIVE" INVENTORY_NAMES("staged = 0") //
    " SELECT name FROM inventory_name UNION"
    " SELECT" INVENTORY_NAME_BASE("name") "FROM inventory_domain WHERE staged = 0";

enum cs_err inventory_names_each(struct store *store, scan_name_each each, void *context, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err = sql_prepare(store, &stmt, select_names, diag);
    while (err == CS_OK) {
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        err = each(context, sql_text(stmt, 0));
    }
    sqlite3_finalize(stmt);
    return err;
}
