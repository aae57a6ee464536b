// SPDX-License-Identifier: Apache-2.0
#ifndef APP_FILE_TEXT_H
#define APP_FILE_TEXT_H

#include "base/buf.h"
#include "base/diag.h"

/* The whole of a file, "-" being stdin, up to `max` bytes. `out` is the caller's, also after an error.
 * CS_E_INVALID: cannot be read, or is longer. */
CS_MUST_USE enum cs_err file_text_read(struct buf *out, const char *path, size_t max, struct diag *diag);

#endif
