// SPDX-License-Identifier: Apache-2.0
#include "db/rule_table.h"

#include <stdio.h>

#include "base/text.h"
#include "db/owners.h"
#include "db/sql.h"

struct rule_change {
    const char *name;
    const char *new_name;
    const char *match;
    const struct owner_name *owner;
    const char *before;
    int64_t *id;
};

static enum cs_err find_rule(struct store *store, const char *name, int64_t *id, int64_t *position,
                             struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    char shown[160];
    enum cs_err err = sql_prepare(store, &stmt, "SELECT id, position FROM rule WHERE name = ?1", diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, name);
        err = sql_step(store, stmt, &row, diag);
    }
    if (row) {
        *id = sqlite3_column_int64(stmt, 0);
        *position = sqlite3_column_int64(stmt, 1);
    }
    sqlite3_finalize(stmt);
    if (err == CS_OK && !row)
        return diag_fail(diag, CS_E_NOT_FOUND, "there is no rule \"%s\"",
                         text_printable(shown, sizeof shown, name));
    return err;
}

static enum cs_err name_taken(enum cs_err err, const char *name, struct diag *diag)
{
    char shown[160];
    if (err == CS_E_EXISTS)
        diag_set(diag, "there is a rule \"%s\" already", text_printable(shown, sizeof shown, name));
    return err;
}

static enum cs_err add_rule(struct store *store, void *context, struct diag *diag)
{
    struct rule_change *change = context;
    sqlite3_stmt *stmt = NULL;
    int64_t owner_id;
    enum cs_err err = owners_find(store, change->owner, &owner_id, diag);
    if (err == CS_OK)
        err = sql_prepare(store, &stmt,
                          "INSERT INTO rule (position, name, match, owner_id)"
                          " VALUES ((SELECT coalesce(max(position), 0) + 1 FROM rule), ?1, ?2, ?3)",
                          diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, change->name);
        sql_bind_text(stmt, 2, change->match);
        sql_bind_int(stmt, 3, owner_id);
        err = name_taken(sql_run(store, stmt, diag), change->name, diag);
    }
    sqlite3_finalize(stmt);
    if (err == CS_OK && change->id != NULL)
        *change->id = sqlite3_last_insert_rowid(store->db);
    return err;
}

enum cs_err rule_table_add_within(struct store *store, const char *name, const char *match,
                                  const struct owner_name *owner, int64_t *id, struct diag *diag)
{
    struct rule_change change = {.name = name, .match = match, .owner = owner, .id = id};
    return add_rule(store, &change, diag);
}

enum cs_err rule_table_add(struct store *store, const char *name, const char *match,
                           const struct owner_name *owner, int64_t *id, struct diag *diag)
{
    struct rule_change change = {.name = name, .match = match, .owner = owner, .id = id};
    return sql_transaction(store, add_rule, &change, diag);
}

enum cs_err rule_table_clear_within(struct store *store, struct diag *diag)
{
    return sql_exec(store, "DELETE FROM rule", diag);
}

