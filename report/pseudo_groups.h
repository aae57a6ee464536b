// SPDX-License-Identifier: Apache-2.0
/* Pseudo services in a table: one line for each host or prefix and certificate. Rows are told twice: first
 * all of them, to be counted, then in the listing, where the first of each group stands for it. */
#ifndef REPORT_PSEUDO_GROUPS_H
#define REPORT_PSEUDO_GROUPS_H

#include "db/assets.h"

struct pseudo_groups;

CS_MUST_USE enum cs_err pseudo_groups_new(struct pseudo_groups **out);
void pseudo_groups_free(struct pseudo_groups *groups); /* NULL is fine */

CS_MUST_USE enum cs_err pseudo_groups_add(struct pseudo_groups *groups, const struct asset_row *row);
/* Whether the row is to be shown. `*count`: rows of the group it stands for; 0 = none, or just itself. */
bool pseudo_groups_show(struct pseudo_groups *groups, const struct asset_row *row, uint64_t *count);

/* "192.0.2.0/24 (200 endpoints, pseudo service)"; returns `out`. */
#define PSEUDO_TEXT_SIZE (RANGE_TEXT_SIZE + 64)
char *pseudo_group_format(char out[PSEUDO_TEXT_SIZE], const struct asset_row *row, uint64_t count);

#endif
