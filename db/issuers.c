// SPDX-License-Identifier: Apache-2.0
#include "db/issuers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cert/chain_verdict.h"
#include "db/sql.h"

static const char select_issuers[] =
    "SELECT c.issuer, max(h.flaws & %d <> 0) FROM asset a JOIN chain h ON h.id = a.chain_id"
    " JOIN certificate c ON c.id = a.certificate_id"
    " WHERE a.state = 'live' AND h.roots IS NOT NULL AND h.flaws & %d = 0 AND c.issuer IS NOT NULL"
    " AND NOT c.self_signed GROUP BY c.issuer COLLATE BINARY ORDER BY c.issuer COLLATE BINARY";

enum cs_err issuers_read(struct issuers *out, struct store *store, struct diag *diag)
{
    char sql[sizeof select_issuers + 16];
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    snprintf(sql, sizeof sql, select_issuers, CHAIN_PUBLIC, CHAIN_INCOMPLETE);
    enum cs_err err = sql_prepare(store, &stmt, sql, diag);
    while (err == CS_OK) {
        err = sql_step(store, stmt, &row, diag);
        if (err != CS_OK || !row)
            break;
        err = text_list_add(sqlite3_column_int(stmt, 1) != 0 ? &out->of_public : &out->of_private,
                            sql_text(stmt, 0));
        if (err != CS_OK)
            diag_set(diag, "out of memory");
    }
    sqlite3_finalize(stmt);
    return err;
}

void issuers_dispose(struct issuers *issuers)
{
    text_list_dispose(&issuers->of_public);
    text_list_dispose(&issuers->of_private);
}

static int compare(const void *name, const void *item)
{
    return strcmp(name, *(char *const *)item);
}

bool issuers_has(const struct text_list *names, const char *issuer)
{
    return issuer != NULL && names->count > 0 &&
           bsearch(issuer, names->items, names->count, sizeof names->items[0], compare) != NULL;
}
