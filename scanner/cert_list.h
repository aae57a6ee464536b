// SPDX-License-Identifier: Apache-2.0
/* The certificate_list of a Certificate message: RFC 5246 section 7.4.2 up to TLS 1.2, RFC 8446
 * section 4.4.2. */
#ifndef SCANNER_CERT_LIST_H
#define SCANNER_CERT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/err.h"
#include "model/observation.h"

/* SHA-256 of bytes; false if it cannot be had. */
typedef bool (*cert_list_hash)(void *context, const uint8_t *bytes, size_t len, uint8_t out[SHA256_SIZE]);

/* `body` is the message without its 4 byte header. Fills certs and cert_count of `out`, every other member is
 * left alone. `leaf_extensions`, unless NULL, gets the extensions sent with the leaf, which TLS 1.3 alone
 * has. CS_E_MALFORMED: lengths that do not fit, an empty list or certificate; CS_E_LIMIT: more than
 * CHAIN_MAX_CERTS; CS_E_NOMEM. On error nothing is allocated. */
CS_MUST_USE enum cs_err cert_list_parse(struct chain *out, struct cursor body, bool is_tls13,
                                        cert_list_hash hash, void *hash_context,
                                        struct cursor *leaf_extensions);

#endif
