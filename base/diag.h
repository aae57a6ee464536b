// SPDX-License-Identifier: Apache-2.0
/* What to tell a person about an error: one sentence with place and reason, no trailing newline, no secret.
 * Text taken from input must be escaped by the caller (text_printable) before it gets here. */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include "base/err.h"

struct diag {
    char text[512]; /* NUL-terminated, cut when longer */
};

/* `diag` may be NULL: then nothing is kept. */
void diag_set(struct diag *diag, const char *format, ...) CS_PRINTF(2, 3);

/* Puts `prefix: ` before what is there, e.g. the file and line of a bad target. */
void diag_prefix(struct diag *diag, const char *format, ...) CS_PRINTF(2, 3);

/* return diag_fail(diag, CS_E_INVALID, "port %d is not between 1 and 65535", port); */
#define diag_fail(diag, err, ...) (diag_set((diag), __VA_ARGS__), (enum cs_err)(err))

#endif
