// SPDX-License-Identifier: Apache-2.0
/* SCM's network discovery tasks, their runs and what these found, as its API sends them. Pure; what is
 * missing or of another type is not known. */
#ifndef SCM_TASK_REPLY_H
#define SCM_TASK_REPLY_H

#include "base/buf.h"
#include "db/discovered.h"
#include "scm/reply.h"

struct run_reply {
    char id[128];
    int64_t created_s;
    bool completed;
};
/* CS_E_MALFORMED: no object with an id. */
CS_MUST_USE enum cs_err reply_run(struct run_reply *out, const struct json_value *object);

struct result_reply {
    struct discovered_row row; /* points into what follows */
    char host[REPLY_TEXT];
    char hash[129];
    char serial[264];
};
/* CS_E_NOT_FOUND: it has no usable address and port (it was found in a directory, say); CS_E_MALFORMED: no
 * object. */
CS_MUST_USE enum cs_err reply_result(struct result_reply *out, const struct json_value *object);

#define TASK_RANGES   4096 /* of one task */
#define TASK_NOT_TOLD (-1)

struct task_range { /* owned, "" = not told */
    char *address;
    char *ports;
};

struct task_reply { /* numbers: TASK_NOT_TOLD where there is none within what is allowed */
    int64_t id;
    char name[REPLY_TEXT];
    char agent[REPLY_TEXT];
    struct task_range *ranges; /* owned */
    size_t range_count;
    char frequency[32];
    char time_zone[REPLY_TEXT];
    int hours;
    int minutes;
    int month; /* from 1 */
    int day_of_month;
    int day_of_week; /* 1 = Monday */
    int year;
};
/* Dispose also after an error. CS_E_MALFORMED: no object with a name; CS_E_LIMIT: more ranges than
 * TASK_RANGES; CS_E_NOMEM. */
CS_MUST_USE enum cs_err reply_task(struct task_reply *out, int64_t id, const struct json_value *object);
/* One more; CS_E_LIMIT beyond TASK_RANGES. */
CS_MUST_USE enum cs_err task_reply_add(struct task_reply *task, const char *address, const char *ports);
void task_reply_dispose(struct task_reply *task); /* idempotent */

#endif
