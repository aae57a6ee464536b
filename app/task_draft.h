// SPDX-License-Identifier: Apache-2.0
/* A local task as one of SCM's: what is to be scanned as CIDRs and port numbers, the schedule in SCM's words,
 * and what of it SCM cannot express. */
#ifndef APP_TASK_DRAFT_H
#define APP_TASK_DRAFT_H

#include "app/task_spec.h"
#include "scm/task_push.h"

/* `live_only`: single addresses, each with the ports at which a certificate was met. Of a task that cannot be
 * sent `draft->refusal` says why. `draft` is zeroed first and belongs to the caller, also after an error. */
CS_MUST_USE enum cs_err task_draft_make(struct app *app, const struct task_row *row, bool live_only,
                                        int64_t now_s, struct task_draft *draft);

#endif
