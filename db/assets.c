// SPDX-License-Identifier: Apache-2.0
#include "db/assets.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "base/text_list.h"
#include "db/certificate_row.h"
#include "db/chain_verdicts.h"
#include "db/changes_sql.h"
#include "db/estate_finding.h"
#include "db/expr_sql.h"
#include "db/inventory_sql.h"

#define DAY_S 86400

static const char select_assets[] =
    "SELECT a.id, e.network, e.ip, e.port, e.protocol, e.server_name, e.host_name, a.slot, a.state, "
    "a.first_seen,"
    " a.last_seen, e.last_probe, e.last_outcome, a.missed, a.last_scan_id, a.tls_version, a.lane, a.owner_id,"
    " coalesce(p.name, o.name), CASE WHEN o.parent_id IS NULL THEN NULL ELSE o.name END, a.rule_name, "
    "m.reason,"
    " a.assignment_id IS NOT NULL, h.members, a.starttls_injection, a.pseudo_service, " INVENTORY_STATUS
    ", CASE WHEN g.provider = 'scm' THEN g.external_id END, CASE WHEN g.provider = 'scm' THEN g.state END,"
    " g.requester, h.roots IS NOT NULL, h.flaws, h.path_ends, ";
static const char select_certificate[] = ", c.id, " CERTIFICATE_COLUMNS ", g.requested_via";
/* Endpoints in their own order need no sorting, so that a list of a million assets takes no memory; where the
 * certificates wanted are found by an index, SQLite begins with them and sorts the few. */
static const char from_endpoints[] = " FROM endpoint e CROSS JOIN asset a ON a.endpoint_id = e.id";
static const char from_certificates[] = " FROM endpoint e JOIN asset a ON a.endpoint_id = e.id";
static const char join_others[] =
    " JOIN certificate c ON c.id = a.certificate_id JOIN chain h ON h.id = a.chain_id"
    " LEFT JOIN owner o ON o.id = a.owner_id LEFT JOIN owner p ON p.id = o.parent_id"
    " LEFT JOIN assignment m ON m.id = a.assignment_id";
#define VERDICT_AT     30
#define ESTATE_AT      33
#define ACCEPTED_AT    34
#define CERTIFICATE_AT 36
#define REQUESTED_AT   (CERTIFICATE_AT + CERTIFICATE_COLUMN_COUNT)
static const char order_assets[] = " ORDER BY e.network, e.ip, e.port, e.protocol, e.server_name, a.slot";

static void add_and(struct sql_condition *condition)
{
    buf_append_str(&condition->text, condition->text.len == 0 ? " WHERE " : " AND ");
}

static void add_equal(struct sql_condition *condition, const char *column, const char *text)
{
    add_and(condition);
    buf_printf(&condition->text, "%s = ", column);
    sql_add_text(condition, text);
    buf_append_str(&condition->text, " COLLATE NOCASE");
}

static void add_endpoint(struct sql_condition *condition, const struct asset_filter *filter)
{
    const struct endpoint *endpoint = filter->endpoint;
    add_and(condition);
    buf_append_str(&condition->text, "e.ip = ");
    sql_add_blob(condition, endpoint->ip.bytes, sizeof endpoint->ip.bytes);
    buf_append_str(&condition->text, " AND e.port = ");
    sql_add_number(condition, endpoint->port);
    buf_append_str(&condition->text, " AND e.protocol = ");
    sql_add_number(condition, endpoint->protocol);
    if (!filter->any_network)
        add_equal(condition, "e.network", endpoint->network);
    if (endpoint->server_name != NULL)
        add_equal(condition, "e.server_name", endpoint->server_name);
}

