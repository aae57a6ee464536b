// SPDX-License-Identifier: Apache-2.0
/* Which row of the inventory a stored certificate is, as SQL over `certificate c`; for .c files of db/ only.
 */
#ifndef DB_INVENTORY_SQL_H
#define DB_INVENTORY_SQL_H

#include "db/sql.h"

/* By SHA-256 where the provider tells it. Else by serial number, and SHA-1 where that is told; a serial
 * number alone has to be one of a public CA (8 bytes and more), under the same common name. */
#define INVENTORY_JOIN                                                                                       \
    " LEFT JOIN inventory_certificate g ON g.id = coalesce("                                                 \
    "(SELECT i.id FROM inventory_certificate i WHERE i.staged = 0 AND i.sha256 = c.sha256"                   \
    " ORDER BY i.managed DESC, i.id DESC LIMIT 1),"                                                          \
    "(SELECT i.id FROM inventory_certificate i WHERE i.staged = 0 AND i.serial = c.serial"                   \
    " AND i.sha256 IS NULL AND CASE WHEN i.sha1 IS NOT NULL THEN i.sha1 = sha1(c.der)"                       \
    " ELSE length(i.serial) >= 16 AND i.common_name IS c.common_name COLLATE NOCASE END"                     \
    " ORDER BY i.managed DESC, i.id DESC LIMIT 1))"

/* The same where there is no inventory at all: it costs nothing, and INVENTORY_STATUS is right all the same.
 */
#define INVENTORY_JOIN_NOTHING " LEFT JOIN inventory_certificate g ON NULL"
CS_MUST_USE enum cs_err inventory_is_there(struct store *store, bool *out, struct diag *diag);

/* Over that join: what a certificate manager does not know is unmanaged, if one has been asked at all. */
#define INVENTORY_STATUS                                                                                     \
    "CASE WHEN g.managed = 1 THEN 'managed' WHEN g.id IS NOT NULL THEN 'external' WHEN EXISTS"               \
    " (SELECT 1 FROM inventory WHERE resource = 'certificates' AND pulled_at IS NOT NULL) THEN 'unmanaged'"  \
    " ELSE 'unknown' END"

/* `*.NAME` as NAME, to be compared without case. */
#define INVENTORY_NAME_BASE(name)                                                                            \
    " CASE WHEN " name " LIKE '*.%' THEN substr(" name ", 3) ELSE " name " END COLLATE NOCASE AS name "

/* For WITH RECURSIVE: inventory_name(id, name) has the names of the certificates for which `condition` holds,
 * each once, of wildcards the base; `names` is one a line. */
#define INVENTORY_NAMES(condition)                                                                           \
    " piece(id, name, rest) AS ("                                                                            \
    "SELECT id, common_name, coalesce(names || char(10), '') FROM inventory_certificate WHERE " condition    \
    " UNION ALL SELECT id, substr(rest, 1, instr(rest, char(10)) - 1),"                                      \
    " substr(rest, instr(rest, char(10)) + 1) FROM piece WHERE rest <> ''),"                                 \
    " inventory_name(id, name) AS (SELECT DISTINCT id," INVENTORY_NAME_BASE("name") "FROM piece WHERE name " \
                                                                                    "<> '')"

/* INVENTORY_JOIN the other way round: has `inventory_certificate i` ever been served? */
#define INVENTORY_WAS_MET                                                                                    \
    " (EXISTS (SELECT 1 FROM certificate c JOIN asset_interval v ON v.certificate_id = c.id"                 \
    " WHERE c.sha256 = i.sha256)"                                                                            \
    " OR i.sha256 IS NULL AND EXISTS (SELECT 1 FROM certificate c JOIN asset_interval v"                     \
    " ON v.certificate_id = c.id WHERE c.serial = i.serial AND CASE WHEN i.sha1 IS NOT NULL"                 \
    " THEN i.sha1 = sha1(c.der)"                                                                             \
    " ELSE length(i.serial) >= 16 AND i.common_name IS c.common_name COLLATE NOCASE END))"

/* Gives the connection the functions sha1(blob) and name_set(common_name, names): the names of a certificate,
 * one a line in `names`, as one text that is the same for the same set: lower case, sorted, none twice; NULL
 * where there are none. */
int inventory_sql_register(sqlite3 *db);

#endif
