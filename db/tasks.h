// SPDX-License-Identifier: Apache-2.0
/* Tasks: what to scan, how and when, under a name. All of it is text as it was given and checked by the
 * caller; what the words of a schedule mean is the business of schedule/, what scan options mean that of
 * app/. */
#ifndef DB_TASKS_H
#define DB_TASKS_H

#include "base/text_list.h"
#include "db/store.h"

struct task_row { /* zero-initialise; owned: task_row_dispose */
    int64_t id;
    char *name;                /* unique, case-insensitively */
    char *network;             /* NULL counts as "" */
    struct text_list ranges;   /* TARGETs of `certscour scan` */
    struct text_list excludes; /* as -x takes them */
    char *ports;               /* as -p takes them; NULL = the default */
    struct text_list options;  /* every other scan option, "--rate=200" */
    struct text_list rules;    /* names of assignment rules; none = all of them */
    char *frequency;           /* "manual", "once", "daily", ... */
    char *at;                  /* "02:30"; NULL = its default, as below */
    char *on;                  /* "mon", "15", "03-15", "2027-03-01" */
    char *timezone;            /* "Europe/Athens"; NULL = the host's */
    char *window;              /* "22:00-06:00"; NULL = always */
    bool known_only;           /* only where something answered before */
    bool enabled;              /* a disabled one runs by hand alone */
    int64_t external_id;       /* of the same task in a certificate manager; 0 = none */
    int64_t created_at_s;
    int64_t changed_at_s;
    int64_t
        scheduled_at_s; /* the schedule is satisfied up to here: the next run is the first time after it */
};
void task_row_dispose(struct task_row *row); /* idempotent */

typedef enum cs_err (*task_each)(void *context, const struct task_row *row);

/* created, changed and scheduled times become `now_s`; ids of the row are not looked at, except external
 * ones. CS_E_EXISTS. */
CS_MUST_USE enum cs_err tasks_add(struct store *store, const struct task_row *row, int64_t now_s, int64_t *id,
                                  struct diag *diag);
/* The same in the caller's transaction. */
CS_MUST_USE enum cs_err tasks_add_within(struct store *store, const struct task_row *row, int64_t now_s,
                                         int64_t *id, struct diag *diag);
/* The row of this id gets all of `row` but its times and external ids; CS_E_NOT_FOUND, CS_E_EXISTS (the
 * name). `restart`: its schedule counts from now on, so that nothing that lies behind is caught up. */
CS_MUST_USE enum cs_err tasks_edit(struct store *store, const struct task_row *row, bool restart,
                                   int64_t now_s, struct diag *diag);
CS_MUST_USE enum cs_err tasks_edit_within(struct store *store, const struct task_row *row, bool restart,
                                          int64_t now_s, struct diag *diag);
/* CS_E_BUSY while it runs. Its scans stay, with its name. */
CS_MUST_USE enum cs_err tasks_remove(struct store *store, const char *name, int64_t now_s, struct diag *diag);
/* Enabling lets the schedule count from now on. */
CS_MUST_USE enum cs_err tasks_enable(struct store *store, const char *name, bool enabled, int64_t now_s,
                                     struct diag *diag);
/* `out` is zeroed first and belongs to the caller, also after an error. CS_E_NOT_FOUND. */
CS_MUST_USE enum cs_err tasks_get(struct store *store, const char *name, struct task_row *out,
                                  struct diag *diag);
/* Sorted by name. */
CS_MUST_USE enum cs_err tasks_each(struct store *store, task_each each, void *context, struct diag *diag);

/* 0 = forget. */
CS_MUST_USE enum cs_err tasks_set_external(struct store *store, int64_t id, int64_t external_id,
                                           struct diag *diag);
/* The schedule is satisfied up to `at_s`; a `once` that has run stays satisfied. */
CS_MUST_USE enum cs_err tasks_set_scheduled(struct store *store, int64_t id, int64_t at_s, struct diag *diag);

#endif
