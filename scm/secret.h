// SPDX-License-Identifier: Apache-2.0
/* A password or client secret: read from a file that others cannot read, kept in one piece of memory, wiped
 * before that is given back. No message ever holds one. */
#ifndef SCM_SECRET_H
#define SCM_SECRET_H

#include <stddef.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"

#define SECRET_MAX 4096 /* bytes */

struct secret { /* zero-initialised is none */
    char *text; /* owned; NUL-terminated; NULL = none */
    size_t len;
};

/* Reads a file of at most SECRET_MAX bytes; one line end behind the secret is left out. CS_E_INVALID: no
 * regular file, readable by everybody or writable by more than its owner, empty, or with control characters
 * (which no header can carry). `diag` names the file, never what is in it. */
CS_MUST_USE enum cs_err secret_read(struct secret *out, const char *path, struct diag *diag);

/* Where a secret is: `path` where it is set, else the systemd credential `name` in `credentials`
 * ($CREDENTIALS_DIRECTORY). CS_E_NOT_FOUND where neither is set. */
CS_MUST_USE enum cs_err secret_find(struct buf *out, const char *path, const char *name,
                                    const char *credentials);

void secret_wipe(struct secret *secret); /* wipes and frees; idempotent */

/* Wipes bytes in a way the compiler cannot leave out. */
void secret_wipe_bytes(void *bytes, size_t len);
void secret_wipe_buf(struct buf *buf); /* and frees */

/* Puts stars over the secret wherever it is in `text`: for what a peer said. */
void secret_hide(const struct secret *secret, char *text);

#endif