static enum cs_err edit_rule(struct store *store, void *context, struct diag *diag)
{
    const struct rule_change *change = context;
    sqlite3_stmt *stmt = NULL;
    int64_t id;
    int64_t position;
    int64_t owner_id = 0;
    enum cs_err err = find_rule(store, change->name, &id, &position, diag);
    if (err == CS_OK && change->owner != NULL)
        err = owners_find(store, change->owner, &owner_id, diag);
    if (err == CS_OK)
        err = sql_prepare(store, &stmt,
                          "UPDATE rule SET name = coalesce(?1, name), match = coalesce(?2, match),"
                          " owner_id = coalesce(?3, owner_id) WHERE id = ?4",
                          diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, change->new_name);
        sql_bind_text(stmt, 2, change->match);
        sql_bind_id(stmt, 3, owner_id);
        sql_bind_int(stmt, 4, id);
        err = name_taken(sql_run(store, stmt, diag),
                         change->new_name != NULL ? change->new_name : change->name, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err rule_table_edit(struct store *store, const char *name, const char *new_name, const char *match,
                            const struct owner_name *owner, struct diag *diag)
{
    struct rule_change change = {.name = name, .new_name = new_name, .match = match, .owner = owner};
    return sql_transaction(store, edit_rule, &change, diag);
}

enum cs_err rule_table_edit_within(struct store *store, const char *name, const char *new_name,
                                   const char *match, const struct owner_name *owner, struct diag *diag)
{
    struct rule_change change = {.name = name, .new_name = new_name, .match = match, .owner = owner};
    return edit_rule(store, &change, diag);
}

/* Positions are unique, so they are numbered anew by way of negative ones. The moved rule takes the place
 * just before `before`, or the last. */
static enum cs_err move_rule(struct store *store, void *context, struct diag *diag)
{
    const struct rule_change *change = context;
    sqlite3_stmt *stmt = NULL;
    int64_t id;
    int64_t before_id = 0;
    int64_t position;
    int64_t target = INT64_MAX;
    enum cs_err err = find_rule(store, change->name, &id, &position, diag);
    if (err == CS_OK && change->before != NULL)
        err = find_rule(store, change->before, &before_id, &target, diag);
    if (err == CS_OK && before_id == id)
        return diag_fail(diag, CS_E_INVALID, "a rule cannot be moved before itself");
    if (err == CS_OK)
        err = sql_prepare(store, &stmt,
                          "UPDATE rule SET position = -n FROM (SELECT id AS i, row_number() OVER"
                          " (ORDER BY CASE WHEN id = ?1 THEN ?2 ELSE position END, id <> ?1) AS n FROM rule)"
                          " WHERE id = i",
                          diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, id);
        sql_bind_int(stmt, 2, target);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err == CS_OK ? sql_exec(store, "UPDATE rule SET position = -position", diag) : err;
}

enum cs_err rule_table_move(struct store *store, const char *name, const char *before, struct diag *diag)
{
    struct rule_change change = {.name = name, .before = before};
    return sql_transaction(store, move_rule, &change, diag);
}

static enum cs_err remove_rule(struct store *store, void *context, struct diag *diag)
{
    const struct rule_change *change = context;
    sqlite3_stmt *stmt = NULL;
    int64_t id;
    int64_t position;
    enum cs_err err = find_rule(store, change->name, &id, &position, diag);
    if (err == CS_OK)
        err = sql_prepare(store, &stmt, "DELETE FROM rule WHERE id = ?1", diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, id);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err rule_table_remove(struct store *store, const char *name, struct diag *diag)
{
    struct rule_change change = {.name = name};
    return sql_transaction(store, remove_rule, &change, diag);
}

enum cs_err rule_table_remove_within(struct store *store, const char *name, struct diag *diag)
{
    struct rule_change change = {.name = name};
    return remove_rule(store, &change, diag);
}

enum cs_err rule_table_order_within(struct store *store, const int64_t *ids, size_t count, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(store, &stmt, "UPDATE rule SET position = ?1 WHERE id = ?2", diag);
    for (size_t i = 0; i < count && err == CS_OK; i++) {
        sql_bind_int(stmt, 1, -1 - (int64_t)i);
        sql_bind_int(stmt, 2, ids[i]);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err == CS_OK ? sql_exec(store, "UPDATE rule SET position = -position", diag) : err;
}

enum cs_err rule_table_each(struct store *store, rule_each each, void *context, struct diag *diag)
{
    static const char sql[] =
        "SELECT r.id, r.name, r.match, r.owner_id, coalesce(p.name, o.name),"
        " CASE WHEN o.parent_id IS NULL THEN '' ELSE o.name END"
        " FROM rule r JOIN owner o ON o.id = r.owner_id LEFT JOIN owner p ON p.id = o.parent_id"
        " ORDER BY r.position";
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    int64_t position = 0;
    enum cs_err err = sql_prepare(store, &stmt, sql, diag);
    while (err == CS_OK) {
        err = sql_step(store, stmt, &row, diag);
        if (err != CS_OK || !row)
            break;
        struct rule_row rule = {
            .id = sqlite3_column_int64(stmt, 0),
            .position = ++position,
            .name = sql_text(stmt, 1),
            .match = sql_text(stmt, 2),
            .owner_id = sqlite3_column_int64(stmt, 3),
        };
        snprintf(rule.owner.organization, sizeof rule.owner.organization, "%s", sql_text(stmt, 4));
        snprintf(rule.owner.department, sizeof rule.owner.department, "%s", sql_text(stmt, 5));
        err = each(context, &rule);
    }
    sqlite3_finalize(stmt);
    return err;
}
