// SPDX-License-Identifier: Apache-2.0
/* What the filters of SCM's assignment rules (filterType, matchType, value) mean in the rule language, and
 * back: one table of fields and one of operators. What has no equivalent is refused, never half translated.
 * Pure. UNCONFIRMED by SCM's documentation: whether it compares case-insensitively, its kind of regular
 * expressions, and how it writes issuers, key usages and extended key usages. */
#ifndef RULES_SCM_FILTER_H
#define RULES_SCM_FILTER_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "model/expr.h"

#define SCM_FILTER_VALUE 128 /* characters, at most */
#define SCM_FILTERS_MAX  64  /* of one rule, here */

struct scm_filter {
    const char *type;
    const char *match;
    const char *value;
};

/* Appends one test, with "and" before it where `out` is not empty. CS_E_INVALID: `why` says what has no
 * equivalent. */
CS_MUST_USE enum cs_err scm_filter_to_text(struct buf *out, const struct scm_filter *filter,
                                           struct diag *why);

struct scm_filter_made {
    const char *type; /* static */
    const char *match;
    char value[4 * SCM_FILTER_VALUE + 1];
};
struct scm_filters { /* plain data */
    struct scm_filter_made items[SCM_FILTERS_MAX];
    size_t count;
};

/* An expression as filters, all of which must hold. CS_E_INVALID: `why` says which part SCM cannot express.
 */
CS_MUST_USE enum cs_err scm_filters_from_expr(struct scm_filters *out, const struct expr *expr,
                                              struct diag *why);

/* Do two expressions of the language ask the same, but for spelling and the order of what `and` joins? Those
 * that do not parse are compared as text. */
bool scm_match_same(const char *a, const char *b);

#endif
