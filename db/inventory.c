// SPDX-License-Identifier: Apache-2.0
#include "db/inventory.h"

#include <stdio.h>

#include "db/sql.h"

static const struct {
    const char *name;
    const char *table;
    const char *label; /* the column of a listed row's name */
} resources[INVENTORY_COUNT] = {
    [INVENTORY_ORGANIZATIONS] = {"organizations", "inventory_owner", "name"},
    [INVENTORY_DOMAINS] = {"domains", "inventory_domain", "name"},
    [INVENTORY_CERTIFICATES] = {"certificates", "inventory_certificate", "common_name"},
};

const char *inventory_resource_name(enum inventory_resource resource)
{
    return resources[resource].name;
}

/* A statement in which %s is the resource's table; ?1 is the provider. */
static enum cs_err prepare(const struct inventory_pull *pull, sqlite3_stmt **out, const char *format,
                           struct diag *diag)
{
    char sql[1000];
    snprintf(sql, sizeof sql, format, resources[pull->resource].table);
    enum cs_err err = sql_prepare(pull->store, out, sql, diag);
    if (err == CS_OK)
        sql_bind_text(*out, 1, pull->provider);
    return err;
}

/* Such a statement with up to three numbers from ?2 on. */
static enum cs_err run(const struct inventory_pull *pull, const char *format, int64_t second, int64_t third,
                       struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = prepare(pull, &stmt, format, diag);
    if (err == CS_OK) {
        if (sqlite3_bind_parameter_count(stmt) >= 2)
            sql_bind_int(stmt, 2, second);
        if (sqlite3_bind_parameter_count(stmt) >= 3)
            sql_bind_int(stmt, 3, third);
        err = sql_run(pull->store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

/* ---- begin, swap, fail ---- */

static enum cs_err set_time(const struct inventory_pull *pull, const char *sql, int64_t now_s,
                            struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(pull->store, &stmt, sql, diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, pull->provider);
        sql_bind_text(stmt, 2, resources[pull->resource].name);
        sql_bind_int(stmt, 3, now_s);
        err = sql_run(pull->store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

static enum cs_err read_number(const struct inventory_pull *pull, const char *sql, int64_t *out,
                               struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(pull->store, &stmt, sql, diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, pull->provider);
        sql_bind_text(stmt, 2, resources[pull->resource].name);
        err = sql_int(pull->store, stmt, out, 0, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

static const char select_staging[] =
    "SELECT coalesce(staging_at, 0) FROM inventory WHERE provider = ?1 AND resource = ?2";
static const char select_run[] = "SELECT run FROM inventory WHERE provider = ?1 AND resource = ?2";
static const char record_begin[] =
    "INSERT INTO inventory (provider, resource, staging_at, run) VALUES (?1, ?2, ?3, 1)"
    " ON CONFLICT DO UPDATE SET staging_at = ?3, run = run + 1";

struct moment {
    struct inventory_pull *pull;
    int64_t now_s;
    bool resumed;
};

static enum cs_err begin(struct store *store, void *context, struct diag *diag)
{
    struct moment *moment = context;
    int64_t began_s = 0;
    (void)store;
    enum cs_err err = read_number(moment->pull, select_staging, &began_s, diag);
    moment->resumed = began_s > 0 && began_s <= moment->now_s && moment->now_s - began_s < INVENTORY_RESUME_S;
    if (err == CS_OK)
        err = run(moment->pull,
                  moment->resumed ? "UPDATE %s SET seen = 0 WHERE provider = ?1 AND staged = 1"
                                  : "DELETE FROM %s WHERE provider = ?1 AND staged = 1",
                  0, 0, diag);
    if (err == CS_OK)
        err = set_time(moment->pull, record_begin, moment->resumed ? began_s : moment->now_s, diag);
    return err == CS_OK ? read_number(moment->pull, select_run, &moment->pull->run, diag) : err;
}

enum cs_err inventory_begin(struct inventory_pull *pull, int64_t now_s, bool *resumed, struct diag *diag)
{
    struct moment moment = {.pull = pull, .now_s = now_s};
    enum cs_err err = sql_transaction(pull->store, begin, &moment, diag);
    *resumed = moment.resumed;
    return err;
}

/* Before the old rows go: an owner that was adopted once stays, whatever its name has become. */
static const char keep_owners[] =
    "UPDATE inventory_owner AS new SET owner_id = (SELECT old.owner_id FROM inventory_owner old"
    " WHERE old.provider = ?1 AND old.staged = 0 AND old.external_id = new.external_id)"
    " WHERE provider = ?1 AND staged = 1";
static const char adopt_owners[] =
    "UPDATE inventory_owner AS new SET owner_id = (SELECT o.id FROM owner o LEFT JOIN owner p ON p.id = "
    "o.parent_id"
    "  WHERE o.name = new.name AND (new.parent_external_id IS NULL) = (o.parent_id IS NULL)"
    "  AND (o.parent_id IS NULL OR o.parent_id = (SELECT above.owner_id FROM inventory_owner above"
    "   WHERE above.provider = ?1 AND above.staged = 1 AND above.external_id = new.parent_external_id)))"
    " WHERE provider = ?1 AND staged = 1 AND owner_id IS NULL AND (parent_external_id IS NULL) = ?2";

static enum cs_err adopt(const struct inventory_pull *pull, struct diag *diag)
{
    enum cs_err err = run(pull, keep_owners, 0, 0, diag);
    if (err == CS_OK)
        err = run(pull, adopt_owners, 1, 0, diag); /* organizations first, for departments lean on them */
    return err == CS_OK ? run(pull, adopt_owners, 0, 0, diag) : err;
}

static const char record_swap[] =
    "UPDATE inventory SET pulled_at = staging_at, staging_at = NULL, failed_at = NULL, row_count ="
    " CASE resource WHEN 'organizations' THEN (SELECT count(*) FROM inventory_owner WHERE provider = ?1 AND "
    "staged = 0)"
    " WHEN 'domains' THEN (SELECT count(*) FROM inventory_domain WHERE provider = ?1 AND staged = 0)"
    " ELSE (SELECT count(*) FROM inventory_certificate WHERE provider = ?1 AND staged = 0) END"
    " WHERE provider = ?1 AND resource = ?2 AND ?3 > 0";

static enum cs_err check_run(const struct inventory_pull *pull, struct diag *diag)
{
    int64_t newest = 0;
    enum cs_err err = read_number(pull, select_run, &newest, diag);
    if (err == CS_OK && newest != pull->run)
        err = diag_fail(diag, CS_E_BUSY,
                        "another pull of %s has begun meanwhile, and takes the place of this one",
                        resources[pull->resource].name);
    return err;
}

struct swapping {
    const struct inventory_pull *pull;
    int64_t now_s;
};

static enum cs_err swap(struct store *store, void *context, struct diag *diag)
{
    const struct swapping *swapping = context;
    const struct inventory_pull *pull = swapping->pull;
    (void)store;
    enum cs_err err = check_run(pull, diag);
    if (err == CS_OK)
        err = run(pull, "DELETE FROM %s WHERE provider = ?1 AND staged = 1 AND seen = 0", 0, 0, diag);
    if (err == CS_OK && pull->resource == INVENTORY_ORGANIZATIONS)
        err = adopt(pull, diag);
    if (err == CS_OK)
        err = run(pull, "DELETE FROM %s WHERE provider = ?1 AND staged = 0", 0, 0, diag);
    if (err == CS_OK)
        err = run(pull, "UPDATE %s SET staged = 0 WHERE provider = ?1 AND staged = 1", 0, 0, diag);
    return err == CS_OK ? set_time(pull, record_swap, swapping->now_s, diag) : err;
}

enum cs_err inventory_swap(const struct inventory_pull *pull, int64_t now_s, struct diag *diag)
{
    struct swapping swapping = {pull, now_s};
    return sql_transaction(pull->store, swap, &swapping, diag);
}

enum cs_err inventory_failed(const struct inventory_pull *pull, int64_t now_s, struct diag *diag)
{
    return set_time(pull, "UPDATE inventory SET failed_at = ?3 WHERE provider = ?1 AND resource = ?2", now_s,
                    diag);
}

/* ---- rows ---- */

/* One that an interrupted pull has left is met again; else it is new. */
static enum cs_err meet(const struct inventory_pull *pull, int64_t external_id, bool *met, struct diag *diag)
{
    enum cs_err err = run(pull,
                          "UPDATE %s SET seen = 1 WHERE provider = ?1 AND staged = 1 AND external_id = ?2"
                          " AND seen = 0",
                          external_id, 0, diag);
    *met = err == CS_OK && sqlite3_changes(pull->store->db) > 0;
    return err;
}

enum cs_err inventory_put_owner(const struct inventory_pull *pull, int64_t external_id,
                                int64_t parent_external_id, const char *name, bool *fresh, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err =
        sql_prepare(pull->store, &stmt,
                    "INSERT INTO inventory_owner (provider, staged, external_id, parent_external_id, name)"
                    " VALUES (?1, 1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET seen = 1,"
                    " parent_external_id = ?3, name = ?4 WHERE seen = 0",
                    diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, pull->provider);
        sql_bind_int(stmt, 2, external_id);
        sql_bind_id(stmt, 3, parent_external_id);
        sql_bind_text(stmt, 4, name);
        err = sql_run(pull->store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    *fresh = err == CS_OK && sqlite3_changes(pull->store->db) > 0;
    return err;
}

enum cs_err inventory_put_listed(const struct inventory_pull *pull, int64_t external_id, const char *name,
                                 bool *fresh, struct diag *diag)
{
    char sql[300];
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = meet(pull, external_id, fresh, diag);
    if (err != CS_OK || *fresh)
        return err;
    snprintf(sql, sizeof sql,
             "INSERT OR IGNORE INTO %s (provider, staged, external_id, %s) VALUES (?1, 1, ?2, ?3)",
             resources[pull->resource].table, resources[pull->resource].label);
    err = sql_prepare(pull->store, &stmt, sql, diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, pull->provider);
        sql_bind_int(stmt, 2, external_id);
        sql_bind_text(stmt, 3, name);
        err = sql_run(pull->store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    *fresh = err == CS_OK && sqlite3_changes(pull->store->db) > 0;
    return err;
}

enum cs_err inventory_detail_domain(const struct inventory_pull *pull, const struct inventory_domain *domain,
                                    struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err =
        sql_prepare(pull->store, &stmt,
                    "UPDATE inventory_domain SET detailed = 1, state = ?3, delegation = ?4,"
                    " organizations = ?5, validation = ?6, validation_method = ?7, validated_until = ?8"
                    " WHERE provider = ?1 AND staged = 1 AND external_id = ?2",
                    diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, pull->provider);
        sql_bind_int(stmt, 2, domain->external_id);
        sql_bind_text(stmt, 3, domain->state);
        sql_bind_text(stmt, 4, domain->delegation);
        sql_bind_text(stmt, 5, domain->organizations);
        sql_bind_text(stmt, 6, domain->validation);
        sql_bind_text(stmt, 7, domain->validation_method);
        sql_bind_id(stmt, 8, domain->validated_until_s);
        err = sql_run(pull->store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

static void bind_certificate(sqlite3_stmt *stmt, const struct inventory_certificate *certificate)
{
    sql_bind_int(stmt, 2, certificate->external_id);
    sql_bind_text(stmt, 3, certificate->common_name);
    sql_bind_text(stmt, 4, certificate->names);
    sql_bind_text(stmt, 5, certificate->serial);
    if (certificate->sha1 != NULL)
        sql_bind_blob(stmt, 6, certificate->sha1, 20);
    if (certificate->sha256 != NULL)
        sql_bind_blob(stmt, 7, certificate->sha256, 32);
    sql_bind_text(stmt, 8, certificate->issuer);
    sql_bind_id(stmt, 9, certificate->organization_id);
    sql_bind_text(stmt, 10, certificate->state);
    sql_bind_int(stmt, 11, certificate->managed);
    sql_bind_text(stmt, 12, certificate->requester);
    sql_bind_text(stmt, 13, certificate->requested_via);
    sql_bind_id(stmt, 14, certificate->issued_s);
    sql_bind_id(stmt, 15, certificate->expires_s);
    sql_bind_id(stmt, 16, certificate->revoked_s);
}

enum cs_err inventory_detail_certificate(const struct inventory_pull *pull,
                                         const struct inventory_certificate *certificate, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(
        pull->store, &stmt,
        "UPDATE inventory_certificate SET detailed = 1, common_name = ?3, names = ?4, serial = ?5, sha1 = ?6,"
        " sha256 = ?7, issuer = ?8, organization_id = ?9, state = ?10, managed = ?11, requester = ?12,"
        " requested_via = ?13, issued = ?14, expires = ?15, revoked = ?16, names_key = name_set(?3, ?4)"
        " WHERE provider = ?1 AND staged = 1 AND external_id = ?2",
        diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, pull->provider);
        bind_certificate(stmt, certificate);
        err = sql_run(pull->store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err inventory_drop(const struct inventory_pull *pull, int64_t external_id, struct diag *diag)
{
    return run(pull, "DELETE FROM %s WHERE provider = ?1 AND staged = 1 AND external_id = ?2", external_id, 0,
               diag);
}

enum cs_err inventory_pending(const struct inventory_pull *pull, int64_t after, int64_t *ids, size_t cap,
                              size_t *count, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    *count = 0;
    enum cs_err err =
        prepare(pull, &stmt,
                "SELECT external_id FROM %s WHERE provider = ?1 AND staged = 1 AND external_id > ?2"
                " AND seen = 1 AND detailed = 0 ORDER BY external_id",
                diag);
    if (err == CS_OK)
        sql_bind_int(stmt, 2, after);
    while (err == CS_OK && *count < cap) {
        err = sql_step(pull->store, stmt, &row, diag);
        if (err != CS_OK || !row)
            break;
        ids[(*count)++] = sqlite3_column_int64(stmt, 0);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err inventory_progress(const struct inventory_pull *pull, int64_t *met, int64_t *pending,
                               struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum cs_err err = prepare(pull, &stmt,
                              "SELECT count(*), count(*) FILTER (WHERE detailed = 0) FROM %s"
                              " WHERE provider = ?1 AND staged = 1 AND seen = 1",
                              diag);
    if (err == CS_OK)
        err = sql_step(pull->store, stmt, &row, diag);
    *met = err == CS_OK && row ? sqlite3_column_int64(stmt, 0) : 0;
    *pending = err == CS_OK && row ? sqlite3_column_int64(stmt, 1) : 0;
    sqlite3_finalize(stmt);
    return err;
}

/* ---- reading ---- */

enum cs_err inventory_each(struct store *store, inventory_each_row each, void *context, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err = sql_prepare(
        store, &stmt,
        "SELECT provider, resource, pulled_at, row_count, staging_at, failed_at, source FROM inventory"
        " ORDER BY provider, resource = 'certificates', resource = 'domains'",
        diag);
    while (err == CS_OK) {
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        err = each(context, &(struct inventory_row){
                                .provider = sql_text(stmt, 0),
                                .resource = sql_text(stmt, 1),
                                .pulled_at_s = sqlite3_column_int64(stmt, 2),
                                .row_count = sqlite3_column_int64(stmt, 3),
                                .staging_at_s = sqlite3_column_int64(stmt, 4),
                                .failed_at_s = sqlite3_column_int64(stmt, 5),
                                .source = sql_text(stmt, 6),
                            });
    }
    sqlite3_finalize(stmt);
    return err;
}

static struct inventory_domain_row read_domain(sqlite3_stmt *stmt)
{
    return (struct inventory_domain_row){
        .name = sql_text(stmt, 0),
        .domain =
            {
                .external_id = sqlite3_column_int64(stmt, 1),
                .state = sql_text(stmt, 2),
                .delegation = sql_text(stmt, 3),
                .organizations = sql_text(stmt, 4),
                .validation = sql_text(stmt, 5),
                .validation_method = sql_text(stmt, 6),
                .validated_until_s = sqlite3_column_int64(stmt, 7),
            },
        .has_twin = sqlite3_column_int(stmt, 8) != 0,
    };
}

enum cs_err inventory_each_domain(struct store *store, const char *provider, inventory_each_domain_row each,
                                  void *context, struct diag *diag)
{
    static const char sql[] =
        "SELECT name, external_id, state, delegation, organizations, validation, validation_method, "
        "validated_until,"
        " EXISTS (SELECT 1 FROM inventory_domain t WHERE t.provider = d.provider AND t.staged = 0"
        "  AND t.name = CASE WHEN d.name LIKE '*.%' THEN substr(d.name, 3) ELSE '*.' || d.name END)"
        " FROM inventory_domain d WHERE provider = coalesce(?1, provider) AND staged = 0"
        " ORDER BY CASE WHEN name LIKE '*.%' THEN substr(name, 3) ELSE name END COLLATE NOCASE, name LIKE "
        "'*.%'";
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err = sql_prepare(store, &stmt, sql, diag);
    if (err == CS_OK)
        sql_bind_text(stmt, 1, provider);
    while (err == CS_OK) {
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        struct inventory_domain_row row = read_domain(stmt);
        err = each(context, &row);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err inventory_count(const struct inventory_pull *pull, int64_t *count, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err =
        prepare(pull, &stmt, "SELECT count(*) FROM %s WHERE provider = ?1 AND staged = 0", diag);
    *count = 0;
    if (err == CS_OK)
        err = sql_int(pull->store, stmt, count, 0, diag);
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err inventory_count_owners(struct store *store, const char *provider, int64_t *count,
                                   int64_t *adopted, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum cs_err err = sql_prepare(
        store, &stmt,
        "SELECT count(*), count(owner_id) FROM inventory_owner WHERE provider = ?1 AND staged = 0", diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, provider);
        err = sql_step(store, stmt, &row, diag);
    }
    *count = err == CS_OK && row ? sqlite3_column_int64(stmt, 0) : 0;
    *adopted = err == CS_OK && row ? sqlite3_column_int64(stmt, 1) : 0;
    sqlite3_finalize(stmt);
    return err;
}
