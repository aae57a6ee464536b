// SPDX-License-Identifier: Apache-2.0
/* SCM's network discovery tasks, their runs and what these found, as its API sends them. Pure; what is
 * missing or of another type is not known. */
#ifndef SCM_TASK_REPLY_H
#define SCM_TASK_REPLY_H

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

#endif
