// SPDX-License-Identifier: Apache-2.0
#include "db/rule_links.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "db/sql.h"

static const char select_all[] =
    "SELECT r.id, r.name, r.match, coalesce(p.name, o.name),"
    " CASE WHEN o.parent_id IS NULL THEN '' ELSE o.name END, r.owner_id,"
    " coalesce((SELECT min(i.external_id) FROM inventory_owner i WHERE i.provider = ?1 AND i.staged = 0"
    "  AND i.owner_id = r.owner_id), 0),"
    " coalesce(l.external_id, 0), coalesce(l.made_here, 0), l.bucket, l.name, l.match,"
    " coalesce(l.organization_id, 0), r.position AS place"
    " FROM rule r JOIN owner o ON o.id = r.owner_id LEFT JOIN owner p ON p.id = o.parent_id"
    " LEFT JOIN rule_link l ON l.rule_id = r.id AND l.provider = ?1"
    " UNION ALL SELECT 0, NULL, NULL, '', '', 0, 0, external_id, made_here, bucket, name, match,"
    " organization_id, 9223372036854775807 FROM rule_link WHERE provider = ?1 AND rule_id IS NULL"
    " ORDER BY place, 8";

static char *copy_column(sqlite3_stmt *stmt, int at, bool *failed)
{
    const char *text = sql_text(stmt, at);
    char *copy = text_copy(text);
    *failed |= text != NULL && copy == NULL;
    return copy;
}

static bool read_row(sqlite3_stmt *stmt, struct linked_rule *rule)
{
    bool failed = false;
    *rule = (struct linked_rule){
        .rule_id = sqlite3_column_int64(stmt, 0),
        .name = copy_column(stmt, 1, &failed),
        .match = copy_column(stmt, 2, &failed),
        .owner_id = sqlite3_column_int64(stmt, 5),
        .organization_id = sqlite3_column_int64(stmt, 6),
        .twin =
            {
                .external_id = sqlite3_column_int64(stmt, 7),
                .made_here = sqlite3_column_int(stmt, 8) != 0,
                .bucket = copy_column(stmt, 9, &failed),
                .name = copy_column(stmt, 10, &failed),
                .match = copy_column(stmt, 11, &failed),
                .organization_id = sqlite3_column_int64(stmt, 12),
            },
    };
    snprintf(rule->owner.organization, sizeof rule->owner.organization, "%s", sql_text(stmt, 3));
    snprintf(rule->owner.department, sizeof rule->owner.department, "%s", sql_text(stmt, 4));
    return !failed;
}

static bool add(struct linked_rules *rules, sqlite3_stmt *stmt)
{
    if (rules->count == rules->cap) {
        size_t cap = rules->cap == 0 ? 64 : rules->cap * 2;
        struct linked_rule *items = realloc(rules->items, cap * sizeof *items);
        if (items == NULL)
            return false;
        rules->items = items;
        rules->cap = cap;
    }
    return read_row(stmt, &rules->items[rules->count++]);
}

enum cs_err rule_links_read(struct store *store, const char *provider, struct linked_rules *out,
                            struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum cs_err err = sql_prepare(store, &stmt, select_all, diag);
    if (err == CS_OK)
        sql_bind_text(stmt, 1, provider);
    while (err == CS_OK) {
        err = sql_step(store, stmt, &row, diag);
        if (err != CS_OK || !row)
            break;
        if (!add(out, stmt))
            err = diag_fail(diag, CS_E_NOMEM, "out of memory");
    }
    sqlite3_finalize(stmt);
    return err;
}

void linked_rules_dispose(struct linked_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        free(rules->items[i].name);
        free(rules->items[i].match);
        free(rules->items[i].twin.bucket);
        free(rules->items[i].twin.name);
        free(rules->items[i].twin.match);
    }
    free(rules->items);
    *rules = (struct linked_rules){0};
}

/* A rule has one twin: another one takes the place of the first. */
static enum cs_err loosen(struct store *store, const char *provider, int64_t rule_id, int64_t external_id,
                          struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err =
        sql_prepare(store, &stmt,
                    "DELETE FROM rule_link WHERE provider = ?1 AND rule_id = ?2 AND external_id <> ?3", diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, provider);
        sql_bind_int(stmt, 2, rule_id);
        sql_bind_int(stmt, 3, external_id);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err rule_links_put(struct store *store, const char *provider, int64_t rule_id,
                           const struct rule_twin *twin, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = loosen(store, provider, rule_id, twin->external_id, diag);
    if (err == CS_OK)
        err = sql_prepare(store, &stmt,
                          "INSERT INTO rule_link (provider, external_id, rule_id, made_here, bucket, name,"
                          " match, organization_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                          " ON CONFLICT DO UPDATE SET rule_id = ?3, made_here = ?4, bucket = ?5, name = ?6,"
                          " match = ?7, organization_id = ?8",
                          diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, provider);
        sql_bind_int(stmt, 2, twin->external_id);
        sql_bind_id(stmt, 3, rule_id);
        sql_bind_int(stmt, 4, twin->made_here);
        sql_bind_text(stmt, 5, twin->bucket);
        sql_bind_text(stmt, 6, twin->name);
        sql_bind_text(stmt, 7, twin->match);
        sql_bind_int(stmt, 8, twin->organization_id);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err rule_links_drop(struct store *store, const char *provider, int64_t external_id, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err =
        sql_prepare(store, &stmt, "DELETE FROM rule_link WHERE provider = ?1 AND external_id = ?2", diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, provider);
        sql_bind_int(stmt, 2, external_id);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}
