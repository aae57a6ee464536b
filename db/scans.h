// SPDX-License-Identifier: Apache-2.0
/* Scans, their frozen plan, and the attempt log, which also is the resume state. */
#ifndef DB_SCANS_H
#define DB_SCANS_H

#include <stddef.h>

#include "db/store.h"
#include "model/outcome.h"

enum scan_state {                       /* stored */
                  SCAN_RUNNING = 0,     /* or killed: then nobody holds it */
                  SCAN_INTERRUPTED = 1, /* resumable */
                  SCAN_DONE = 2,
                  SCAN_STOPPED = 3, /* by `scan stop`; resumable too */
                  SCAN_FAILED = 4,  /* resumable too */
};
const char *scan_state_name(enum scan_state state);

/* What a scan row freezes. Text is owned by the caller on the way in, valid for the call on the way out. */
struct scan_row {
    int64_t id;
    enum scan_state state;
    const char *network;
    const char *targets; /* JSON of target_set_freeze */
    const char *rules;   /* JSON of ruleset_to_json */
    const char *options; /* JSON: what --resume must repeat (sni, source, lane, ...); the app's own shape */
    const char *summary; /* what was asked for, for people: "10.0.0.0/8 -p quick" */
    uint64_t seed;
    uint32_t shard_index; /* 0-based */
    uint32_t shard_count;
    uint64_t target_count;
    uint64_t low_water; /* every position below is finished */
    int64_t started_at_s;
    int64_t ended_at_s; /* 0 = not yet; last progress for interrupted ones */
    uint64_t outcomes[OUTCOME_COUNT];
    uint64_t attempt_count;
    int64_t task_id;       /* whose scan it is; 0 = nobody's, or the task is gone */
    const char *task_name; /* as it was then; NULL = nobody's */
    bool stop_requested;
};
typedef enum cs_err (*scan_each)(void *context, const struct scan_row *row);

CS_MUST_USE enum cs_err scans_create(struct store *store, const struct scan_row *row, int64_t *id,
                                     struct diag *diag);
/* The same, leased to `holder` at once; where another scan of its task is leased (CS_E_BUSY) there is no new
 * row. */
CS_MUST_USE enum cs_err scans_begin(struct store *store, const struct scan_row *row, const char *holder,
                                    int64_t *id, struct diag *diag);
/* Newest first. `targets`, `rules`, `options` are NULL here. */
CS_MUST_USE enum cs_err scans_each(struct store *store, scan_each each, void *context, struct diag *diag);
/* The same, of one task. */
CS_MUST_USE enum cs_err scans_of_task(struct store *store, int64_t task_id, scan_each each, void *context,
                                      struct diag *diag);
/* One whole row. id 0 = the newest resumable one. CS_E_NOT_FOUND. */
CS_MUST_USE enum cs_err scans_get(struct store *store, int64_t id, scan_each use, void *context,
                                  struct diag *diag);
/* A running scan is leased by a process (owner: any unique text) that renews it; CS_E_BUSY while another's
 * lease is younger than SCAN_LEASE_S, on this scan or on another of the same task: a task never overlaps
 * itself. Also sets the state to SCAN_RUNNING. */
#define SCAN_LEASE_S 30
CS_MUST_USE enum cs_err scans_lease(struct store *store, int64_t id, const char *holder, int64_t now_s,
                                    struct diag *diag);
CS_MUST_USE enum cs_err scans_finish(struct store *store, int64_t id, enum scan_state state, int64_t now_s,
                                     struct diag *diag);
CS_MUST_USE enum cs_err scans_request_stop(struct store *store, int64_t id, struct diag *diag);
/* The same of one that runs; one that is interrupted becomes stopped at once. */
CS_MUST_USE enum cs_err scans_give_up(struct store *store, int64_t id, int64_t now_s, struct diag *diag);
CS_MUST_USE enum cs_err scans_stop_requested(struct store *store, int64_t id, bool *requested,
                                             struct diag *diag);

/* The attempt log: packed chunks of (position, outcome, second). Inside the caller's transaction. */
struct attempt_entry {
    uint64_t position;
    uint8_t outcome;
    int64_t ended_at_s;
};
CS_MUST_USE enum cs_err attempts_append(struct store *store, int64_t scan_id,
                                        const struct attempt_entry *entries, size_t count, uint64_t low_water,
                                        struct diag *diag);
typedef enum cs_err (*attempt_each)(void *context, const struct attempt_entry *entry);
/* Entries with position >= `from`; chunks wholly below it are not read. */
CS_MUST_USE enum cs_err attempts_each(struct store *store, int64_t scan_id, uint64_t from, attempt_each each,
                                      void *context, struct diag *diag);

#endif
