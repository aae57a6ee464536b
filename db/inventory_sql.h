// SPDX-License-Identifier: Apache-2.0
/* Which row of the inventory a stored certificate is, as SQL over `certificate c`; for .c files of db/ only.
 */
#ifndef DB_INVENTORY_SQL_H
#define DB_INVENTORY_SQL_H

#include "db/sql.h"

/* By SHA-256 where the provider tells it. Else by serial number, and SHA-1 where that is told, or by SHA-1
 * alone (hashed only where some list has nothing else); a serial number alone has to be one of a public CA (8
 * bytes and more), under the same common name, or, where that is not told, of the same issuer. Of several
 * rows SCM's counts, then a managed one, then the latest. Each of the alternatives repeats what the partial
 * index for it asks for: without that SQLite reads the whole inventory for every asset. */
#define INVENTORY_MATCH                                                                                      \
    "((i.staged = 0 AND i.sha256 = c.sha256)"                                                                \
    " OR (i.staged = 0 AND i.serial = c.serial AND i.sha256 IS NULL AND CASE"                                \
    "  WHEN i.sha1 IS NOT NULL THEN i.sha1 = sha1(c.der)"                                                    \
    "  WHEN length(i.serial) < 16 THEN 0"                                                                    \
    "  WHEN i.common_name IS NOT NULL OR c.common_name IS NULL"                                              \
    "   THEN i.common_name IS c.common_name COLLATE NOCASE"                                                  \
    "  ELSE i.issuer = c.issuer_common_name COLLATE NOCASE END)"                                             \
    " OR (i.staged = 0 AND i.serial IS NULL AND i.sha256 IS NULL AND i.sha1 = CASE"                          \
    "  WHEN EXISTS (SELECT 1 FROM inventory_certificate"                                                     \
    "   WHERE staged = 0 AND sha1 IS NOT NULL AND serial IS NULL) THEN sha1(c.der) END))"
#define INVENTORY_JOIN                                                                                       \
    " LEFT JOIN inventory_certificate g ON g.id = (SELECT i.id FROM inventory_certificate i "                \
    "WHERE " INVENTORY_MATCH " ORDER BY i.provider = 'scm' DESC, i.managed DESC, i.id DESC LIMIT 1)"

/* The same where there is no inventory at all: it costs nothing, and INVENTORY_STATUS is right all the same.
 */
#define INVENTORY_JOIN_NOTHING " LEFT JOIN inventory_certificate g ON NULL"
CS_MUST_USE enum cs_err inventory_is_there(struct store *store, bool *out, struct diag *diag);

/* Over that join: what a certificate manager does not know is unmanaged, if one has been asked at all. */
#define INVENTORY_STATUS                                                                                     \
    "CASE WHEN g.managed = 1 THEN 'managed' WHEN g.id IS NOT NULL THEN"                                      \
    " CASE WHEN EXISTS (SELECT 1 FROM inventory_certificate i WHERE i.managed = 1 AND " INVENTORY_MATCH      \
    ") THEN 'managed' ELSE 'external' END WHEN EXISTS"                                                       \
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

/* For WITH: inventory_met(id) has the rows of the inventory that were ever served. */
#define INVENTORY_MET                                                                                        \
    " inventory_met(id) AS MATERIALIZED (SELECT DISTINCT i.id FROM certificate c"                            \
    "  CROSS JOIN inventory_certificate i ON " INVENTORY_MATCH                                               \
    "  WHERE EXISTS (SELECT 1 FROM asset_interval v WHERE v.certificate_id = c.id))"

/* Gives the connection the functions sha1(blob) and name_set(common_name, names): the names of a
 * certificate, one a line in `names`, as one text that is the same for the same set: lower case, sorted,
 * none twice; NULL where there are none. */
int inventory_sql_register(sqlite3 *db);

#endif
