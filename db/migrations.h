// SPDX-License-Identifier: Apache-2.0
/* The schema as a list of steps, each from one version to the next. Append only: a released step is never
 * changed. docs/schema.md explains the tables. */
#ifndef DB_MIGRATIONS_H
#define DB_MIGRATIONS_H

#define STORE_APPLICATION_ID 0x43534352 /* "CSCR" */

extern const char *const migrations[];
extern const int migration_count; /* = the newest user_version */

#endif
