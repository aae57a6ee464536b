// SPDX-License-Identifier: Apache-2.0
/* What SCM answers to a push. Anything may be missing, null, too much or of another type. Pure. */
#ifndef SCM_PUSH_REPLY_H
#define SCM_PUSH_REPLY_H

#include "base/json.h"
#include "db/push.h"

#define PUSH_ERROR_SIZE 240

enum import_outcome {
    IMPORT_NOTHING, /* no row, or one that says nothing usable: to be asked again */
    IMPORT_CREATED,
    IMPORT_THERE,   /* it was there, or the row does not say who made it */
    IMPORT_REFUSED, /* with SCM's words */
};

struct import_result {
    enum import_outcome outcome;
    int64_t id;                  /* of IMPORT_CREATED and IMPORT_THERE */
    char error[PUSH_ERROR_SIZE]; /* of IMPORT_REFUSED; printable */
};

/* The answer to an import of `items`: one result for each of them, whatever came. Rows stand in the order of
 * the request where there are as many; a serial number that differs, and rows that are too few or too many,
 * are looked up by serial number where one item alone has it; one row for one item is its, whatever it says.
 * An id that comes twice counts for the first. */
void import_reply(struct import_result *results, const struct push_item *items, size_t count,
                  const struct json_value *root);

struct location_reply { /* what the list of a certificate's locations says of one place */
    bool found;
    bool ours;  /* its source is the one asked for */
    int64_t id; /* 0 = the row has none */
};
/* Is `place` in the list? One of `source` is preferred. */
struct location_reply location_find(const struct json_value *rows, const struct push_place *place,
                                    const char *source);

#endif
