// SPDX-License-Identifier: Apache-2.0
#include "db/push.h"

#include <stdio.h>
#include <string.h>

#include "db/sql.h"

static void copy_text(char *out, size_t size, sqlite3_stmt *stmt, int column)
{
    const char *text = sql_text(stmt, column);
    snprintf(out, size, "%s", text != NULL ? text : "");
}

/* ---- the push ---- */

static void read_push(sqlite3_stmt *stmt, struct push_row *row)
{
    *row = (struct push_row){
        .id = sqlite3_column_int64(stmt, 0),
        .operation_done = sqlite3_column_int(stmt, 6) != 0,
        .started_at_s = sqlite3_column_int64(stmt, 7),
        .ended_at_s = sqlite3_column_int64(stmt, 8),
        .undone_at_s = sqlite3_column_int64(stmt, 9),
    };
    copy_text(row->route, sizeof row->route, stmt, 1);
    copy_text(row->server, sizeof row->server, stmt, 2);
    copy_text(row->account, sizeof row->account, stmt, 3);
    copy_text(row->tag, sizeof row->tag, stmt, 4);
    copy_text(row->operation, sizeof row->operation, stmt, 5);
}

enum cs_err push_get(struct store *store, int64_t id, struct push_row *row, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool there = false;
    enum cs_err err = sql_prepare(store, &stmt,
                                  "SELECT id, route, server, account, tag, operation, operation_done,"
                                  " started_at, ended_at, undone_at FROM push WHERE id = ?1",
                                  diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, id);
        err = sql_step(store, stmt, &there, diag);
    }
    if (err == CS_OK && there)
        read_push(stmt, row);
    else if (err == CS_OK)
        err = diag_fail(diag, CS_E_NOT_FOUND, "there is no push %lld (certscour scm log)", (long long)id);
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err push_find_open(struct store *store, const char *provider, const char *server, const char *route,
                           int64_t *id, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    *id = 0;
    enum cs_err err = sql_prepare(store, &stmt,
                                  "SELECT id FROM push WHERE provider = ?1 AND server = ?2 AND route = ?3"
                                  " AND ended_at IS NULL AND undone_at IS NULL ORDER BY id LIMIT 1",
                                  diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, provider);
        sql_bind_text(stmt, 2, server);
        sql_bind_text(stmt, 3, route);
        err = sql_int(store, stmt, id, 0, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

/* A statement with up to three numbers and a text as ?1, ?2, ?3 and ?4. */
struct values {
    int64_t numbers[3];
    const char *text;
};

static enum cs_err run(struct store *store, const char *sql, struct values values, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(store, &stmt, sql, diag);
    if (err == CS_OK) {
        int count = sqlite3_bind_parameter_count(stmt);
        for (int i = 0; i < 3 && i < count; i++)
            sql_bind_int(stmt, i + 1, values.numbers[i]);
        if (count >= 4)
            sql_bind_text(stmt, 4, values.text);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err push_set_operation(struct store *store, int64_t id, const char *operation, bool done,
                               struct diag *diag)
{
    return run(store, "UPDATE push SET operation = ?4, operation_done = ?2 WHERE id = ?1 AND ?3 = 0",
               (struct values){{id, done}, operation}, diag);
}

enum cs_err push_end(struct store *store, int64_t id, int64_t now_s, struct diag *diag)
{
    enum cs_err err = run(store,
                          "UPDATE push_location SET state = 'failed', error = 'its certificate was not taken'"
                          " WHERE state <> 'done' AND item_id IN (SELECT id FROM push_item WHERE push_id = ?1"
                          " AND state = 'failed')",
                          (struct values){.numbers = {id}}, diag);
    return err == CS_OK ? run(store, "UPDATE push SET ended_at = ?2 WHERE id = ?1",
                              (struct values){.numbers = {id, now_s}}, diag)
                        : err;
}

static const char select_item_counts[] =
    "SELECT count(*) FILTER (WHERE state IN ('planned', 'sending')), count(*) FILTER (WHERE state = 'done'),"
    " count(*) FILTER (WHERE state = 'failed'), count(*) FILTER (WHERE created = 1 AND undone_at IS NULL),"
    " count(*) FILTER (WHERE (state = 'sending' OR (state = 'done' AND created IS NULL)) AND undone_at IS "
    "NULL)"
    " FROM push_item WHERE push_id = ?1";
static const char select_location_counts[] =
    "SELECT count(*) FILTER (WHERE l.state IN ('planned', 'sending')), count(*) FILTER (WHERE l.state = "
    "'done'),"
    " count(*) FILTER (WHERE l.state = 'failed'),"
    " count(*) FILTER (WHERE l.created = 1 AND l.undone_at IS NULL AND i.created = 0),"
    " count(*) FILTER (WHERE l.state = 'sending' AND l.undone_at IS NULL AND i.created = 0)"
    " FROM push_location l JOIN push_item i ON i.id = l.item_id WHERE i.push_id = ?1";

static enum cs_err read_counts(struct store *store, const char *sql, int64_t id, int64_t out[5],
                               struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum cs_err err = sql_prepare(store, &stmt, sql, diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, id);
        err = sql_step(store, stmt, &row, diag);
    }
    for (int i = 0; i < 5 && row; i++)
        out[i] = sqlite3_column_int64(stmt, i);
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err push_count(struct store *store, int64_t id, struct push_counts *out, struct diag *diag)
{
    int64_t items[5] = {0};
    int64_t locations[5] = {0};
    enum cs_err err = read_counts(store, select_item_counts, id, items, diag);
    if (err == CS_OK)
        err = read_counts(store, select_location_counts, id, locations, diag);
    *out = (struct push_counts){items[0],     items[1],     items[2],     items[3],     items[4],
                                locations[0], locations[1], locations[2], locations[3], locations[4]};
    return err;
}

/* ---- certificates ---- */

#define ITEM_COLUMNS "SELECT i.id, i.organization_id, i.external_id, c.serial, c.common_name, c.sha256, c.der"
#define SELECT_ITEM                                                                                          \
    ITEM_COLUMNS " FROM push_item i JOIN certificate c ON c.id = i.certificate_id WHERE i.push_id = ?1"
#define ITEM_ORDER " ORDER BY CASE WHEN ?2 THEN 0 ELSE i.organization_id END, i.id"

/* Sorted before the certificates are joined: only those of the batch are read. */
static const char select_batch[] = ITEM_COLUMNS
    " FROM (SELECT * FROM push_item i WHERE i.push_id = ?1 AND i.state IN ('planned', 'sending')" ITEM_ORDER
    " LIMIT ?3) i JOIN certificate c ON c.id = i.certificate_id" ITEM_ORDER;

static enum cs_err read_item(sqlite3_stmt *stmt, struct push_item *item, struct diag *diag)
{
    const char *serial = sql_text(stmt, 3);
    *item = (struct push_item){
        .id = sqlite3_column_int64(stmt, 0),
        .organization_id = sqlite3_column_int64(stmt, 1),
        .external_id = sqlite3_column_int64(stmt, 2),
    };
    if (serial != NULL && strlen(serial) < sizeof item->serial)
        copy_text(item->serial, sizeof item->serial, stmt, 3);
    copy_text(item->name, sizeof item->name, stmt, 4);
    if (sqlite3_column_bytes(stmt, 5) == SHA256_SIZE)
        memcpy(item->sha256, sqlite3_column_blob(stmt, 5), SHA256_SIZE);
    buf_append(&item->der, sqlite3_column_blob(stmt, 6), (size_t)sqlite3_column_bytes(stmt, 6));
    return item->der.err == CS_OK ? CS_OK : diag_fail(diag, item->der.err, "out of memory");
}

void push_items_dispose(struct push_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_dispose(&items[i].der);
        items[i] = (struct push_item){0};
    }
}

enum cs_err push_next_items(struct store *store, int64_t push_id, const struct push_batch *batch,
                            struct push_item *items, size_t *count, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    size_t bytes = 0;
    bool more = true;
    *count = 0;
    enum cs_err err = sql_prepare(store, &stmt, select_batch, diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, push_id);
        sql_bind_int(stmt, 2, batch->mixed);
        sql_bind_int(stmt, 3, (int64_t)batch->cap);
    }
    while (err == CS_OK && *count < batch->cap) {
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        bytes += (size_t)sqlite3_column_bytes(stmt, 6);
        bool other = !batch->mixed && *count > 0 && sqlite3_column_int64(stmt, 1) != items[0].organization_id;
        if (other || (*count > 0 && bytes > batch->max_bytes))
            break;
        err = read_item(stmt, &items[(*count)++], diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

struct sending {
    const struct push_item *items;
    size_t count;
};

static enum cs_err mark_sending(struct store *store, void *context, struct diag *diag)
{
    const struct sending *sending = context;
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < sending->count && err == CS_OK; i++)
        err = run(store, "UPDATE push_item SET state = 'sending', attempts = attempts + 1 WHERE id = ?1",
                  (struct values){.numbers = {sending->items[i].id}}, diag);
    return err;
}

enum cs_err push_items_sending(struct store *store, const struct push_item *items, size_t count,
                               struct diag *diag)
{
    struct sending sending = {items, count};
    return sql_transaction(store, mark_sending, &sending, diag);
}

/* created: 0, 1, or NULL where it is not known. */
static enum cs_err set_done(struct store *store, const char *sql, int64_t id, int64_t external_id,
                            enum push_creator creator, int64_t now_s, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(store, &stmt, sql, diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, id);
        sql_bind_id(stmt, 2, external_id);
        sql_bind_int(stmt, 3, now_s);
        if (creator != PUSH_BY_UNKNOWN)
            sql_bind_int(stmt, 4, creator == PUSH_BY_US);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err push_item_done(struct store *store, int64_t item_id, int64_t external_id,
                           enum push_creator creator, int64_t now_s, struct diag *diag)
{
    return set_done(store,
                    "UPDATE push_item SET state = 'done', external_id = ?2, answered_at = ?3, created = ?4,"
                    " error = NULL WHERE id = ?1",
                    item_id, external_id, creator, now_s, diag);
}

enum cs_err push_item_failed(struct store *store, int64_t item_id, const char *error, int64_t now_s,
                             struct diag *diag)
{
    return run(store,
               "UPDATE push_item SET state = 'failed', answered_at = ?2, error = ?4 WHERE id = ?1 AND ?3 = 0",
               (struct values){{item_id, now_s}, error}, diag);
}

static const char *const list_conditions[] = {
    [PUSH_UNSURE] = " AND i.state = 'done' AND i.created IS NULL AND i.external_id IS NOT NULL"
                    " AND i.undone_at IS NULL",
    [PUSH_INTERRUPTED] = " AND i.state = 'sending' AND i.undone_at IS NULL",
    [PUSH_PLACED] = " AND i.state = 'done' AND i.external_id IS NOT NULL AND i.undone_at IS NULL"
                    " AND EXISTS (SELECT 1 FROM push_location l WHERE l.item_id = i.id"
                    " AND l.state IN ('planned', 'sending'))",
    [PUSH_MADE] = " AND i.state = 'done' AND i.created = 1 AND i.undone_at IS NULL",
    [PUSH_MADE_PLACES] = " AND i.state = 'done' AND i.external_id IS NOT NULL AND i.undone_at IS NULL"
                         " AND EXISTS (SELECT 1 FROM push_location l WHERE l.item_id = i.id"
                         " AND (l.created = 1 OR l.state = 'sending') AND l.undone_at IS NULL)",
};

enum cs_err push_next_item(struct store *store, int64_t push_id, enum push_list list, int64_t after,
                           struct push_item *item, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    struct buf sql = {0};
    bool row = false;
    *item = (struct push_item){0};
    buf_printf(&sql, SELECT_ITEM " AND i.id > ?2%s ORDER BY i.id LIMIT 1", list_conditions[list]);
    enum cs_err err = sql.err != CS_OK ? diag_fail(diag, sql.err, "out of memory")
                                       : sql_prepare(store, &stmt, buf_str(&sql), diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, push_id);
        sql_bind_int(stmt, 2, after);
        err = sql_step(store, stmt, &row, diag);
    }
    if (err == CS_OK && row)
        err = read_item(stmt, item, diag);
    sqlite3_finalize(stmt);
    buf_dispose(&sql);
    return err;
}

/* ---- locations ---- */

static void read_place(sqlite3_stmt *stmt, struct push_place *place)
{
    *place = (struct push_place){
        .id = sqlite3_column_int64(stmt, 0),
        .port = (uint16_t)sqlite3_column_int(stmt, 2),
        .external_id = sqlite3_column_int64(stmt, 4),
        .creator = sqlite3_column_type(stmt, 5) == SQLITE_NULL ? PUSH_BY_UNKNOWN
                   : sqlite3_column_int(stmt, 5) != 0          ? PUSH_BY_US
                                                               : PUSH_BY_OTHERS,
        .sending = sqlite3_column_int(stmt, 6) != 0,
    };
    if (sqlite3_column_bytes(stmt, 1) == (int)sizeof place->ip.bytes)
        memcpy(place->ip.bytes, sqlite3_column_blob(stmt, 1), sizeof place->ip.bytes);
    copy_text(place->host, sizeof place->host, stmt, 3);
}

enum cs_err push_next_places(struct store *store, int64_t item_id, bool made, int64_t after,
                             struct push_place *places, size_t cap, size_t *count, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    *count = 0;
    enum cs_err err = sql_prepare(store, &stmt,
                                  "SELECT l.id, e.ip, e.port, l.host, l.external_id, l.created, l.state = "
                                  "'sending' FROM push_location l JOIN endpoint e ON e.id ="
                                  " l.endpoint_id WHERE l.item_id = ?1 AND l.id > ?2 AND CASE WHEN ?3"
                                  " THEN l.undone_at IS NULL AND (l.created = 1 OR l.state = 'sending')"
                                  " ELSE l.state IN ('planned', 'sending') END ORDER BY l.id",
                                  diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, item_id);
        sql_bind_int(stmt, 2, after);
        sql_bind_int(stmt, 3, made);
    }
    while (err == CS_OK && *count < cap) {
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        read_place(stmt, &places[(*count)++]);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err push_place_sending(struct store *store, int64_t place_id, struct diag *diag)
{
    return run(store, "UPDATE push_location SET state = 'sending', attempts = attempts + 1 WHERE id = ?1",
               (struct values){.numbers = {place_id}}, diag);
}

enum cs_err push_place_done(struct store *store, int64_t place_id, int64_t external_id,
                            enum push_creator creator, int64_t now_s, struct diag *diag)
{
    return set_done(store,
                    "UPDATE push_location SET state = 'done', external_id = ?2, answered_at = ?3,"
                    " created = ?4, error = NULL WHERE id = ?1",
                    place_id, external_id, creator, now_s, diag);
}

enum cs_err push_place_failed(struct store *store, int64_t place_id, const char *error, int64_t now_s,
                              struct diag *diag)
{
    return run(
        store,
        "UPDATE push_location SET state = 'failed', answered_at = ?2, error = ?4 WHERE id = ?1 AND ?3 = 0",
        (struct values){{place_id, now_s}, error}, diag);
}

enum cs_err push_places_done(struct store *store, int64_t push_id, int64_t now_s, struct diag *diag)
{
    return run(
        store,
        "UPDATE push_location SET state = 'done', answered_at = ?2 WHERE state <> 'done' AND item_id IN"
        " (SELECT id FROM push_item WHERE push_id = ?1 AND state = 'done')",
        (struct values){.numbers = {push_id, now_s}}, diag);
}

static const char select_failures[] =
    "SELECT c.common_name, i.error, NULL, 0, i.id, 0 FROM push_item i"
    " JOIN certificate c ON c.id = i.certificate_id WHERE i.push_id = ?1 AND i.state = 'failed' UNION ALL"
    " SELECT c.common_name, l.error, e.ip, e.port, i.id, l.id FROM push_item i"
    " JOIN certificate c ON c.id = i.certificate_id JOIN push_location l ON l.item_id = i.id"
    " JOIN endpoint e ON e.id = l.endpoint_id WHERE i.push_id = ?1 AND i.state <> 'failed'"
    " AND l.state = 'failed' ORDER BY 5, 6";

enum cs_err push_failures(struct store *store, int64_t push_id, push_each_failed each, void *context,
                          struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err = sql_prepare(store, &stmt, select_failures, diag);
    if (err == CS_OK)
        sql_bind_int(stmt, 1, push_id);
    while (err == CS_OK) {
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        struct push_failure failure = {
            .name = sql_text(stmt, 0),
            .error = sql_text(stmt, 1),
            .is_location = sqlite3_column_type(stmt, 2) == SQLITE_BLOB,
            .port = (uint16_t)sqlite3_column_int(stmt, 3),
        };
        if (sqlite3_column_bytes(stmt, 2) == (int)sizeof failure.ip.bytes)
            memcpy(failure.ip.bytes, sqlite3_column_blob(stmt, 2), sizeof failure.ip.bytes);
        err = each(context, &failure);
    }
    sqlite3_finalize(stmt);
    return err;
}

/* ---- taking back ---- */

struct going {
    const struct push_row *push;
    int64_t external_id;
    int64_t now_s;
};

/* The provider is the same where the server is. */
static enum cs_err mark_gone(struct store *store, void *context, struct diag *diag)
{
    const struct going *going = context;
    const struct values values = {{going->external_id, going->now_s}, going->push->server};
    enum cs_err err = run(store,
                          "UPDATE push_location SET undone_at = ?2 WHERE undone_at IS NULL AND item_id IN"
                          " (SELECT i.id FROM push_item i JOIN push p ON p.id = i.push_id"
                          " WHERE i.external_id = ?1 AND p.server = ?4 AND ?3 = 0)",
                          values, diag);
    return err == CS_OK ? run(store,
                              "UPDATE push_item SET undone_at = ?2 WHERE undone_at IS NULL AND external_id ="
                              " ?1 AND push_id IN (SELECT id FROM push WHERE server = ?4 AND ?3 = 0)",
                              values, diag)
                        : err;
}

enum cs_err push_certificate_gone(struct store *store, const struct push_row *push, int64_t external_id,
                                  int64_t now_s, struct diag *diag)
{
    struct going going = {push, external_id, now_s};
    return sql_transaction(store, mark_gone, &going, diag);
}

enum cs_err push_place_gone(struct store *store, int64_t place_id, int64_t now_s, struct diag *diag)
{
    return run(store, "UPDATE push_location SET undone_at = ?2 WHERE id = ?1",
               (struct values){.numbers = {place_id, now_s}}, diag);
}

static enum cs_err mark_undone(struct store *store, void *context, struct diag *diag)
{
    static const char *const steps[] = {
        ("UPDATE push_location SET undone_at = ?2 WHERE undone_at IS NULL AND item_id IN"
         " (SELECT id FROM push_item WHERE push_id = ?1)"),
        "UPDATE push_item SET undone_at = ?2 WHERE undone_at IS NULL AND push_id = ?1",
        "UPDATE push SET undone_at = ?2, ended_at = coalesce(ended_at, ?2) WHERE id = ?1",
    };
    const struct values *values = context;
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && err == CS_OK; i++)
        err = run(store, steps[i], *values, diag);
    return err;
}

enum cs_err push_undone(struct store *store, int64_t id, int64_t now_s, struct diag *diag)
{
    struct values values = {{id, now_s}, NULL};
    return sql_transaction(store, mark_undone, &values, diag);
}
