// SPDX-License-Identifier: Apache-2.0
#include "db/tasks.h"

#include <stdlib.h>

#include "base/text.h"
#include "db/scans.h"
#include "db/sql.h"
#include "db/text_json.h"

#define COLUMNS                                                                                              \
    "id, name, network, ranges, excludes, ports, options, rules, frequency, at, day, timezone, window,"      \
    " known_only, enabled, external_id, created_at, changed_at, scheduled_at"

void task_row_dispose(struct task_row *row)
{
    char *texts[] = {row->name, row->network, row->ports,    row->frequency,
                     row->at,   row->on,      row->timezone, row->window};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(texts[i]);
    text_list_dispose(&row->ranges);
    text_list_dispose(&row->excludes);
    text_list_dispose(&row->options);
    text_list_dispose(&row->rules);
    *row = (struct task_row){0};
}

/* ---- writing ---- */

/* What a person gives, as parameters ?2 to ?15; ?1 is left to the caller. The lists are kept in `lists` until
 * the statement has run. */
static enum cs_err bind_values(sqlite3_stmt *stmt, const struct task_row *row, struct buf lists[4])
{
    const struct text_list *from[4] = {&row->ranges, &row->excludes, &row->options, &row->rules};
    static const int places[4] = {4, 5, 7, 8};
    for (int i = 0; i < 4; i++) {
        text_json_append(&lists[i], from[i]);
        if (lists[i].err != CS_OK)
            return lists[i].err;
        sql_bind_text(stmt, places[i], buf_str(&lists[i]));
    }
    sql_bind_text(stmt, 2, row->name);
    sql_bind_text(stmt, 3, row->network != NULL ? row->network : "");
    sql_bind_text(stmt, 6, row->ports);
    sql_bind_text(stmt, 9, row->frequency);
    sql_bind_text(stmt, 10, row->at);
    sql_bind_text(stmt, 11, row->on);
    sql_bind_text(stmt, 12, row->timezone);
    sql_bind_text(stmt, 13, row->window);
    sql_bind_int(stmt, 14, row->known_only);
    sql_bind_int(stmt, 15, row->enabled);
    return CS_OK;
}

struct change {
    const struct task_row *row;
    bool restart;
    int64_t now_s;
    const char *sql;
    int64_t id; /* out: of a new row */
};

static enum cs_err write_row(struct store *store, void *context, struct diag *diag)
{
    struct change *change = context;
    struct buf lists[4] = {{0}};
    sqlite3_stmt *stmt = NULL;
    char shown[160];
    enum cs_err err = sql_prepare(store, &stmt, change->sql, diag);
    if (err == CS_OK)
        err = bind_values(stmt, change->row, lists);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, change->now_s);
        sql_bind_id(stmt, 16, change->row->external_id);
        sql_bind_int(stmt, 17, change->row->id);
        sql_bind_int(stmt, 18, change->restart);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    for (int i = 0; i < 4; i++)
        buf_dispose(&lists[i]);
    change->id = sqlite3_last_insert_rowid(store->db);
    if (err == CS_E_EXISTS)
        diag_set(diag, "there is a task \"%s\" already",
                 text_printable(shown, sizeof shown, change->row->name));
    return err;
}

static const char insert_task[] =
    "INSERT INTO task (name, network, ranges, excludes, ports, options, rules, frequency, at, day, timezone,"
    " window, known_only, enabled, external_id, created_at, changed_at, scheduled_at)"
    " VALUES (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?1, ?1, ?1)";

static const char update_task[] =
    "UPDATE task SET name = ?2, network = ?3, ranges = ?4, excludes = ?5, ports = ?6, options = ?7,"
    " rules = ?8, frequency = ?9, at = ?10, day = ?11, timezone = ?12, window = ?13, known_only = ?14,"
    " enabled = ?15, changed_at = ?1, scheduled_at = CASE ?18 WHEN 1 THEN ?1 ELSE scheduled_at END"
    " WHERE id = ?17";

