// SPDX-License-Identifier: Apache-2.0
/* Reads JSON (RFC 8259) into a tree. Values are borrowed from the document; every accessor accepts NULL and
 * the wrong type and then answers "absent", so a caller checks once, where it matters. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/err.h"

struct json_value; /* opaque */

/* Parses exactly one value (white space around it is fine). `*out` is the root; json_free frees the whole
 * document. CS_E_MALFORMED with line and column in `diag`, also when nested deeper than 1000 levels. */
CS_MUST_USE enum cs_err json_parse(struct json_value **out, const char *text, size_t len, struct diag *diag);
void json_free(struct json_value *root);

const struct json_value *json_get(const struct json_value *object, const char *key); /* NULL if absent */
size_t json_array_len(const struct json_value *array);
const struct json_value *
json_array_first(const struct json_value *array); /* also the first member of an object */
const struct json_value *json_next(const struct json_value *item);
const char *json_name(const struct json_value *member);

bool json_is_object(const struct json_value *value);
bool json_is_array(const struct json_value *value);
bool json_is_null(const struct json_value *value); /* absent counts as null */

const char *json_to_string(const struct json_value *value); /* NULL unless a string */
bool json_to_int(const struct json_value *value,
                 int64_t *out); /* false unless a whole number within +-2^53 */
bool json_to_bool(const struct json_value *value, bool *out);

#endif
