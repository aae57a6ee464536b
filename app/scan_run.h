// SPDX-License-Identifier: Apache-2.0
/* Runs one scan from start to end in the calling thread: takes batches, feeds the pipeline, renews the lease,
 * looks for new exclusions and stop requests, shows progress, obeys signals. */
#ifndef APP_SCAN_RUN_H
#define APP_SCAN_RUN_H

#include "app/name_stage.h"
#include "app/pipeline.h"
#include "base/diag.h"
#include "db/pseudo_services.h"
#include "scanner/scanner.h"

enum scan_end {
    SCAN_END_DONE,
    SCAN_END_INTERRUPTED, /* by a signal or a closed output; resumable when stored */
    SCAN_END_STOPPED,     /* by `scan stop` */
};

struct scan_control { /* from outside; all zero: nothing but the scan itself ends or holds it */
    const volatile sig_atomic_t *interrupts; /* how often to end; the second time at once. NULL = never */
    /* May it send at this time? While not, nothing new is begun. NULL = always. */
    bool (*may_send)(const void *context, int64_t now_s);
    const void *context;
    struct budget *budget; /* that it shares with other scans; NULL = none */
    bool quiet;            /* nothing on stdout, no advice: somebody else tells of it */
};

struct scan_run {          /* everything is borrowed for the run */
    struct scan_plan plan; /* its `excluded` is filled by the run */
    struct pipeline_options pipeline;
    struct store *exclusion_store; /* where standing exclusions are looked up; NULL = nowhere */
    const char *dns_server;        /* for names among them; NULL = the system's */
    const char *lease_holder;      /* unique to this process */
    struct name_options names;     /* max_names 0 = no names stage; its `stop` is filled by the run */
    struct scan_control control;
    bool is_resumed;
    bool show_progress;
    bool progress_on_terminal; /* one line rewritten, else a line every 10 s */
};

struct scan_result {
    enum scan_end end;
    struct pipeline_totals totals; /* rule_hits is owned: scan_result_dispose */
    struct scan_progress progress; /* the last one, with what all stages counted */
    struct pseudo_counts pseudo;   /* of the network, after a stored scan that is done */
    struct buf names;              /* lines about the names stage; owned, as rule_hits */
    uint64_t elapsed_ms;
};

/* On error (store full, scanner cannot start ...) what had been committed stays, and the scan can be resumed.
 */
CS_MUST_USE enum cs_err scan_run(struct scan_run *run, struct scan_result *result, struct diag *diag);
void scan_result_dispose(struct scan_result *result);

#endif