static bool build_condition(struct sql_condition *condition, const struct asset_filter *filter)
{
    bool exact = true;
    condition->now_s = filter->now_s;
    if (filter->state != NULL)
        add_equal(condition, "a.state", filter->state);
    if (filter->owner_organization != NULL)
        add_equal(condition, "coalesce(p.name, o.name)", filter->owner_organization);
    if (filter->owner_department != NULL) {
        add_equal(condition, "o.name", filter->owner_department);
        buf_append_str(&condition->text, " AND o.parent_id IS NOT NULL");
    }
    if (filter->unassigned) {
        add_and(condition);
        buf_append_str(&condition->text, "a.owner_id IS NULL");
    }
    if (filter->pseudo_services) {
        add_and(condition);
        condition->selective = true; /* there is an index of these */
        buf_append_str(&condition->text, "a.pseudo_service <> 0");
    }
    if (filter->leaf_sha256 != NULL) {
        add_and(condition);
        condition->selective = true;
        buf_append_str(&condition->text, "c.sha256 = ");
        sql_add_blob(condition, filter->leaf_sha256, SHA256_SIZE);
    }
    if (filter->endpoint != NULL)
        add_endpoint(condition, filter);
    if (filter->address != NULL) {
        add_and(condition);
        buf_append_str(&condition->text, "e.network = ");
        sql_add_text(condition, filter->network);
        buf_append_str(&condition->text, " AND e.ip = ");
        sql_add_blob(condition, filter->address->bytes, sizeof filter->address->bytes);
    }
    if (filter->last_scan_id != 0) {
        add_and(condition);
        condition->selective = true; /* no index, but nothing is read of those left out than their own row */
        buf_append_str(&condition->text, "a.last_scan_id = ");
        sql_add_number(condition, filter->last_scan_id);
    }
    if (filter->changed_since != NULL) {
        add_and(condition);
        changes_append_condition(condition, filter->changed_since);
    }
    if (filter->where != NULL) {
        add_and(condition);
        exact = expr_to_sql(condition, filter->where);
    }
    if (condition->err == CS_OK)
        condition->err = condition->text.err;
    return exact;
}

static void read_endpoint(sqlite3_stmt *stmt, struct asset_row *row)
{
    const char *server_name = sql_text(stmt, 5);
    row->endpoint = (struct endpoint){
        .network = sql_text(stmt, 1),
        .port = (uint16_t)sqlite3_column_int(stmt, 3),
        .protocol = (enum protocol)sqlite3_column_int(stmt, 4),
        .server_name = server_name[0] != '\0' ? server_name : NULL,
    };
    if (sqlite3_column_bytes(stmt, 2) == (int)sizeof row->endpoint.ip.bytes)
        memcpy(row->endpoint.ip.bytes, sqlite3_column_blob(stmt, 2), sizeof row->endpoint.ip.bytes);
    row->host_name = sql_text(stmt, 6);
    row->last_probe_s = sqlite3_column_int64(stmt, 11);
    row->last_outcome = (enum outcome)sqlite3_column_int(stmt, 12);
}

static void read_asset(sqlite3_stmt *stmt, struct asset_row *row)
{
    *row = (struct asset_row){
        .id = sqlite3_column_int64(stmt, 0),
        .slot = sql_text(stmt, 7),
        .state = sql_text(stmt, 8),
        .first_seen_s = sqlite3_column_int64(stmt, 9),
        .last_seen_s = sqlite3_column_int64(stmt, 10),
        .missed = sqlite3_column_int64(stmt, 13),
        .last_scan_id = sqlite3_column_int64(stmt, 14),
        .tls_version = sql_text(stmt, 15),
        .lane = (enum lane)sqlite3_column_int(stmt, 16),
        .status = sql_text(stmt, 26),
        .scm_id = sqlite3_column_int64(stmt, 27),
        .scm_state = sql_text(stmt, 28),
        .requester = sql_text(stmt, 29),
        .requested_via = sql_text(stmt, REQUESTED_AT),
        .owner_id = sqlite3_column_int64(stmt, 17),
        .owner_organization = sql_text(stmt, 18),
        .owner_department = sql_text(stmt, 19),
        .reason = sql_text(stmt, 21),
        .manual = sqlite3_column_int(stmt, 22) != 0,
        .chain = sqlite3_column_blob(stmt, 23),
        .chain_count = (size_t)sqlite3_column_bytes(stmt, 23) / SHA256_SIZE,
        .starttls_injection = sqlite3_column_int(stmt, 24) != 0,
        .pseudo_service = (enum pseudo_service)sqlite3_column_int(stmt, 25),
        .verdict = chain_verdict_read(stmt, VERDICT_AT),
        .accepted = sql_text(stmt, ACCEPTED_AT),
        .estate_findings = (uint32_t)sqlite3_column_int64(stmt, ESTATE_AT),
    };
    row->rule = row->manual ? "manual" : sql_text(stmt, 20);
    read_endpoint(stmt, row);
}

