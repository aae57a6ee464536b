// SPDX-License-Identifier: Apache-2.0
/* What goes wrong on request: {"kind": K, "path": prefix, "after": N, "times": N, ...}, see README.md. */
#ifndef SCM_SIMULATOR_FAULT_H
#define SCM_SIMULATOR_FAULT_H

#include "answer.h"

enum fault_kind {
    FAULT_STATUS,
    FAULT_HTML,
    FAULT_WRONG_TYPE,
    FAULT_TRUNCATED,
    FAULT_BIG,
    FAULT_SLOW,
    FAULT_MISSING,
    FAULT_NULL,
    FAULT_DUPLICATES,
    FAULT_EMPTY,
    FAULT_EXPIRE_TOKENS,
    FAULT_DROP,
    FAULT_REFUSE,
    FAULT_REFUSE_BATCH,
    FAULT_ROWS_MISSING,
    FAULT_ROWS_EXTRA,
    FAULT_REVERSED,
    FAULT_HEADERLESS,
    FAULT_COUNT
};

/* Replaces the faults by those of a JSON array. False: not an array of objects with a known kind. */
bool fault_set(struct world *world, const char *json);
/* The fault of this kind that is due now, or NULL. */
const cJSON *fault_due(struct world *world, enum fault_kind kind, const struct question *question);
/* Faults that come before the question is understood (a status, a page of HTML). True: `answer` is whole. */
bool fault_before(struct world *world, const struct question *question, struct answer *answer);
/* Faults in an answer that is otherwise right. */
void fault_after(struct world *world, const struct question *question, struct answer *answer);
/* While paging, rows have been inserted in front: a page begins this many rows earlier than asked. */
int fault_shift(struct world *world, const struct question *question);

#endif
