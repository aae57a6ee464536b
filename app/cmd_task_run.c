// SPDX-License-Identifier: Apache-2.0
/* certscour task run, stop, history. */
#include <inttypes.h>
#include <stddef.h>

#include "app/commands.h"
#include "app/interrupts.h"
#include "app/task_run.h"
#include "db/scans.h"

struct run_options {
    const char *progress;
};

static const struct command_option run_option_table[] = {
    {.name = "progress",
     .kind = OPTION_TEXT,
     .argument = "WHEN",
     .help = "always, never or auto (on a terminal, default)",
     .offset = offsetof(struct run_options, progress)},
    {.name = NULL},
};

static int run(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct run_options options = {0};
    struct task_row row = {0};
    struct task_run task = {.row = &row, .control.interrupts = interrupts_catch()};
    if (!app_begin(app, command, argc, argv, run_option_table, &options, false, NULL, 1, 1, &status))
        return status;
    task.progress = options.progress;
    enum cs_err err = scan_progress_check(options.progress, &app->diag);
    if (err == CS_OK)
        err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = tasks_get(app->store, app->words.items[0], &row, &app->diag);
    status = err == CS_OK ? task_run(app, &task) : app_status(app, err);
    task_row_dispose(&row);
    return status;
}

static int stop(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct task_row row = {0};
    int64_t scan_id = 0;
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = tasks_get(app->store, app->words.items[0], &row, &app->diag);
    if (err == CS_OK)
        err = task_unfinished(app, &row, &scan_id);
    if (err == CS_OK && scan_id == 0)
        err = diag_fail(&app->diag, CS_E_NOT_FOUND, "task \"%.100s\" does not run", row.name);
    if (err == CS_OK)
        err = scans_give_up(app->store, scan_id, app_now_s(), &app->diag);
    if (err == CS_OK)
        app_note("scan %" PRId64 " finishes what is under way, then stops; it does not go on by itself",
                 scan_id);
    task_row_dispose(&row);
    return app_status(app, err);
}

enum {
    COLUMN_SCAN,
    COLUMN_STATE,
    COLUMN_STARTED,
    COLUMN_ENDED,
    COLUMN_DURATION,
    COLUMN_TARGETS,
    COLUMN_DONE,
    COLUMN_CERTIFICATES,
    COLUMN_FIRST_OUTCOME /* one for each outcome but `certificate` */
};
#define COLUMN_COUNT (COLUMN_FIRST_OUTCOME + OUTCOME_COUNT)

static void fill_columns(struct listing_column columns[COLUMN_COUNT])
{
    static const struct listing_column own[] = {
        [COLUMN_SCAN] = {"scan", true},           [COLUMN_STATE] = {"state", true},
        [COLUMN_STARTED] = {"started_at", true},  [COLUMN_ENDED] = {"ended_at", false},
        [COLUMN_DURATION] = {"duration_s", true}, [COLUMN_TARGETS] = {"targets", true},
        [COLUMN_DONE] = {"done", true},           [COLUMN_CERTIFICATES] = {"certificates", true},
    };
    for (size_t i = 0; i < COLUMN_FIRST_OUTCOME; i++)
        columns[i] = own[i];
    for (int i = 0; i < OUTCOME_COUNT; i++)
        columns[COLUMN_FIRST_OUTCOME + i] = (struct listing_column){outcome_name((enum outcome)i), false};
}

struct history {
    struct listing *listing;
    struct diag *diag;
};

static enum cs_err list_scan(void *context, const struct scan_row *row)
{
    struct history *history = context;
    struct listing *listing = history->listing;
    listing_int(listing, COLUMN_SCAN, row->id);
    listing_text(listing, COLUMN_STATE, scan_state_name(row->state));
    listing_time(listing, COLUMN_STARTED, row->started_at_s);
    if (row->ended_at_s != 0) {
        listing_time(listing, COLUMN_ENDED, row->ended_at_s);
        listing_int(listing, COLUMN_DURATION, row->ended_at_s - row->started_at_s);
    }
    listing_int(listing, COLUMN_TARGETS, (int64_t)row->target_count);
    listing_int(listing, COLUMN_DONE, (int64_t)row->attempt_count);
    listing_int(listing, COLUMN_CERTIFICATES, (int64_t)row->outcomes[OUTCOME_CERTIFICATE]);
    for (int i = 0; i < OUTCOME_COUNT; i++)
        listing_int(listing, (size_t)COLUMN_FIRST_OUTCOME + (size_t)i, (int64_t)row->outcomes[i]);
    return listing_end_row(listing, history->diag);
}

static int history(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct list_options options = {0};
    struct history scans = {.diag = &app->diag};
    struct listing_column columns[COLUMN_COUNT];
    struct task_row row = {0};
    if (!app_begin(app, command, argc, argv, NULL, NULL, true, &options, 1, 1, &status))
        return status;
    fill_columns(columns);
    enum cs_err err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = tasks_get(app->store, app->words.items[0], &row, &app->diag);
    if (err == CS_OK)
        err = app_open_listing(app, &options, columns, COLUMN_COUNT, &scans.listing);
    if (err == CS_OK)
        err = listing_close(scans.listing, scans_of_task(app->store, row.id, list_scan, &scans, &app->diag),
                            &app->diag);
    task_row_dispose(&row);
    return app_status(app, err);
}

const struct command task_run_commands[] = {
    {"task", "run", "NAME [--progress WHEN]", "scans now, as the task says", run},
    {"task", "stop", "NAME", "ends the scan of a task; it does not go on by itself", stop},
    {"task", "history", "NAME [options]", "lists the scans of a task, the newest first", history},
    {.name = NULL},
};