static enum cs_err edit_row(struct store *store, void *context, struct diag *diag)
{
    enum cs_err err = write_row(store, context, diag);
    if (err == CS_OK && sqlite3_changes(store->db) == 0)
        return diag_fail(diag, CS_E_NOT_FOUND, "the task was removed meanwhile");
    return err;
}

enum cs_err tasks_add_within(struct store *store, const struct task_row *row, int64_t now_s, int64_t *id,
                             struct diag *diag)
{
    struct change change = {.row = row, .now_s = now_s, .sql = insert_task};
    enum cs_err err = write_row(store, &change, diag);
    *id = change.id;
    return err;
}

enum cs_err tasks_add(struct store *store, const struct task_row *row, int64_t now_s, int64_t *id,
                      struct diag *diag)
{
    struct change change = {.row = row, .now_s = now_s, .sql = insert_task};
    enum cs_err err = sql_transaction(store, write_row, &change, diag);
    *id = change.id;
    return err;
}

enum cs_err tasks_edit_within(struct store *store, const struct task_row *row, bool restart, int64_t now_s,
                              struct diag *diag)
{
    struct change change = {.row = row, .restart = restart, .now_s = now_s, .sql = update_task};
    return edit_row(store, &change, diag);
}

enum cs_err tasks_edit(struct store *store, const struct task_row *row, bool restart, int64_t now_s,
                       struct diag *diag)
{
    struct change change = {.row = row, .restart = restart, .now_s = now_s, .sql = update_task};
    return sql_transaction(store, edit_row, &change, diag);
}

static enum cs_err not_found(struct diag *diag, const char *name)
{
    char shown[160];
    diag_set(diag, "there is no task \"%s\"; `certscour task list` shows all",
             text_printable(shown, sizeof shown, name));
    return CS_E_NOT_FOUND;
}

struct named {
    const char *name;
    bool enabled;
    int64_t now_s;
};

static enum cs_err check_idle(struct store *store, const struct named *named, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    int64_t scan_id = 0;
    enum cs_err err = sql_prepare(store, &stmt,
                                  "SELECT scan.id FROM scan JOIN task ON task.id = scan.task_id"
                                  " WHERE task.name = ?1 AND scan.lease_at > ?2",
                                  diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, named->name);
        sql_bind_int(stmt, 2, named->now_s - SCAN_LEASE_S);
        err = sql_int(store, stmt, &scan_id, 0, diag);
    }
    sqlite3_finalize(stmt);
    if (err == CS_OK && scan_id != 0)
        return diag_fail(diag, CS_E_BUSY, "the task runs as scan %lld; `certscour task stop` ends it",
                         (long long)scan_id);
    return err;
}

static enum cs_err remove_row(struct store *store, void *context, struct diag *diag)
{
    const struct named *named = context;
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = check_idle(store, named, diag);
    if (err == CS_OK)
        err = sql_prepare(store, &stmt, "DELETE FROM task WHERE name = ?1", diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, named->name);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err == CS_OK && sqlite3_changes(store->db) == 0 ? not_found(diag, named->name) : err;
}

enum cs_err tasks_remove(struct store *store, const char *name, int64_t now_s, struct diag *diag)
{
    struct named named = {.name = name, .now_s = now_s};
    return sql_transaction(store, remove_row, &named, diag);
}

static enum cs_err enable_row(struct store *store, void *context, struct diag *diag)
{
    const struct named *named = context;
    sqlite3_stmt *stmt = NULL;
    enum cs_err err =
        sql_prepare(store, &stmt,
                    "UPDATE task SET scheduled_at = CASE WHEN ?2 AND NOT enabled THEN ?3 ELSE scheduled_at"
                    " END, enabled = ?2, changed_at = ?3 WHERE name = ?1",
                    diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, named->name);
        sql_bind_int(stmt, 2, named->enabled);
        sql_bind_int(stmt, 3, named->now_s);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err == CS_OK && sqlite3_changes(store->db) == 0 ? not_found(diag, named->name) : err;
}

