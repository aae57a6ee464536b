// SPDX-License-Identifier: Apache-2.0
/* The domain names by which a CA is known in CAA records (RFC 8659, section 4.2): some have more than one. */
#ifndef SCM_CAA_IDENTIFIERS_H
#define SCM_CAA_IDENTIFIERS_H

#include <stddef.h>

#define CAA_DEFAULT_CA "sectigo.com"

/* All names of the CA that `name` is one of; `*count` 0 = it is known by that alone. */
const char *const *caa_identifiers(const char *name, size_t *count);

#endif
