// SPDX-License-Identifier: Apache-2.0
#include "db/endpoints.h"

#include <string.h>

#include "db/sql.h"

enum cs_err endpoints_each(struct store *store, const char *network, endpoint_each each, void *context,
                           struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err = sql_prepare(store, &stmt,
                                  "SELECT DISTINCT ip, port, protocol FROM endpoint WHERE network = ?1"
                                  " ORDER BY ip, port, protocol",
                                  diag);
    if (err == CS_OK)
        sql_bind_text(stmt, 1, network);
    while (err == CS_OK) {
        struct endpoint endpoint = {.network = network};
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        if (sqlite3_column_bytes(stmt, 0) != sizeof endpoint.ip.bytes)
            continue;
        memcpy(endpoint.ip.bytes, sqlite3_column_blob(stmt, 0), sizeof endpoint.ip.bytes);
        endpoint.port = (uint16_t)sqlite3_column_int(stmt, 1);
        endpoint.protocol = (enum protocol)sqlite3_column_int(stmt, 2);
        err = each(context, &endpoint);
    }
    sqlite3_finalize(stmt);
    return err;
}