enum cs_err tasks_enable(struct store *store, const char *name, bool enabled, int64_t now_s,
                         struct diag *diag)
{
    struct named named = {name, enabled, now_s};
    return sql_transaction(store, enable_row, &named, diag);
}

/* One number of a row, ?2; 0 = NULL. */
static enum cs_err set_number(struct store *store, const char *sql, int64_t id, int64_t number,
                              struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(store, &stmt, sql, diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, id);
        sql_bind_id(stmt, 2, number);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err tasks_set_external(struct store *store, int64_t id, int64_t external_id, struct diag *diag)
{
    return set_number(store, "UPDATE task SET external_id = ?2 WHERE id = ?1", id, external_id, diag);
}

enum cs_err tasks_set_scheduled(struct store *store, int64_t id, int64_t at_s, struct diag *diag)
{
    return set_number(store, "UPDATE task SET scheduled_at = max(scheduled_at, ?2) WHERE id = ?1", id, at_s,
                      diag);
}

/* ---- reading ---- */

static enum cs_err read_texts(sqlite3_stmt *stmt, struct task_row *row)
{
    char **texts[] = {&row->name, &row->network, &row->ports,    &row->frequency,
                      &row->at,   &row->on,      &row->timezone, &row->window};
    static const int places[] = {1, 2, 5, 8, 9, 10, 11, 12};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *text = sql_text(stmt, places[i]);
        *texts[i] = text_copy(text);
        if (text != NULL && *texts[i] == NULL)
            return CS_E_NOMEM;
    }
    return CS_OK;
}

static enum cs_err read_lists(struct store *store, sqlite3_stmt *stmt, struct task_row *row,
                              struct diag *diag)
{
    struct text_list *lists[] = {&row->ranges, &row->excludes, &row->options, &row->rules};
    static const int places[] = {3, 4, 6, 7};
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < 4 && err == CS_OK; i++)
        err = text_json_read(lists[i], sql_text(stmt, places[i]), diag);
    return err == CS_E_MALFORMED
               ? diag_fail(diag, CS_E_CORRUPT, "%s: task %lld is damaged", store->path, (long long)row->id)
               : err;
}

static enum cs_err read_row(struct store *store, sqlite3_stmt *stmt, struct task_row *row, struct diag *diag)
{
    *row = (struct task_row){
        .id = sqlite3_column_int64(stmt, 0),
        .known_only = sqlite3_column_int(stmt, 13) != 0,
        .enabled = sqlite3_column_int(stmt, 14) != 0,
        .external_id = sqlite3_column_int64(stmt, 15),
        .created_at_s = sqlite3_column_int64(stmt, 16),
        .changed_at_s = sqlite3_column_int64(stmt, 17),
        .scheduled_at_s = sqlite3_column_int64(stmt, 18),
    };
    enum cs_err err = read_texts(stmt, row);
    if (err == CS_OK)
        err = read_lists(store, stmt, row, diag);
    return err == CS_E_NOMEM ? diag_fail(diag, err, "out of memory") : err;
}

enum cs_err tasks_get(struct store *store, const char *name, struct task_row *out, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    *out = (struct task_row){0};
    enum cs_err err = sql_prepare(store, &stmt, "SELECT " COLUMNS " FROM task WHERE name = ?1", diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, name);
        err = sql_step(store, stmt, &found, diag);
    }
    if (err == CS_OK && found)
        err = read_row(store, stmt, out, diag);
    sqlite3_finalize(stmt);
    return err == CS_OK && !found ? not_found(diag, name) : err;
}

enum cs_err tasks_each(struct store *store, task_each each, void *context, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err = sql_prepare(store, &stmt, "SELECT " COLUMNS " FROM task ORDER BY name", diag);
    while (err == CS_OK) {
        struct task_row row;
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        err = read_row(store, stmt, &row, diag);
        if (err == CS_OK)
            err = each(context, &row);
        task_row_dispose(&row);
    }
    sqlite3_finalize(stmt);
    return err;
}
