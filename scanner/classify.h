// SPDX-License-Identifier: Apache-2.0
/* The first bytes of a peer: TLS, or what else. */
#ifndef SCANNER_CLASSIFY_H
#define SCANNER_CLASSIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/observation.h"

/* They may begin a TLS record (RFC 8446, 5.1): a known content type, then major version 3 as far as it is
 * there. */
bool classify_is_tls(const uint8_t *bytes, size_t len);

/* For bytes that do not: what they look like, e.g. "SSH: SSH-2.0-OpenSSH_9.2", as printable ASCII. */
void classify_describe(char out[OBSERVATION_DETAIL], const uint8_t *bytes, size_t len);

#endif
