// SPDX-License-Identifier: Apache-2.0
/* A compiled expression: the tree and its regular expressions. Evaluation cannot fail: a pattern that runs
 * into its match or depth limit does not match (and matcher_limit_hits counts it). Not thread-safe: one
 * matcher, one thread. */
#ifndef RULES_MATCHER_H
#define RULES_MATCHER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "rules/parse.h"

struct matcher; /* opaque */

/* Errors as rules_parse; a bad regular expression is named with line and column too. */
CS_MUST_USE enum cs_err matcher_compile(struct matcher **out, const char *text, enum rules_scope scope,
                                        struct diag *diag);
void matcher_free(struct matcher *matcher);

bool matcher_holds(struct matcher *matcher, const struct facts *facts);
const struct expr *matcher_expr(const struct matcher *matcher); /* borrowed */
uint64_t matcher_limit_hits(const struct matcher *matcher);

/* Appends one line: why it does not hold (or that it does), with the tests that decided and the values they
 * saw, e.g. `common_name ends_with "mydomain.be" fails: it is "www.example.org"`. */
void matcher_explain(struct buf *out, struct matcher *matcher, const struct facts *facts);

#endif
