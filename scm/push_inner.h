// SPDX-License-Identifier: Apache-2.0
/* What the files of the push share; for .c files of scm/ only. */
#ifndef SCM_PUSH_INNER_H
#define SCM_PUSH_INNER_H

#include "scm/push.h"
#include "scm/push_reply.h"

struct pushing {
    const struct push_options *options;
    struct push_row push;
    char comment[PUSH_COMMENT_SIZE];
    int refusals;  /* of single certificates in a row */
    int64_t total; /* what is to be done in all, for the progress line */
};

int64_t push_now_s(const struct pushing *pushing);

/* SCM has answered, and not what was asked for is wrong but only this one. Not: who we are, another time, no
 * such address. */
bool push_is_refusal(const struct client *client, enum cs_err err);
/* SCM has said that it does not have that. */
bool push_is_gone(const struct client *client, enum cs_err err);
/* It may have been done or not: no answer, or one of a server that is out of order. */
bool push_is_open(const struct client *client, enum cs_err err);

/* Puts what an answer came to into the log. */
CS_MUST_USE enum cs_err push_explain(const struct pushing *pushing, const char *text, struct diag *diag);

CS_MUST_USE enum cs_err push_import(struct pushing *pushing, struct diag *diag);
/* Done items of which nobody knows who made them: their comment tells. */
CS_MUST_USE enum cs_err push_settle(struct pushing *pushing, struct diag *diag);
/* Is the certificate `id` one that this push made? */
CS_MUST_USE enum cs_err push_ask_creator(struct pushing *pushing, int64_t id, enum push_creator *creator,
                                         struct diag *diag);
CS_MUST_USE enum cs_err push_locations(struct pushing *pushing, struct diag *diag);

#endif
