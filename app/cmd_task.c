// SPDX-License-Identifier: Apache-2.0
/* certscour task: what is to be scanned, how and when, under a name. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/task_spec.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "base/timefmt.h"

/* The options of add and edit, both tables. */
static bool begin_change(struct app *app, const struct command *command, int argc, char **argv,
                         const struct command_option *table, struct task_options *options, int *status)
{
    const struct option_table tables[] = {
        {table, options}, {scan_option_table, &options->scan}, {NULL, NULL}};
    if (app_begin_with(app, command, argc, argv, tables, 1, 1, status))
        return true;
    task_options_dispose(options);
    return false;
}

static void tell_next(const struct task_row *row)
{
    struct task_clock clock;
    struct diag ignored;
    char time[TIMEFMT_SIZE];
    int64_t next_s;
    if (task_clock_load(&clock, row, &ignored) == CS_OK && task_next_run(row, &clock, &next_s))
        app_note("the next run is at %s, if `certscour serve` runs by then", timefmt_rfc3339(time, next_s));
    task_clock_dispose(&clock);
}

static int add(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct task_options options = TASK_OPTIONS_DEFAULT;
    struct task_row row = {.enabled = true};
    if (!begin_change(app, command, argc, argv, task_add_table, &options, &status))
        return status;
    enum cs_err err = app_open_store(app, STORE_WRITE);
    row.name = text_copy(app->words.items[0]);
    if (err == CS_OK && row.name == NULL)
        err = diag_fail(&app->diag, CS_E_NOMEM, "out of memory");
    if (err == CS_OK)
        err = task_fill(app, &options, &row);
    if (err == CS_OK)
        err = task_check(app, &row);
    row.scheduled_at_s = app_now_s();
    if (err == CS_OK)
        err = tasks_add(app->store, &row, row.scheduled_at_s, &row.id, &app->diag);
    if (err == CS_OK)
        tell_next(&row);
    task_row_dispose(&row);
    task_options_dispose(&options);
    return app_status(app, err);
}

static bool changes_schedule(const struct app *app, const struct task_options *options)
{
    static const char *const names[] = {"frequency", "at", "on", "timezone"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (app_was_given(app, names[i]) || text_list_has(&options->unset, names[i]))
            return true;
    }
    return false;
}

static int edit(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct task_options options = TASK_OPTIONS_DEFAULT;
    struct task_row row = {0};
    if (!begin_change(app, command, argc, argv, task_edit_table, &options, &status))
        return status;
    bool restart = changes_schedule(app, &options);
    enum cs_err err = CS_OK;
    if (app->given.count == 0)
        err = diag_fail(&app->diag, CS_E_INVALID, "say what to change; --help lists the options");
    if (err == CS_OK)
        err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = tasks_get(app->store, app->words.items[0], &row, &app->diag);
    if (err == CS_OK)
        err = task_fill(app, &options, &row);
    if (err == CS_OK)
        err = task_check(app, &row);
    if (err == CS_OK)
        err = tasks_edit(app->store, &row, restart, app_now_s(), &app->diag);
    row.scheduled_at_s = restart ? app_now_s() : row.scheduled_at_s;
    if (err == CS_OK && restart)
        tell_next(&row);
    task_row_dispose(&row);
    task_options_dispose(&options);
    return app_status(app, err);
}

static int remove_task(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = tasks_remove(app->store, app->words.items[0], app_now_s(), &app->diag);
    return app_status(app, err);
}

static int enable(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    bool enabled = strcmp(command->verb, "enable") == 0;
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = tasks_enable(app->store, app->words.items[0], enabled, app_now_s(), &app->diag);
    return app_status(app, err);
}

/* ---- list ---- */

enum {
    COLUMN_TASK,
    COLUMN_ENABLED,
    COLUMN_FREQUENCY,
    COLUMN_AT,
    COLUMN_ON,
    COLUMN_TIMEZONE,
    COLUMN_WINDOW,
    COLUMN_NEXT,
    COLUMN_NETWORK,
    COLUMN_RANGES,
    COLUMN_EXCLUDES,
    COLUMN_PORTS,
    COLUMN_KNOWN_ONLY,
    COLUMN_RULES,
    COLUMN_OPTIONS,
    COLUMN_EXTERNAL_ID,
    COLUMN_CREATED,
    COLUMN_CHANGED,
    COLUMN_COUNT
};

