// SPDX-License-Identifier: Apache-2.0
#ifndef CERT_DIGEST_H
#define CERT_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SHA1_SIZE 20

/* SHA-1 over the DER encoding: by it some certificate managers name a certificate. CS_E_NOMEM. */
CS_MUST_USE enum cs_err cert_sha1(uint8_t out[SHA1_SIZE], const uint8_t *der, size_t der_len);

#endif