static enum cs_err read_tasks(struct store *store, sqlite3_stmt *stmt, int64_t asset_id,
                              struct text_list *out, struct diag *diag)
{
    bool more = true;
    enum cs_err err = CS_OK;
    text_list_dispose(out);
    sql_bind_int(stmt, 1, asset_id);
    while (err == CS_OK) {
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        err = text_list_add(out, sql_text(stmt, 0));
    }
    return err;
}

/* `tasks` reads the names of the tasks that have seen an asset; NULL = not asked for. */
static enum cs_err read_rows(struct store *store, sqlite3_stmt *stmt, sqlite3_stmt *tasks, asset_each each,
                             void *context, struct diag *diag)
{
    struct certificate_reader reader;
    struct text_list names = {0};
    bool more = true;
    enum cs_err err = certificate_reader_init(&reader, store, diag);
    while (err == CS_OK) {
        struct asset_row row;
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        read_asset(stmt, &row);
        err = certificate_reader_read(&reader, stmt, CERTIFICATE_AT,
                                      sqlite3_column_int64(stmt, CERTIFICATE_AT - 1), diag);
        row.cert = reader.record;
        if (err == CS_OK && tasks != NULL)
            err = read_tasks(store, tasks, row.id, &names, diag);
        row.tasks = text_list_view(&names);
        row.task_count = names.count;
        if (err == CS_OK)
            err = each(context, &row);
    }
    text_list_dispose(&names);
    certificate_reader_dispose(&reader);
    return err;
}

/* Where nothing is, it costs a list of assets nothing. */
static enum cs_err is_any_accepted(struct store *store, bool *out, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    int64_t there = 0;
    enum cs_err err = sql_prepare(store, &stmt, "SELECT EXISTS (SELECT 1 FROM acceptance)", diag);
    if (err == CS_OK)
        err = sql_int(store, stmt, &there, 0, diag);
    sqlite3_finalize(stmt);
    *out = there != 0;
    return err;
}

enum cs_err assets_each(struct store *store, const struct asset_filter *filter, bool *exact, asset_each each,
                        void *context, struct diag *diag)
{
    struct sql_condition condition = {0};
    struct buf sql = {0};
    sqlite3_stmt *stmt = NULL;
    sqlite3_stmt *tasks = NULL;
    bool inventory = false;
    bool accepts = false;
    bool is_exact = build_condition(&condition, filter);
    if (exact != NULL)
        *exact = is_exact;
    enum cs_err err = inventory_is_there(store, &inventory, diag);
    if (err == CS_OK)
        err = is_any_accepted(store, &accepts, diag);
    buf_append_str(&sql, select_assets);
    if (filter->estate_findings || condition.needs_findings)
        estate_findings_append_sql(&sql);
    else
        buf_append_char(&sql, '0');
    buf_append_str(
        &sql,
        accepts
            ? ", (SELECT group_concat(x.finding || ' ' || x.until, ' ') FROM acceptance x" ACCEPTANCE_OF_ASSET
              ")"
            : ", NULL");
    buf_append_str(&sql, select_certificate);
    buf_append_str(&sql, condition.selective ? from_certificates : from_endpoints);
    buf_append_str(&sql, join_others);
    buf_append_str(&sql, inventory ? INVENTORY_JOIN : INVENTORY_JOIN_NOTHING);
    buf_append(&sql, condition.text.data, condition.text.len);
    buf_append_str(&sql, order_assets);
    if (err == CS_OK && (condition.err != CS_OK || sql.err != CS_OK)) {
        err = condition.err != CS_OK ? condition.err : sql.err;
        diag_set(diag, "%s", cs_err_text(err));
    }
    if (err == CS_OK)
        err = sql_prepare(store, &stmt, buf_str(&sql), diag);
    if (err == CS_OK && !is_exact)
        err = sql_prepare(store, &tasks,
                          "SELECT name FROM task JOIN asset_task ON task_id = task.id WHERE asset_id = ?1",
                          diag);
    if (err == CS_OK) {
        sql_condition_bind(&condition, stmt);
        err = read_rows(store, stmt, tasks, each, context, diag);
    }
    sqlite3_finalize(stmt);
    sqlite3_finalize(tasks);
    sql_condition_dispose(&condition);
    buf_dispose(&sql);
    return err;
}

