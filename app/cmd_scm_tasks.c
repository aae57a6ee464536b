// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <unistd.h>

#include "app/scm_pulls.h"
#include "app/task_spec.h"
#include "scm/task_pull.h"

static void show_tasks(void *context, int64_t done, int64_t total)
{
    (void)context;
    scm_show_count("tasks", done, total);
}

static enum cs_err check_row(void *context, const struct task_row *row, struct diag *diag)
{
    struct app *app = context;
    struct diag before = app->diag;
    enum cs_err err = task_check(app, row);
    *diag = app->diag;
    app->diag = before;
    return err;
}

enum cs_err scm_pull_tasks(struct app *app, struct client *client, const struct scm_pull_options *choices)
{
    struct task_pull_result result;
    bool terminal = isatty(STDERR_FILENO) == 1;
    struct task_pull_options options = {
        .client = client,
        .store = app->store,
        .accept_empty = choices->accept_empty,
        .overwrite = choices->overwrite,
        .now_s = app_now_s(),
        .check = check_row,
        .progress = terminal ? show_tasks : NULL,
        .context = app,
    };
    enum cs_err err = task_pull(&options, &result, &app->diag);
    if (terminal)
        fputs("\r\033[K", stderr);
    if (err == CS_OK) {
        scm_print_pulled("tasks", result.unchanged, &result.notes, "");
        if (result.notes.counts[RULE_ADDED] > 0)
            app_note("pulled tasks scan nothing by themselves: `certscour task enable NAME` puts one on its "
                     "schedule, `certscour task run NAME` runs it once");
    }
    rule_notes_dispose(&result.notes);
    return err;
}
