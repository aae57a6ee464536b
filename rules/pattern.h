// SPDX-License-Identifier: Apache-2.0
/* A regular expression (PCRE2): case-insensitive, UTF, anchored nowhere, with limits on the work it may do.
 * Subjects are hostile: bytes that are no UTF-8 match nothing, and no subject costs more than some
 * milliseconds. */
#ifndef RULES_PATTERN_H
#define RULES_PATTERN_H

#include <stdbool.h>

#include "base/err.h"

struct pattern;

#define PATTERN_REASON_SIZE 160

/* CS_E_INVALID: `reason` says what is wrong with the expression. */
CS_MUST_USE enum cs_err pattern_compile(struct pattern **out, const char *text,
                                        char reason[PATTERN_REASON_SIZE]);
void pattern_free(struct pattern *pattern);

/* *limited: it ran into a limit, and so counts as no match. */
bool pattern_matches(struct pattern *pattern, const char *subject, bool *limited);

#endif
