// SPDX-License-Identifier: Apache-2.0
/* Inside of scan_run, shared by its two files: the scan under way, and what is looked after beside its
 * batches (scan_chores.c). */
#ifndef APP_SCAN_SESSION_H
#define APP_SCAN_SESSION_H

#include "app/batch_queue.h"
#include "app/progress.h"
#include "app/scan_run.h"

#define SCAN_OUTSIDE_HOURS "certscour: outside the allowed hours: waiting for them\n"

struct session {
    struct scan_run *run;
    struct scanner *scanner;
    struct pipeline *pipeline;
    struct name_stage *names;  /* NULL = no names stage */
    struct batch_queue held;   /* batches that wait for host names */
    struct target_set *round;  /* follow-ups under way; NULL in the first stage */
    struct permutation order;  /* of them */
    uint64_t first_target;     /* index of the first of them */
    struct scan_progress past; /* counted by the scanners before this one */
    struct progress progress;
    struct buf line;
    int signals_obeyed;
    bool stopping;  /* something asked for an early end */
    bool held_back; /* not the time to send */
    enum scan_end end;
    int64_t data_version;
    uint64_t next_chore_ms;
    uint64_t next_lease_ms;
    uint64_t next_line_ms;
};

/* Whatever is due: signals at once; once a second exclusions, stop requests, allowed hours, lease and
 * progress. */
void scan_do_chores(struct session *session);

/* Finishes what is under way; the first time only. `message` goes to stderr. */
void scan_stop_early(struct session *session, enum scan_end end, const char *message);
int scan_interrupts(const struct session *session);
bool scan_may_send_now(const struct session *session);
uint64_t scan_clock_ms(void); /* monotonic */

/* Takes the line of progress off the terminal, so that something else can be said. */
void scan_clear_progress(const struct session *session);
void scan_warn(const struct session *session, const char *what, const struct diag *diag);

#endif
