// SPDX-License-Identifier: Apache-2.0
/* SCM's assignment rules and certificate buckets as its API sends them. Pure; text comes out as valid UTF-8,
 * and what is missing or of another type is not known. */
#ifndef SCM_RULE_REPLY_H
#define SCM_RULE_REPLY_H

#include "base/diag.h"
#include "rules/scm_filter.h"
#include "scm/reply.h"

struct rule_reply { /* dispose after use, also after an error */
    int64_t id;
    int64_t organization_id; /* organization or department; 0 = not told */
    char name[REPLY_TEXT];
    char cert_type[32]; /* "SSL" where it is not told */
    char *filters;      /* one a line, in SCM's words: COMMON_NAME ENDS_WITH "example.org" */
    char *match;        /* the same in the rule language; NULL: there is no equivalent */
    struct diag reason; /* why not */
};
/* `id` is the one that was asked for: the answer has none. CS_E_MALFORMED: no object with a name. */
CS_MUST_USE enum cs_err reply_rule(struct rule_reply *out, int64_t id, const struct json_value *object);
void rule_reply_dispose(struct rule_reply *rule);
bool rule_reply_is_ssl(const struct rule_reply *rule);

/* Appends the line that stands for one filter in `filters`. */
void rule_filter_append(struct buf *out, const char *type, const char *match, const char *value);

#define BUCKET_ID    64
#define BUCKET_RULES 10000

enum told { TOLD_NOTHING, TOLD_NO, TOLD_YES };

struct bucket_reply {   /* dispose after use, also after an error */
    char id[BUCKET_ID]; /* a UUID */
    char name[REPLY_TEXT];
    int64_t *rules; /* owned; ids in order, each once */
    size_t rule_count;
    enum told authentication; /* is the Discovery Import API open to it? */
};
/* A row of the list (which has no rules) or the details. CS_E_MALFORMED: no object with id and name, or rules
 * that are no ids; CS_E_LIMIT: more than BUCKET_RULES. */
CS_MUST_USE enum cs_err reply_bucket(struct bucket_reply *out, const struct json_value *object);
void bucket_reply_dispose(struct bucket_reply *bucket);

#endif
