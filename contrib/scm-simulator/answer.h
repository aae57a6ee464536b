// SPDX-License-Identifier: Apache-2.0
/* One question and what is answered to it, before it becomes bytes of HTTP. */
#ifndef SCM_SIMULATOR_ANSWER_H
#define SCM_SIMULATOR_ANSWER_H

#include <cjson/cJSON.h>
#include <microhttpd.h>

#include "base/buf.h"
#include "world.h"

struct question {
    struct MHD_Connection *connection;
    const char *method;
    const char *path; /* without query, and without /private */
    const char *query;
    struct buf body;
    const cJSON *admin; /* who asks; NULL before auth.c has answered that */
    bool by_token;
    bool is_private;       /* came by /private */
    const char *auth_word; /* for the log: "password", "certificate", "token", "none" */
};

struct answer {
    int status;
    cJSON *json;        /* owned; NULL: `text` is sent */
    struct buf text;    /* what goes out, once written */
    const char *type;   /* content type; NULL = application/json;charset=utf-8 */
    long total;         /* X-Total-Count; -1 = none */
    int retry_after_s;  /* Retry-After; -1 = none */
    double delay_s;     /* before anything is sent */
    bool cut;           /* send half of the JSON */
    bool drop;          /* send nothing, and close the connection */
    char location[300]; /* path of what was made; "" = none */
};

const char *question_argument(const struct question *question, const char *name); /* NULL = not given */
const char *question_header(const struct question *question, const char *name);

/* The error body of SCM. */
void answer_error(struct answer *answer, int status, int code, const char *description);

void answer_dispose(struct answer *answer);

/* Sends it over the connection and frees what the answer holds. */
enum MHD_Result answer_send(struct answer *answer, const struct question *question);

#endif
