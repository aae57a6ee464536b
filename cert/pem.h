// SPDX-License-Identifier: Apache-2.0
/* Certificates in PEM text (RFC 7468), one after the other; what stands between them is passed over. */
#ifndef CERT_PEM_H
#define CERT_PEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define PEM_MAX_DER ((size_t)256 << 10) /* bytes of one certificate */

/* The next certificate of the `*left` bytes at `*at`, which move behind it; `*more` is false where there is
 * none. CS_E_MALFORMED: a block that is not closed, not Base64 or too long; `*at` is behind its first line.
 */
CS_MUST_USE enum cs_err pem_next(const char **at, size_t *left, struct buf *der, bool *more);

#endif
