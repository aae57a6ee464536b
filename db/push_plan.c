// SPDX-License-Identifier: Apache-2.0
#include "db/push_plan.h"

#include <stdlib.h>
#include <string.h>

#include "db/inventory_sql.h"
#include "db/sql.h"

struct push_plan {
    struct store *store;
    struct push_plan_options options;
    sqlite3_stmt *insert;
};

static const char make_tables[] =
    "DROP TABLE IF EXISTS temp.push_plan; DROP TABLE IF EXISTS temp.push_choice;"
    "CREATE TEMP TABLE push_plan ("
    " position INTEGER PRIMARY KEY,"
    " asset_id INTEGER NOT NULL,"
    " certificate_id INTEGER,"
    " endpoint_id INTEGER,"
    " owner_id INTEGER,"
    " organization_id INTEGER,"
    " status TEXT,"
    " known_id INTEGER,"
    " verdict INTEGER"
    ");"
    "CREATE TEMP TABLE push_choice ("
    " certificate_id INTEGER PRIMARY KEY,"
    " position INTEGER,"
    " organization_id INTEGER,"
    " owner_id INTEGER,"
    " known_id INTEGER"
    ")";

enum cs_err push_plan_new(struct push_plan **out, struct store *store, struct diag *diag)
{
    *out = NULL;
    struct push_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    plan->store = store;
    enum cs_err err = sql_exec(store, make_tables, diag);
    if (err == CS_OK)
        err = sql_prepare(store, &plan->insert, "INSERT INTO temp.push_plan (asset_id) VALUES (?1)", diag);
    if (err != CS_OK) {
        push_plan_free(plan);
        return err;
    }
    *out = plan;
    return CS_OK;
}

void push_plan_free(struct push_plan *plan)
{
    if (plan == NULL)
        return;
    sqlite3_finalize(plan->insert);
    sqlite3_exec(plan->store->db,
                 "DROP TABLE IF EXISTS temp.push_plan; DROP TABLE IF EXISTS temp.push_choice", NULL, NULL,
                 NULL);
    free(plan);
}

enum cs_err push_plan_add(struct push_plan *plan, int64_t asset_id, struct diag *diag)
{
    sql_bind_int(plan->insert, 1, asset_id);
    return sql_run(plan->store, plan->insert, diag);
}

/* ---- verdicts ---- */

/* In all of these ?1 is the provider, ?2 the server, ?3 the route, ?4 now, ?5 to ?8 what is included, ?9 the
 * limit. */
static const char look_up[] =
    "UPDATE temp.push_plan AS l SET (certificate_id, endpoint_id, owner_id, organization_id, status, "
    "known_id)"
    " = (SELECT a.certificate_id, a.endpoint_id, a.owner_id,"
    " (SELECT min(external_id) FROM inventory_owner WHERE provider = ?1 AND staged = 0"
    "  AND owner_id = a.owner_id), " INVENTORY_STATUS ", CASE g.provider WHEN ?1 THEN g.external_id END"
    " FROM asset a JOIN certificate c ON c.id = a.certificate_id" INVENTORY_JOIN " WHERE a.id = l.asset_id)";

/* What was sent since the inventory was pulled is not in it yet. */
static const char look_up_sent[] =
    "UPDATE temp.push_plan AS l SET status = 'external', known_id = s.external_id FROM"
    " (SELECT i.certificate_id, max(i.external_id) AS external_id FROM push_item i JOIN push p ON p.id ="
    "  i.push_id WHERE p.provider = ?1 AND p.server = ?2 AND i.external_id IS NOT NULL AND i.undone_at IS "
    "NULL"
    "  AND i.answered_at >= (SELECT pulled_at FROM inventory WHERE provider = ?1 AND resource = "
    "'certificates')"
    "  GROUP BY i.certificate_id) AS s"
    " WHERE l.known_id IS NULL AND l.certificate_id = s.certificate_id";

