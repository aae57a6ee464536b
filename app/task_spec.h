// SPDX-License-Identifier: Apache-2.0
/* What a task says, between the command line, its row and a scan. Every option of `certscour scan` that
 * belongs to more than one run is an option of a task: there is one table of them. */
#ifndef APP_TASK_SPEC_H
#define APP_TASK_SPEC_H

#include "app/scan_options.h"
#include "db/tasks.h"
#include "schedule/schedule.h"

struct task_options {
    struct text_list ranges;
    struct text_list rules;
    struct text_list unset; /* of an edit */
    const char *rename;
    const char *frequency;
    const char *at;
    const char *on;
    const char *timezone;
    const char *window;
    bool known_only;
    struct scan_options scan;
};
#define TASK_OPTIONS_DEFAULT                                                                                 \
    {                                                                                                        \
        .scan = SCAN_OPTIONS_DEFAULT                                                                         \
    }
extern const struct command_option task_add_table[];
extern const struct command_option task_edit_table[];
void task_options_dispose(struct task_options *options);

/* Changes `row` as the given options say (`app` knows which were given), and takes away what `unset` names.
 */
CS_MUST_USE enum cs_err task_fill(struct app *app, const struct task_options *options, struct task_row *row);

/* Everything that can be found wrong without asking the network: options, ranges, files, rules (in the open
 * store), schedule, time zone. CS_E_INVALID, CS_E_NOT_FOUND (a rule). */
CS_MUST_USE enum cs_err task_check(struct app *app, const struct task_row *row);

/* The options of a scan of this task, on top of the configuration. They borrow from `row`. */
CS_MUST_USE enum cs_err task_scan_options(struct app *app, const struct task_row *row,
                                          struct scan_options *out);

struct task_clock { /* when a task runs; task_clock_dispose */
    struct schedule schedule;
    struct zone *zone;
};
CS_MUST_USE enum cs_err task_clock_load(struct task_clock *out, const struct task_row *row,
                                        struct diag *diag);
void task_clock_dispose(struct task_clock *clock);
/* When it runs next by itself, which may be past (then it is due); false: never. Its window counts. */
bool task_next_run(const struct task_row *row, const struct task_clock *clock, int64_t *out_s);

#endif
