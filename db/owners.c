// SPDX-License-Identifier: Apache-2.0
#include "db/owners.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "db/sql.h"

static enum cs_err find_child(struct store *store, int64_t parent_id, const char *name, int64_t *id,
                              struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(
        store, &stmt, "SELECT id FROM owner WHERE coalesce(parent_id, 0) = ?1 AND name = ?2", diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, parent_id);
        sql_bind_text(stmt, 2, name);
        err = sql_int(store, stmt, id, 0, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

static enum cs_err fail_named(struct diag *diag, enum cs_err err, const char *format, const char *name)
{
    char shown[160];
    diag_set(diag, format, text_printable(shown, sizeof shown, name));
    return err;
}

enum cs_err owners_find(struct store *store, const struct owner_name *name, int64_t *id, struct diag *diag)
{
    *id = 0;
    enum cs_err err = find_child(store, 0, name->organization, id, diag);
    if (err == CS_OK && *id == 0)
        return fail_named(diag, CS_E_NOT_FOUND,
                          "there is no organization \"%s\"; add it with `certscour org add`",
                          name->organization);
    if (err != CS_OK || name->department[0] == '\0')
        return err;
    err = find_child(store, *id, name->department, id, diag);
    if (err == CS_OK && *id == 0)
        return fail_named(
            diag, CS_E_NOT_FOUND,
            "there is no department \"%s\" in that organization; add it with `certscour org add`",
            name->department);
    return err;
}

enum cs_err owners_name(struct store *store, int64_t id, struct owner_name *name, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum cs_err err =
        sql_prepare(store, &stmt,
                    "SELECT coalesce(p.name, o.name), CASE WHEN p.id IS NULL THEN '' ELSE o.name END"
                    " FROM owner o LEFT JOIN owner p ON p.id = o.parent_id WHERE o.id = ?1",
                    diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, id);
        err = sql_step(store, stmt, &row, diag);
    }
    if (row) {
        snprintf(name->organization, sizeof name->organization, "%s", sql_text(stmt, 0));
        snprintf(name->department, sizeof name->department, "%s", sql_text(stmt, 1));
    }
    sqlite3_finalize(stmt);
    return err == CS_OK && !row ? diag_fail(diag, CS_E_NOT_FOUND, "there is no such owner") : err;
}

struct add {
    const struct owner_name *name;
    int64_t *id;
};

static enum cs_err add_owner(struct store *store, void *context, struct diag *diag)
{
    struct add *add = context;
    struct owner_name organization = *add->name;
    bool is_department = organization.department[0] != '\0';
    const char *own = is_department ? add->name->department : add->name->organization;
    int64_t parent_id = 0;
    int64_t existing = 0;
    enum cs_err err = CS_OK;
    organization.department[0] = '\0';
    if (is_department)
        err = owners_find(store, &organization, &parent_id, diag);
    if (err == CS_OK)
        err = find_child(store, parent_id, own, &existing, diag);
    if (err == CS_OK && existing != 0)
        return fail_named(diag, CS_E_EXISTS, "\"%s\" exists already", own);
    if (err != CS_OK)
        return err;
    sqlite3_stmt *stmt = NULL;
    err = sql_prepare(store, &stmt, "INSERT INTO owner (parent_id, name) VALUES (?1, ?2)", diag);
    if (err == CS_OK) {
        sql_bind_id(stmt, 1, parent_id);
        sql_bind_text(stmt, 2, own);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    *add->id = sqlite3_last_insert_rowid(store->db);
    return err;
}

enum cs_err owners_make_within(struct store *store, const struct owner_name *name, int64_t *id, bool *made,
                               struct diag *diag)
{
    struct add add = {name, id};
    struct owner_name organization = *name;
    bool above;
    *made = false;
    enum cs_err err = owners_find(store, name, id, diag);
    if (err != CS_E_NOT_FOUND)
        return err;
    err = CS_OK;
    organization.department[0] = '\0';
    if (name->department[0] != '\0')
        err = owners_make_within(store, &organization, id, &above, diag);
    *made = true;
    return err == CS_OK ? add_owner(store, &add, diag) : err;
}

enum cs_err owners_add(struct store *store, const struct owner_name *name, int64_t *id, struct diag *diag)
{
    int64_t unused;
    struct add add = {name, id != NULL ? id : &unused};
    return sql_transaction(store, add_owner, &add, diag);
}

struct change {
    const struct owner_name *name;
    const char *new_name;
    const char *mail;
    const char *webhook_file;
};

static enum cs_err rename_owner(struct store *store, void *context, struct diag *diag)
{
    const struct change *change = context;
    int64_t id;
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = owners_find(store, change->name, &id, diag);
    if (err == CS_OK)
        err = sql_prepare(store, &stmt, "UPDATE owner SET name = ?1 WHERE id = ?2", diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, change->new_name);
        sql_bind_int(stmt, 2, id);
        err = sql_run(store, stmt, diag);
        if (err == CS_E_EXISTS)
            err = fail_named(diag, err, "\"%s\" exists already", change->new_name);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err owners_rename(struct store *store, const struct owner_name *name, const char *new_name,
                          struct diag *diag)
{
    struct change change = {.name = name, .new_name = new_name};
    return sql_transaction(store, rename_owner, &change, diag);
}

/* What keeps an owner from being removed. */
static enum cs_err check_unused(struct store *store, int64_t id, struct diag *diag)
{
    static const struct {
        const char *sql;
        const char *what;
    } uses[] = {
        {"SELECT count(*) FROM owner WHERE parent_id = ?1", "departments"},
        {"SELECT count(*) FROM rule WHERE owner_id = ?1", "rules"},
        {"SELECT count(*) FROM assignment WHERE owner_id = ?1", "manual assignments"},
    };
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        sqlite3_stmt *stmt = NULL;
        int64_t count = 0;
        enum cs_err err = sql_prepare(store, &stmt, uses[i].sql, diag);
        if (err == CS_OK) {
            sql_bind_int(stmt, 1, id);
            err = sql_int(store, stmt, &count, 0, diag);
        }
        sqlite3_finalize(stmt);
        if (err != CS_OK)
            return err;
        if (count > 0)
            return diag_fail(diag, CS_E_INVALID, "it still has %lld %s; remove those first", (long long)count,
                             uses[i].what);
    }
    return CS_OK;
}

struct removal {
    const struct owner_name *name;
    int64_t now_s;
};

static enum cs_err remove_owner(struct store *store, void *context, struct diag *diag)
{
    static const char *const statements[] = {
        "UPDATE asset SET owner_id = NULL, changed_at = ?2, changed_scan_id = NULL"
        " WHERE owner_id = ?1",
        "DELETE FROM owner WHERE id = ?1",
    };
    const struct removal *removal = context;
    int64_t id;
    enum cs_err err = owners_find(store, removal->name, &id, diag);
    if (err == CS_OK)
        err = check_unused(store, id, diag);
    for (size_t i = 0; i < sizeof statements / sizeof statements[0] && err == CS_OK; i++) {
        sqlite3_stmt *stmt = NULL;
        err = sql_prepare(store, &stmt, statements[i], diag);
        if (err == CS_OK) {
            sql_bind_int(stmt, 1, id);
            sql_bind_int(stmt, 2, removal->now_s);
            err = sql_run(store, stmt, diag);
        }
        sqlite3_finalize(stmt);
    }
    return err;
}

enum cs_err owners_remove(struct store *store, const struct owner_name *name, int64_t now_s,
                          struct diag *diag)
{
    struct removal removal = {name, now_s};
    return sql_transaction(store, remove_owner, &removal, diag);
}

static enum cs_err set_owner(struct store *store, void *context, struct diag *diag)
{
    const struct change *change = context;
    int64_t id;
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = owners_find(store, change->name, &id, diag);
    if (err == CS_OK)
        err = sql_prepare(store, &stmt,
                          "UPDATE owner SET mail = nullif(coalesce(?1, mail), ''),"
                          " webhook_file = nullif(coalesce(?2, webhook_file), '') WHERE id = ?3",
                          diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, change->mail);
        sql_bind_text(stmt, 2, change->webhook_file);
        sql_bind_int(stmt, 3, id);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err owners_set(struct store *store, const struct owner_name *name, const char *mail,
                       const char *webhook_file, struct diag *diag)
{
    struct change change = {.name = name, .mail = mail, .webhook_file = webhook_file};
    return sql_transaction(store, set_owner, &change, diag);
}

enum cs_err owners_each(struct store *store, owner_each each, void *context, struct diag *diag)
{
    static const char sql[] = "SELECT o.id, coalesce(p.name, o.name) AS organization,"
                              " CASE WHEN o.parent_id IS NULL THEN NULL ELSE o.name END AS department,"
                              " o.mail, o.webhook_file,"
                              " (SELECT count(*) FROM rule r WHERE r.owner_id = o.id),"
                              " (SELECT count(*) FROM asset a WHERE a.owner_id = o.id AND a.state = 'live')"
                              " FROM owner o LEFT JOIN owner p ON p.id = o.parent_id ORDER BY 2, 3";
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum cs_err err = sql_prepare(store, &stmt, sql, diag);
    while (err == CS_OK) {
        err = sql_step(store, stmt, &row, diag);
        if (err != CS_OK || !row)
            break;
        struct owner_row owner = {
            .id = sqlite3_column_int64(stmt, 0),
            .organization = sql_text(stmt, 1),
            .department = sql_text(stmt, 2),
            .mail = sql_text(stmt, 3),
            .webhook_file = sql_text(stmt, 4),
            .rule_count = sqlite3_column_int64(stmt, 5),
            .asset_count = sqlite3_column_int64(stmt, 6),
        };
        err = each(context, &owner);
    }
    sqlite3_finalize(stmt);
    return err;
}