#define SENT_LOCATION(state)                                                                                 \
    "EXISTS (SELECT 1 FROM push_location n JOIN push_item i ON i.id = n.item_id JOIN push p ON p.id = "      \
    "i.push_id"                                                                                              \
    " WHERE n.endpoint_id = l.endpoint_id AND i.certificate_id = l.certificate_id AND n.state = '" state "'" \
    " AND n.undone_at IS NULL AND i.undone_at IS NULL AND p.provider = ?1 AND p.server = ?2 AND p.route = "  \
    "?3"                                                                                                     \
    " AND (i.external_id = l.known_id OR p.route = '" PUSH_ROUTE_DISCOVERY "'))"

/* An earlier push has created it there: its other endpoints get their locations, too. */
#define MADE_HERE                                                                                            \
    "EXISTS (SELECT 1 FROM push_item i JOIN push p ON p.id = i.push_id WHERE i.certificate_id ="             \
    " l.certificate_id AND i.external_id = l.known_id AND i.created = 1 AND i.undone_at IS NULL"             \
    " AND p.provider = ?1 AND p.server = ?2)"

static const char judge[] =
    "UPDATE temp.push_plan AS l SET verdict = (SELECT CASE"
    " WHEN l.owner_id IS NULL THEN 0"
    " WHEN l.organization_id IS NULL THEN 1"
    " WHEN c.malformed <> 0 THEN 2"
    " WHEN c.is_ca <> 0 THEN 3"
    " WHEN " SENT_LOCATION(
        "done") " THEN 4"
                " WHEN l.status = 'managed' AND NOT ?5 THEN 5"
                " WHEN l.status = 'external' AND NOT ?6 AND NOT " SENT_LOCATION(
                    "failed") " AND NOT " MADE_HERE " THEN 6"
                              " WHEN c.self_signed <> 0 AND NOT ?7 THEN 7"
                              " WHEN c.not_after < ?4 AND NOT ?8 THEN 8"
                              " ELSE 10 END FROM certificate c WHERE c.id = l.certificate_id)";
_Static_assert(PUSH_NOBODY == 0 && PUSH_OWNER_UNKNOWN == 1 && PUSH_MALFORMED == 2 && PUSH_CA == 3 &&
                   PUSH_DONE == 4 && PUSH_MANAGED == 5 && PUSH_EXTERNAL == 6 && PUSH_SELF_SIGNED == 7 &&
                   PUSH_EXPIRED == 8 && PUSH_LATER == 9 && PUSH_SEND == 10,
               "the numbers of the verdicts stand in SQL");

static const char cut[] =
    "UPDATE temp.push_plan SET verdict = 9 WHERE verdict = 10 AND ?9 > 0 AND position > coalesce((SELECT"
    " position FROM temp.push_plan WHERE verdict = 10 ORDER BY position LIMIT 1 OFFSET max(?9 - 1, 0)),"
    " 9223372036854775807)";

static const char choose[] =
    "INSERT INTO temp.push_choice SELECT certificate_id, first, organization_id, owner_id, known_id FROM"
    " (SELECT certificate_id, organization_id, min(owner_id) AS owner_id, max(known_id) AS known_id,"
    "  min(min(position)) OVER (PARTITION BY certificate_id) AS first,"
    "  row_number() OVER (PARTITION BY certificate_id ORDER BY count(*) DESC, organization_id) AS place"
    "  FROM temp.push_plan WHERE verdict = 10 GROUP BY certificate_id, organization_id) WHERE place = 1";

static void bind_at(sqlite3_stmt *stmt, int at, int64_t value)
{
    if (at <= sqlite3_bind_parameter_count(stmt))
        sql_bind_int(stmt, at, value);
}