static const struct listing_column columns[] = {
    [COLUMN_TASK] = {"task", true},
    [COLUMN_ENABLED] = {"enabled", true},
    [COLUMN_FREQUENCY] = {"frequency", true},
    [COLUMN_AT] = {"at", true},
    [COLUMN_ON] = {"on", true},
    [COLUMN_TIMEZONE] = {"timezone", false},
    [COLUMN_WINDOW] = {"window", true},
    [COLUMN_NEXT] = {"next_run", true},
    [COLUMN_NETWORK] = {"network", false},
    [COLUMN_RANGES] = {"ranges", true},
    [COLUMN_EXCLUDES] = {"excludes", false},
    [COLUMN_PORTS] = {"ports", false},
    [COLUMN_KNOWN_ONLY] = {"known_only", false},
    [COLUMN_RULES] = {"rules", false},
    [COLUMN_OPTIONS] = {"options", false},
    [COLUMN_EXTERNAL_ID] = {"external_id", false},
    [COLUMN_CREATED] = {"created_at", false},
    [COLUMN_CHANGED] = {"changed_at", false},
};

struct task_listing {
    struct listing *listing;
    struct diag *diag;
};

static void list_texts(struct listing *listing, size_t column, const struct text_list *list)
{
    listing_texts(listing, column, text_list_view(list), list->count);
}

static void list_next(struct listing *listing, const struct task_row *row)
{
    struct task_clock clock;
    struct diag ignored;
    int64_t next_s;
    if (task_clock_load(&clock, row, &ignored) == CS_OK && task_next_run(row, &clock, &next_s))
        listing_time(listing, COLUMN_NEXT, next_s);
    task_clock_dispose(&clock);
}

static enum cs_err list_task(void *context, const struct task_row *row)
{
    struct task_listing *list = context;
    struct listing *listing = list->listing;
    listing_text(listing, COLUMN_TASK, row->name);
    listing_bool(listing, COLUMN_ENABLED, row->enabled);
    listing_text(listing, COLUMN_FREQUENCY, row->frequency);
    listing_text(listing, COLUMN_AT, row->at);
    listing_text(listing, COLUMN_ON, row->on);
    listing_text(listing, COLUMN_TIMEZONE, row->timezone);
    listing_text(listing, COLUMN_WINDOW, row->window);
    list_next(listing, row);
    listing_text(listing, COLUMN_NETWORK, row->network);
    list_texts(listing, COLUMN_RANGES, &row->ranges);
    list_texts(listing, COLUMN_EXCLUDES, &row->excludes);
    listing_text(listing, COLUMN_PORTS, row->ports);
    listing_bool(listing, COLUMN_KNOWN_ONLY, row->known_only);
    list_texts(listing, COLUMN_RULES, &row->rules);
    list_texts(listing, COLUMN_OPTIONS, &row->options);
    if (row->external_id != 0)
        listing_int(listing, COLUMN_EXTERNAL_ID, row->external_id);
    listing_time(listing, COLUMN_CREATED, row->created_at_s);
    listing_time(listing, COLUMN_CHANGED, row->changed_at_s);
    return listing_end_row(listing, list->diag);
}

static int list(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct list_options options = {0};
    struct task_listing tasks = {.diag = &app->diag};
    if (!app_begin(app, command, argc, argv, NULL, NULL, true, &options, 0, 0, &status))
        return status;
    enum cs_err err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = app_open_listing(app, &options, columns, COLUMN_COUNT, &tasks.listing);
    if (err != CS_OK)
        return app_status(app, err);
    err = tasks_each(app->store, list_task, &tasks, &app->diag);
    return app_status(app, listing_close(tasks.listing, err, &app->diag));
}

/* One task in full: every column, one row. */
static int show(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct list_options options = {0};
    struct task_listing tasks = {.diag = &app->diag};
    struct task_row row = {0};
    struct buf all = {0};
    if (!app_begin(app, command, argc, argv, NULL, NULL, true, &options, 1, 1, &status))
        return status;
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        buf_printf(&all, "%s%s", i > 0 ? "," : "", columns[i].name);
    if (options.columns == NULL)
        options.columns = buf_str(&all);
    enum cs_err err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = tasks_get(app->store, app->words.items[0], &row, &app->diag);
    if (err == CS_OK)
        err = app_open_listing(app, &options, columns, COLUMN_COUNT, &tasks.listing);
    if (err == CS_OK)
        err = listing_close(tasks.listing, list_task(&tasks, &row), &app->diag);
    task_row_dispose(&row);
    buf_dispose(&all);
    return app_status(app, err);
}

const struct command task_commands[] = {
    {"task", "add",
     "NAME --range R... [any scan option] [--rule NAME...] [--frequency F] [--at HH:MM] [--on DAY]",
     "makes a task: ranges to scan under a name, by hand or on a schedule", add},
    {"task", "list", "[options]", "lists the tasks and when each runs next", list},
    {"task", "show", "NAME [options]", "shows all of one task", show},
    {"task", "edit", "NAME [options as of add] [--rename NAME] [--unset OPTION...]", "changes a task", edit},
    {"task", "remove", "NAME", "removes a task; its scans and what they found stay", remove_task},
    {"task", "enable", "NAME", "lets the schedule run a task again, from now on", enable},
    {"task", "disable", "NAME", "a task runs by hand alone", enable},
    {.name = NULL},
};
