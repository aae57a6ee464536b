// SPDX-License-Identifier: Apache-2.0
/* What is wrong with an asset that only shows beside others, or beside the inventory (estate findings): one
 * table, the rows of which are SQL over the query of assets.c. They are judged when assets are read, for all
 * rows in one statement; the local ones are those of cert/finding.h, and no name is in both tables. */
#ifndef DB_ESTATE_FINDING_H
#define DB_ESTATE_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "cert/finding.h"

#define ESTATE_FINDING_MAX 16 /* more than the table has rows; bits of asset_row.estate_findings */

size_t estate_finding_count(void);
const struct finding_info *estate_finding_at(size_t index);

/* The table of all findings, the local ones and then these. */
size_t all_finding_count(void);
const struct finding_info *all_finding_at(size_t index);

/* Fills `out` with the names (static) of the findings in `set`, bit 0 being the first row; returns how many.
 */
size_t estate_findings_of(uint32_t set, const char *out[ESTATE_FINDING_MAX]);

/* Whether `text`, a name or a condition, names one that the inventory tells; NULL = no. */
bool estate_finding_of_inventory(const char *text);

/* For .c files of db/ only. The condition that an asset has the finding (NULL = no estate finding has that
 * name, compared ASCII case-insensitively), over the tables a, e, c and g; it may be NULL in SQL, for false;
 * `:now` in it is bound by sql_condition_bind. */
const char *estate_finding_sql(const char *name);
const char *estate_finding_name(const char *name); /* as the table writes it; NULL likewise */
/* What follows `FROM acceptance x` to find those in force for the asset of a row. */
#define ACCEPTANCE_OF_ASSET " WHERE (x.endpoint_id = e.id OR x.certificate_id = c.id) AND x.until > :now"
/* All of them as one integer, as estate_findings_of takes it. */
void estate_findings_append_sql(struct buf *out);

#endif
