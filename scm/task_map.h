// SPDX-License-Identifier: Apache-2.0
/* A network discovery task of SCM's in the words of a local task. Pure. */
#ifndef SCM_TASK_MAP_H
#define SCM_TASK_MAP_H

#include "db/tasks.h"
#include "scm/task_reply.h"

#define TASK_ZONE_UNKNOWN INT32_MIN

/* The offset that "UTC-05:00" and "UTC+00:00 - GMT, UCT, UTC, WET, EGST" begin with, in minutes east.
 * TASK_ZONE_UNKNOWN: it begins otherwise. */
int32_t task_zone_minutes(const char *time_zone);
/* A zone of the IANA's that is always so many minutes east of UTC. NULL: there is none. */
const char *task_zone_name(int32_t minutes);

/* Name, ranges, ports and schedule of `task`; the row is disabled. Where its schedule cannot be said here it
 * becomes manual, and `note` (may be NULL) says why. CS_E_INVALID: it cannot be a task here, with the reason.
 * `out` is zeroed first; task_row_dispose also after an error. */
CS_MUST_USE enum cs_err task_from_reply(struct task_row *out, const struct task_reply *task, struct buf *note,
                                        struct diag *diag);

/* SCM's word for one of ours ("weekly"). NULL: there is none. */
const char *task_frequency_there(const char *frequency);
/* "UTC-05:00" */
void task_zone_there(char out[16], int32_t minutes);

/* The body that makes or replaces `task`. Days that its frequency does not take, or that were not told, are
 * sent as the first: which ones SCM wants is UNCONFIRMED. */
void task_body(struct buf *out, const struct task_reply *task, const char *bucket);
/* What `task` says, line by line, as SCM would: equal texts are equal tasks. */
void task_lines(struct buf *out, const struct task_reply *task);

/* Ranges, ports and schedule as one text, to be compared. */
void task_content(struct buf *out, const struct task_row *row);

#endif
