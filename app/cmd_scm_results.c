// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <unistd.h>

#include "app/progress.h"
#include "app/scm_pulls.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "scm/result_pull.h"

static bool on_terminal(void)
{
    return isatty(STDERR_FILENO) == 1;
}

static void show_rows(void *context, int64_t done, int64_t total)
{
    (void)context;
    scm_show_count("results", done, total);
}

static void print_task(void *context, const char *task_name, const struct discovered_run *run, bool fresh,
                       size_t placeless)
{
    char shown[200];
    char time[TIMEFMT_SIZE] = "";
    struct buf count = {0};
    (void)context;
    if (on_terminal())
        fputs("\r\033[K", stderr);
    text_printable(shown, sizeof shown, task_name);
    if (run == NULL) {
        printf("%-16s\"%s\": no completed run\n", "results", shown);
        return;
    }
    if (run->created_s != 0)
        timefmt_rfc3339(time, run->created_s);
    append_count(&count, (uint64_t)run->row_count);
    if (fresh)
        printf("%-16s\"%s\": %s of the run of %s\n", "results", shown, buf_str(&count), time);
    else
        printf("%-16s\"%s\": as it was, no newer run than that of %s\n", "results", shown, time);
    if (placeless > 0)
        app_note("\"%s\": %zu rows without address and port are left out", shown, placeless);
    buf_dispose(&count);
}

enum cs_err scm_pull_results(struct app *app, struct client *client, const struct scm_pull_options *choices)
{
    struct result_pull_options options = {
        .client = client,
        .store = app->store,
        .task = choices->task,
        .accept_empty = choices->accept_empty,
        .done = print_task,
        .progress = on_terminal() ? show_rows : NULL,
    };
    return result_pull(&options, &app->diag);
}
