// SPDX-License-Identifier: Apache-2.0
/* For .c files of db/ only. */
#ifndef DB_CHANGES_SQL_H
#define DB_CHANGES_SQL_H

#include "db/changes.h"
#include "db/expr_sql.h"

/* Appends the condition that asset `a` may have changed: something of it lies after `since`. */
void changes_append_condition(struct sql_condition *condition, const struct change_since *since);

#endif
