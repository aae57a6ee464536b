// SPDX-License-Identifier: Apache-2.0
/* certscour serve: once a second it looks which tasks are due and starts them, two at once at most, each in a
 * thread with a connection of its own to the store; all of them share one budget of rate and places. */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/commands.h"
#include "app/interrupts.h"
#include "app/service_notify.h"
#include "app/task_run.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "db/scans.h"

#define RETRY_S 60 /* after a run that could not begin */

static volatile sig_atomic_t reload_asked;

struct worker {
    struct serving *serving;
    pthread_t thread;
    bool used;
    atomic_bool ended;
    char *task; /* owned */
    int64_t task_id;
    int64_t resume_scan;
    int status;
};

struct serving {
    struct app *app;
    const volatile sig_atomic_t *interrupts;
    struct budget *budget;
    struct worker workers[BUDGET_SCANS];
    struct {
        int64_t task_id;
        int64_t until_s;
    } failed[16]; /* tasks that are left alone for a while */
    size_t next_failed;
    bool reload;
    bool once;
    int64_t now_s;
    int64_t next_due_s; /* of all tasks; 0 = none */
    char next_task[128];
    char status[200]; /* as told last */
    int exit_status;
};

static void on_reload(int number)
{
    (void)number;
    reload_asked = 1;
}

/* ---- one run, in its thread ---- */

static void *work(void *data)
{
    struct worker *worker = data;
    struct app app = {.common = worker->serving->app->common};
    struct task_row row = {0};
    struct task_run run = {.row = &row,
                           .control = {.interrupts = worker->serving->interrupts,
                                       .budget = worker->serving->budget,
                                       .quiet = true},
                           .resume_scan = worker->resume_scan,
                           .progress = "never"};
    enum cs_err err = config_read(&app.config, app.common.config, &app.diag);
    if (err == CS_OK)
        err = app_open_store(&app, STORE_WRITE);
    if (err == CS_OK)
        err = tasks_get(app.store, worker->task, &row, &app.diag);
    worker->status = err == CS_OK ? task_run(&app, &run) : app_status(&app, err);
    task_row_dispose(&row);
    app_dispose(&app);
    atomic_store(&worker->ended, true);
    return NULL;
}

static struct worker *free_worker(struct serving *serving)
{
    for (int i = 0; i < BUDGET_SCANS; i++) {
        if (!serving->workers[i].used)
            return &serving->workers[i];
    }
    return NULL;
}

static unsigned running(const struct serving *serving)
{
    unsigned count = 0;
    for (int i = 0; i < BUDGET_SCANS; i++)
        count += serving->workers[i].used;
    return count;
}

static void start(struct serving *serving, struct worker *worker, const struct task_row *row, int64_t scan_id)
{
    *worker = (struct worker){.serving = serving, .task_id = row->id, .resume_scan = scan_id};
    worker->task = text_copy(row->name);
    if (worker->task == NULL || pthread_create(&worker->thread, NULL, work, worker) != 0) {
        free(worker->task);
        app_note("task \"%.100s\" cannot be started: too little memory", row->name);
        return;
    }
    worker->used = true;
    if (scan_id != 0)
        app_note("task \"%.100s\": scan %" PRId64 " goes on", row->name, scan_id);
    else
        app_note("task \"%.100s\" begins", row->name);
}

static void leave_alone(struct serving *serving, int64_t task_id)
{
    size_t at = serving->next_failed++ % (sizeof serving->failed / sizeof serving->failed[0]);
    serving->failed[at].task_id = task_id;
    serving->failed[at].until_s = serving->now_s + RETRY_S;
}

static void reap(struct serving *serving)
{
    static const char *const words[] = {[EXIT_DONE] = "is done",
                                        [EXIT_FAILED] = "failed",
                                        [EXIT_USAGE] = "cannot be run as it is",
                                        [EXIT_RESUMABLE] = "was interrupted"};
    for (int i = 0; i < BUDGET_SCANS; i++) {
        struct worker *worker = &serving->workers[i];
        if (!worker->used || !atomic_load(&worker->ended))
            continue;
        pthread_join(worker->thread, NULL);
        app_note("task \"%.100s\" %s", worker->task, words[worker->status]);
        if (worker->status == EXIT_FAILED || worker->status == EXIT_USAGE) {
            leave_alone(serving, worker->task_id);
            serving->exit_status = EXIT_FAILED;
        }
        free(worker->task);
        worker->used = false;
    }
}

/* ---- what is due ---- */

static bool is_busy(const struct serving *serving, int64_t task_id)
{
    for (int i = 0; i < BUDGET_SCANS; i++) {
        if (serving->workers[i].used && serving->workers[i].task_id == task_id)
            return true;
    }
    for (size_t i = 0; i < sizeof serving->failed / sizeof serving->failed[0]; i++) {
        if (serving->failed[i].task_id == task_id && serving->failed[i].until_s > serving->now_s)
            return true;
    }
    return false;
}

static enum cs_err start_if_due(struct serving *serving, const struct task_row *row,
                                const struct task_clock *clock)
{
    struct app *app = serving->app;
    int64_t due_s = 0;
    int64_t scan_id = 0;
    bool has_next = task_next_run(row, clock, &due_s);
    if (has_next && due_s > serving->now_s && (serving->next_due_s == 0 || due_s < serving->next_due_s)) {
        serving->next_due_s = due_s;
        text_printable(serving->next_task, sizeof serving->next_task, row->name);
    }
    if (!row->enabled || clock->schedule.frequency == FREQUENCY_MANUAL || is_busy(serving, row->id) ||
        !schedule_is_open(&clock->schedule, clock->zone, serving->now_s))
        return CS_OK;
    struct worker *worker = free_worker(serving);
    if (worker == NULL)
        return CS_OK;
    enum cs_err err = task_unfinished(app, row, &scan_id);
    bool is_due = has_next && due_s <= serving->now_s;
    if (err != CS_OK || (scan_id == 0 && !is_due))
        return err;
    if (is_due) /* also while an earlier scan goes on: the missed run is that one */
        err = tasks_set_scheduled(app->store, row->id, serving->now_s, &app->diag);
    if (err == CS_OK)
        start(serving, worker, row, scan_id);
    return err;
}

