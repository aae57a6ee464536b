// SPDX-License-Identifier: Apache-2.0
/* Bodies of the calls that push. Pure. A buffer's `err` tells of failures. */
#ifndef SCM_PUSH_WRITER_H
#define SCM_PUSH_WRITER_H

#include "base/buf.h"
#include "db/push.h"

/* The comment of what a push imports: by it, what this push made is told from what was there. */
#define PUSH_COMMENT_SIZE 96
char *push_comment(char out[PUSH_COMMENT_SIZE], const struct push_row *push);

/* POST /api/ssl/v2/import: an array in the order of `items`. */
void push_write_import(struct buf *out, const struct push_item *items, size_t count, const char *comment);
/* POST of a custom location. `source` is the comment of the push. */
void push_write_location(struct buf *out, const struct push_place *place, const char *source);

struct discovery_names { /* of the JSON, borrowed; NULL = api_names.c's */
    const char *list;    /* "" = the body is the array itself */
    const char *certificate;
    const char *location;
};
/* An operation of the Discovery Import API: its name, or its new status. */
void push_write_operation(struct buf *out, const char *name);
void push_write_operation_status(struct buf *out, const char *status);
/* Certificates under an operation, each once for each place where it is served. */
void push_begin_discovery(struct buf *out, const struct discovery_names *names);
void push_write_discovery(struct buf *out, const struct discovery_names *names, const struct push_item *item,
                          const struct push_place *place); /* NULL: no place is known */
void push_end_discovery(struct buf *out, const struct discovery_names *names);

void base64_append(struct buf *out, const uint8_t *bytes, size_t len); /* RFC 4648, 4, in one line */

#endif
