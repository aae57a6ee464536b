// SPDX-License-Identifier: Apache-2.0
/* Renderings of a whole certificate. */
#ifndef CERT_TEXT_DUMP_H
#define CERT_TEXT_DUMP_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* OpenSSL's own long text; CS_E_MALFORMED for what cannot be decoded. Not yet safe for a terminal. */
CS_MUST_USE enum cs_err cert_append_text(struct buf *out, const uint8_t *der, size_t der_len);

/* RFC 7468. Any bytes. */
void cert_append_pem(struct buf *out, const uint8_t *der, size_t der_len);

#endif