int64_t asset_days_left(int64_t not_after_s, int64_t now_s)
{
    int64_t left_s = not_after_s - now_s;
    return (left_s - (left_s < 0 ? DAY_S - 1 : 0)) / DAY_S;
}

enum cs_err asset_facts(const struct asset_row *row, int64_t now_s, struct facts *facts,
                        struct cert_fact_scratch *scratch)
{
    enum cs_err err = cert_record_facts(&row->cert, facts, scratch);
    facts_set_ip(facts, row->endpoint.ip);
    facts_set_number(facts, FIELD_PORT, row->endpoint.port);
    facts_set_text(facts, FIELD_HOST_NAME, row->host_name);
    facts_set_text(facts, FIELD_SERVER_NAME, row->endpoint.server_name);
    facts_set_text(facts, FIELD_NETWORK, row->endpoint.network);
    facts_set_text(facts, FIELD_PROTOCOL, protocol_name(row->endpoint.protocol));
    facts_set_text(facts, FIELD_TLS_VERSION, row->tls_version);
    facts_set_text(facts, FIELD_STATUS, row->status);
    facts_set_text(facts, FIELD_OWNER_ORGANIZATION, row->owner_organization);
    facts_set_text(facts, FIELD_OWNER_DEPARTMENT, row->owner_department);
    facts_set_text(facts, FIELD_ASSET_STATE, row->state);
    facts_set_number(facts, FIELD_PSEUDO_SERVICE, row->pseudo_service != PSEUDO_NONE);
    facts_set_texts(facts, FIELD_TASK, row->tasks, row->task_count);
    facts_set_number(facts, FIELD_FIRST_SEEN, row->first_seen_s);
    facts_set_number(facts, FIELD_LAST_SEEN, row->last_seen_s);
    if (!row->cert.malformed)
        facts_set_number(facts, FIELD_DAYS_LEFT, asset_days_left(row->cert.not_after_s, now_s));
    return err;
}

enum cs_err assets_set_owner(struct store *store, int64_t asset_id, int64_t owner_id, int64_t rule_id,
                             const char *rule_name, int64_t now_s, bool *changed, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(store, &stmt,
                                  "UPDATE asset SET owner_id = ?2, rule_id = ?3, rule_name = ?4,"
                                  " changed_at = ?5, changed_scan_id = NULL WHERE id = ?1"
                                  " AND assignment_id IS NULL"
                                  " AND (owner_id IS NOT ?2 OR rule_id IS NOT ?3 OR rule_name IS NOT ?4)",
                                  diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, asset_id);
        sql_bind_id(stmt, 2, owner_id);
        sql_bind_id(stmt, 3, rule_id);
        sql_bind_text(stmt, 4, rule_name);
        sql_bind_int(stmt, 5, now_s);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    *changed = err == CS_OK && sqlite3_changes(store->db) > 0;
    return err;
}