static enum cs_err look_at_task(void *context, const struct task_row *row)
{
    struct serving *serving = context;
    struct task_clock clock;
    struct diag diag = {0};
    enum cs_err err = task_clock_load(&clock, row, &diag);
    if (err == CS_OK)
        err = start_if_due(serving, row, &clock);
    else if (!is_busy(serving, row->id)) { /* a zone that is gone: the others run all the same */
        app_note("task \"%.100s\": %s", row->name, diag.text);
        leave_alone(serving, row->id);
        err = CS_OK;
    }
    task_clock_dispose(&clock);
    return err;
}

/* ---- the service ---- */

static enum cs_err make_budget(struct serving *serving)
{
    struct scan_options options = SCAN_OPTIONS_DEFAULT;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    enum cs_err err = scan_options_defaults(serving->app, &options);
    if (err != CS_OK)
        return err;
    budget_free(serving->budget);
    err = budget_new(&serving->budget, options.limits.rate_per_s, options.limits.per_host,
                     options.limits.per_prefix, (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec);
    return err == CS_OK ? CS_OK : diag_fail(&serving->app->diag, err, "out of memory");
}

/* A configuration with a mistake changes nothing. Runs that begin from now on read it by themselves; the
 * budget is made anew when no scan uses it. */
static void reload(struct serving *serving)
{
    struct app *app = serving->app;
    struct config config = {0};
    if (reload_asked) {
        reload_asked = 0;
        service_notify("RELOADING=1\n");
        if (config_read(&config, app->common.config, &app->diag) != CS_OK) {
            app_note("the configuration is kept as it was: %s", app->diag.text);
            config_dispose(&config);
        } else {
            config_dispose(&app->config);
            app->config = config;
            serving->reload = true;
            app_note("the configuration was read again");
        }
        service_notify("READY=1\n");
    }
    if (!serving->reload || running(serving) > 0)
        return;
    serving->reload = false;
    if (make_budget(serving) != CS_OK)
        app_note("the limits are kept as they were: %s", app->diag.text);
}

static void tell_status(struct serving *serving)
{
    char status[sizeof serving->status];
    char time[TIMEFMT_SIZE];
    unsigned count = running(serving);
    if (count > 0)
        snprintf(status, sizeof status, "STATUS=%u of %d scans running\n", count, BUDGET_SCANS);
    else if (serving->next_due_s != 0)
        snprintf(status, sizeof status, "STATUS=idle; next: %s at %s\n", serving->next_task,
                 timefmt_rfc3339(time, serving->next_due_s));
    else
        snprintf(status, sizeof status, "STATUS=idle; no task has a schedule\n");
    if (strcmp(status, serving->status) != 0)
        service_notify(status);
    memcpy(serving->status, status, sizeof status);
    service_notify("WATCHDOG=1\n");
}

static void wait_shortly(void)
{
    const struct timespec moment = {.tv_nsec = 500 * 1000 * 1000};
    nanosleep(&moment, NULL);
}

static enum cs_err serve_until_told(struct serving *serving)
{
    enum cs_err err = CS_OK;
    while (*serving->interrupts == 0 && err == CS_OK) {
        struct app *app = serving->app;
        serving->now_s = app_now_s();
        serving->next_due_s = 0;
        reap(serving);
        reload(serving);
        err = serving->reload ? CS_OK : tasks_each(app->store, look_at_task, serving, &app->diag);
        if (err == CS_E_BUSY) { /* somebody writes for long */
            app_note("%s; trying again", app->diag.text);
            err = CS_OK;
        }
        tell_status(serving);
        if (serving->once && running(serving) == 0)
            break;
        wait_shortly();
    }
    return err;
}

/* Scans that run end in order and go on at the next start. */
static void drain(struct serving *serving)
{
    service_notify("STOPPING=1\nSTATUS=finishing what is under way\n");
    while (running(serving) > 0) {
        reap(serving);
        service_notify("WATCHDOG=1\n");
        wait_shortly();
    }
}

struct serve_options {
    bool once;
};

static const struct command_option serve_option_table[] = {
    {.name = "once",
     .kind = OPTION_FLAG,
     .help = "run what is due, then end: for cron and timers",
     .offset = offsetof(struct serve_options, once)},
    {.name = NULL},
};

static int serve(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct serve_options options = {0};
    struct sigaction action = {.sa_handler = on_reload};
    static struct serving serving; /* what threads point to outlives everything */
    if (!app_begin(app, command, argc, argv, serve_option_table, &options, false, NULL, 0, 0, &status))
        return status;
    serving = (struct serving){.app = app, .once = options.once, .interrupts = interrupts_catch()};
    sigemptyset(&action.sa_mask);
    sigaction(SIGHUP, &action, NULL);
    enum cs_err err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = make_budget(&serving);
    if (err == CS_OK) {
        service_notify("READY=1\n");
        err = serve_until_told(&serving);
        drain(&serving);
    }
    budget_free(serving.budget);
    if (err != CS_OK)
        return app_status(app, err);
    return serving.once ? serving.exit_status : EXIT_DONE;
}

const struct command serve_commands[] = {
    {"serve", NULL, "[--once]", "runs the tasks on their schedule, in the foreground", serve},
    {.name = NULL},
};