/* One of the statements above, with as many of its values as it has. */
static enum cs_err run(const struct push_plan *plan, const char *sql, struct diag *diag)
{
    const struct push_plan_options *options = &plan->options;
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(plan->store, &stmt, sql, diag);
    if (err == CS_OK) {
        int count = sqlite3_bind_parameter_count(stmt);
        if (count >= 1)
            sql_bind_text(stmt, 1, options->provider);
        if (count >= 2)
            sql_bind_text(stmt, 2, options->server);
        if (count >= 3)
            sql_bind_text(stmt, 3, options->route);
        bind_at(stmt, 4, options->now_s);
        bind_at(stmt, 5, options->managed);
        bind_at(stmt, 6, options->external);
        bind_at(stmt, 7, options->self_signed);
        bind_at(stmt, 8, options->expired);
        bind_at(stmt, 9, options->limit);
        err = sql_run(plan->store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err push_plan_judge(struct push_plan *plan, const struct push_plan_options *options,
                            struct diag *diag)
{
    static const char *const steps[] = {look_up, look_up_sent, judge, cut, choose};
    enum cs_err err = CS_OK;
    plan->options = *options;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && err == CS_OK; i++)
        err = run(plan, steps[i], diag);
    return err;
}

/* ---- reading ---- */

static const char select_rows[] =
    "SELECT e.network, e.ip, e.port, e.protocol, e.server_name, e.host_name, c.sha256, c.common_name,"
    " c.issuer_common_name, c.not_after, coalesce(p.name, o.name),"
    " CASE WHEN o.parent_id IS NULL THEN NULL ELSE o.name END, h.organization_id, h.known_id,"
    " (SELECT coalesce(n.error, i.error) FROM push_item i LEFT JOIN push_location n ON n.item_id = i.id"
    "  AND n.endpoint_id = l.endpoint_id WHERE i.certificate_id = l.certificate_id ORDER BY i.id DESC LIMIT "
    "1)"
    " FROM temp.push_plan l JOIN temp.push_choice h ON h.certificate_id = l.certificate_id"
    " JOIN endpoint e ON e.id = l.endpoint_id JOIN certificate c ON c.id = l.certificate_id"
    " JOIN owner o ON o.id = h.owner_id LEFT JOIN owner p ON p.id = o.parent_id"
    " WHERE l.verdict = 10 ORDER BY l.position";

static void read_row(sqlite3_stmt *stmt, struct push_plan_row *row)
{
    const char *server_name = sql_text(stmt, 4);
    *row = (struct push_plan_row){
        .endpoint = {.network = sql_text(stmt, 0),
                     .port = (uint16_t)sqlite3_column_int(stmt, 2),
                     .protocol = (enum protocol)sqlite3_column_int(stmt, 3),
                     .server_name = server_name[0] != '\0' ? server_name : NULL},
        .host_name = sql_text(stmt, 5),
        .sha256 = sqlite3_column_blob(stmt, 6),
        .common_name = sql_text(stmt, 7),
        .issuer_common_name = sql_text(stmt, 8),
        .not_after_s = sqlite3_column_int64(stmt, 9),
        .organization = sql_text(stmt, 10),
        .department = sql_text(stmt, 11),
        .organization_id = sqlite3_column_int64(stmt, 12),
        .known_id = sqlite3_column_int64(stmt, 13),
        .last_error = sql_text(stmt, 14),
    };
    if (sqlite3_column_bytes(stmt, 1) == (int)sizeof row->endpoint.ip.bytes)
        memcpy(row->endpoint.ip.bytes, sqlite3_column_blob(stmt, 1), sizeof row->endpoint.ip.bytes);
}

enum cs_err push_plan_each(struct push_plan *plan, push_plan_each_row each, void *context, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err = sql_prepare(plan->store, &stmt, select_rows, diag);
    while (err == CS_OK) {
        struct push_plan_row row;
        err = sql_step(plan->store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        read_row(stmt, &row);
        err = each(context, &row);
    }
    sqlite3_finalize(stmt);
    return err;
}

static const char select_counts[] =
    "SELECT l.verdict, coalesce(p.name, o.name), CASE WHEN o.parent_id IS NULL THEN NULL ELSE o.name END,"
    " max(l.organization_id), count(*),"
    " CASE l.verdict WHEN 10 THEN (SELECT count(*) FROM temp.push_choice WHERE owner_id = l.owner_id)"
    "  ELSE count(DISTINCT l.certificate_id) END,"
    " (SELECT count(*) FROM temp.push_choice WHERE owner_id = l.owner_id AND known_id IS NULL)"
    " FROM temp.push_plan l LEFT JOIN owner o ON o.id = l.owner_id LEFT JOIN owner p ON p.id = o.parent_id"
    " GROUP BY l.verdict, l.owner_id ORDER BY l.verdict DESC, 2, o.parent_id IS NOT NULL, 3";

enum cs_err push_plan_counts(struct push_plan *plan, push_plan_each_count each, void *context,
                             struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err = sql_prepare(plan->store, &stmt, select_counts, diag);
    while (err == CS_OK) {
        err = sql_step(plan->store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        const struct push_plan_count count = {
            .verdict = (enum push_verdict)sqlite3_column_int(stmt, 0),
            .organization = sql_text(stmt, 1),
            .department = sql_text(stmt, 2),
            .organization_id = sqlite3_column_int64(stmt, 3),
            .assets = sqlite3_column_int64(stmt, 4),
            .certificates = sqlite3_column_int64(stmt, 5),
            .imports = sqlite3_column_int64(stmt, 6),
        };
        err = each(context, &count);
    }
    sqlite3_finalize(stmt);
    return err;
}

/* ---- saving ---- */

static const char insert_push[] =
    "INSERT INTO push (provider, server, route, started_at, kind, account, local_user, tag)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
/* Known ones are not sent again, and were not made by this push. */
static const char insert_items[] =
    "INSERT INTO push_item (push_id, certificate_id, organization_id, state, external_id, created)"
    " SELECT ?1, h.certificate_id, h.organization_id,"
    " CASE WHEN h.known_id IS NULL OR ?2 = '" PUSH_ROUTE_DISCOVERY "' THEN 'planned' ELSE 'done' END,"
    " h.known_id, CASE WHEN h.known_id IS NOT NULL THEN 0 END"
    " FROM temp.push_choice h ORDER BY h.position";
static const char insert_locations[] =
    "INSERT INTO push_location (item_id, endpoint_id, state, host)"
    " SELECT i.id, l.endpoint_id, 'planned', coalesce(nullif(e.server_name, ''), e.host_name, '')"
    " FROM temp.push_plan l JOIN push_item i ON i.push_id = ?1 AND i.certificate_id = l.certificate_id"
    " JOIN endpoint e ON e.id = l.endpoint_id WHERE l.verdict = 10 ORDER BY l.position"
    " ON CONFLICT (item_id, endpoint_id) DO NOTHING";

struct saving {
    const struct push_plan *plan;
    const struct push_info *info;
    int64_t push_id;
};

static enum cs_err save_push(const struct saving *saving, struct diag *diag)
{
    const struct push_plan_options *options = &saving->plan->options;
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(saving->plan->store, &stmt, insert_push, diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, options->provider);
        sql_bind_text(stmt, 2, options->server);
        sql_bind_text(stmt, 3, options->route);
        sql_bind_int(stmt, 4, options->now_s);
        sql_bind_text(stmt, 5, saving->info->kind);
        sql_bind_text(stmt, 6, saving->info->account);
        sql_bind_text(stmt, 7, saving->info->local_user);
        sql_bind_text(stmt, 8, saving->info->tag);
        err = sql_run(saving->plan->store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

static enum cs_err save_rows(const struct saving *saving, const char *sql, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(saving->plan->store, &stmt, sql, diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, saving->push_id);
        if (sqlite3_bind_parameter_count(stmt) >= 2)
            sql_bind_text(stmt, 2, saving->plan->options.route);
        err = sql_run(saving->plan->store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

static enum cs_err save(struct store *store, void *context, struct diag *diag)
{
    struct saving *saving = context;
    enum cs_err err = save_push(saving, diag);
    if (err == CS_OK)
        saving->push_id = sqlite3_last_insert_rowid(store->db);
    if (err == CS_OK)
        err = save_rows(saving, insert_items, diag);
    return err == CS_OK ? save_rows(saving, insert_locations, diag) : err;
}

enum cs_err push_plan_save(struct push_plan *plan, const struct push_info *info, int64_t *push_id,
                           struct diag *diag)
{
    struct saving saving = {.plan = plan, .info = info};
    enum cs_err err = sql_transaction(plan->store, save, &saving, diag);
    *push_id = err == CS_OK ? saving.push_id : 0;
    return err;
}