enum cs_err certificates_get(struct store *store, const char *hex_prefix, certificate_each use, void *context,
                             struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    struct certificate_reader reader = {0};
    struct certificate_row row = {0};
    bool more = false;
    size_t len = strlen(hex_prefix);
    uint8_t low[SHA256_SIZE] = {0};
    uint8_t high[SHA256_SIZE];
    char digits[2 * SHA256_SIZE];
    memset(high, 0xFF, sizeof high);
    if (len < 8 || len > 2 * SHA256_SIZE || strspn(hex_prefix, "0123456789abcdefABCDEF") != len)
        return diag_fail(diag, CS_E_INVALID, "expected the SHA-256 of a certificate: 8 to 64 hex digits");
    /* every hash that begins so lies between prefix 00.. and prefix ff.. */
    for (int bound = 0; bound < 2; bound++) {
        memset(digits, bound == 0 ? '0' : 'f', sizeof digits);
        /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): digits is no string, its length is known */
        memcpy(digits, hex_prefix, len);
        hex_decode(bound == 0 ? low : high, SHA256_SIZE, digits, sizeof digits);
    }
    enum cs_err err = certificate_reader_init(&reader, store, diag);
    if (err == CS_OK)
        err = sql_prepare(store, &stmt,
                          "SELECT c.id, c.der, c.first_seen, count(*) OVER (), " CERTIFICATE_COLUMNS
                          " FROM certificate c WHERE c.sha256 BETWEEN ?1 AND ?2 LIMIT 1",
                          diag);
    if (err == CS_OK) {
        sql_bind_blob(stmt, 1, low, sizeof low);
        sql_bind_blob(stmt, 2, high, sizeof high);
        err = sql_step(store, stmt, &more, diag);
    }
    if (err == CS_OK && !more)
        err = diag_fail(diag, CS_E_NOT_FOUND, "no certificate %s is stored", hex_prefix);
    else if (err == CS_OK && sqlite3_column_int64(stmt, 3) > 1)
        err = diag_fail(diag, CS_E_INVALID, "%s begins the hashes of %lld certificates; give more digits",
                        hex_prefix, (long long)sqlite3_column_int64(stmt, 3));
    if (err == CS_OK)
        err = certificate_reader_read(&reader, stmt, 4, sqlite3_column_int64(stmt, 0), diag);
    if (err == CS_OK) {
        row.record = reader.record;
        row.der = sqlite3_column_blob(stmt, 1);
        row.der_len = (size_t)sqlite3_column_bytes(stmt, 1);
        row.first_seen_s = sqlite3_column_int64(stmt, 2);
        err = use(context, &row);
    }
    sqlite3_finalize(stmt);
    certificate_reader_dispose(&reader);
    return err;
}

enum cs_err assets_history(struct store *store, int64_t asset_id, interval_each each, void *context,
                           struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err =
        sql_prepare(store, &stmt,
                    "SELECT c.sha256, i.first_seen, i.last_seen, i.first_scan_id, i.last_scan_id"
                    " FROM asset_interval i JOIN certificate c ON c.id = i.certificate_id"
                    " WHERE i.asset_id = ?1 ORDER BY i.id DESC",
                    diag);
    if (err == CS_OK)
        sql_bind_int(stmt, 1, asset_id);
    while (err == CS_OK) {
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        struct interval_row row = {
            .first_seen_s = sqlite3_column_int64(stmt, 1),
            .last_seen_s = sqlite3_column_int64(stmt, 2),
            .first_scan_id = sqlite3_column_int64(stmt, 3),
            .last_scan_id = sqlite3_column_int64(stmt, 4),
        };
        if (sqlite3_column_bytes(stmt, 0) == SHA256_SIZE)
            memcpy(row.leaf_sha256, sqlite3_column_blob(stmt, 0), SHA256_SIZE);
        err = each(context, &row);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err store_count(struct store *store, struct store_counts *out, struct diag *diag)
{
    static const char sql[] = "SELECT (SELECT count(*) FROM certificate), (SELECT count(*) FROM endpoint),"
                              " (SELECT count(*) FROM asset WHERE state = 'live'),"
                              " (SELECT count(*) FROM asset WHERE state = 'gone'),"
                              " (SELECT count(*) FROM asset WHERE state = 'live' AND owner_id IS NULL),"
                              " (SELECT count(*) FROM scan), (SELECT count(*) FROM rule)";
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    struct stat info;
    *out = (struct store_counts){0};
    enum cs_err err = sql_prepare(store, &stmt, sql, diag);
    if (err == CS_OK)
        err = sql_step(store, stmt, &row, diag);
    if (err == CS_OK && row) {
        int64_t *counts[] = {&out->certificates, &out->endpoints, &out->assets_live, &out->assets_gone,
                             &out->unassigned,   &out->scans,     &out->rules};
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
            *counts[i] = sqlite3_column_int64(stmt, (int)i);
        out->size_bytes = stat(store->path, &info) == 0 ? info.st_size : 0;
    }
    sqlite3_finalize(stmt);
    return err;
}
