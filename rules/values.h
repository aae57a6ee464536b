// SPDX-License-Identifier: Apache-2.0
/* Values of the rule language: text -> typed value, and back. */
#ifndef RULES_VALUES_H
#define RULES_VALUES_H

#include "base/buf.h"
#include "model/expr.h"

/* `op` is the operator it stands behind. CS_E_INVALID: `*reason` (static) says what is expected. Serial
 * numbers and hashes may be written with colons, upper case, 0x and leading zeros; not so in a regular
 * expression. */
CS_MUST_USE enum cs_err value_parse(struct expr_value *out, enum field field, enum expr_op op,
                                    const char *text, const char **reason);

/* Quoted where needed, so that it parses back to the same value. */
void value_format(struct buf *out, enum field field, const struct expr_value *value);

/* The field whose name is most like `word`; NULL if none is near. */
const char *value_nearest_field(const char *word);

#endif
