// SPDX-License-Identifier: Apache-2.0
/* The kind of key a certificate has, by a walk over its outer DER (RFC 5280, 4.1) and nothing deeper: enough
 * to know which other kind to ask its server for. */
#ifndef SCANNER_LEAF_KEY_H
#define SCANNER_LEAF_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "scanner/tls_wire.h"

/* KEY_FAMILY_RSA (RSASSA-PSS keys too), else KEY_FAMILY_OTHER; KEY_FAMILY_ANY where the walk fails. */
enum key_family leaf_key_family(const uint8_t *der, size_t len);

#endif
