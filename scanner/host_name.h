// SPDX-License-Identifier: Apache-2.0
/* Host names as they go onto the wire: lower-case A-labels (IDNA 2008 through libidn2). */
#ifndef SCANNER_HOST_NAME_H
#define SCANNER_HOST_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"
#include "base/err.h"
#include "model/endpoint.h"

/* `text` in any case, with U-labels or A-labels, a trailing dot is dropped. CS_E_INVALID with the reason: no
 * host name (RFC 1123; underscores are let through, for people use them), or one that looks like a broken
 * address. */
CS_MUST_USE enum cs_err host_name_normalize(char out[ENDPOINT_MAX_NAME + 1], const char *text, size_t len,
                                            struct diag *diag);

/* `name` is one as host_name_normalize makes them. */
bool host_name_is_normal(const char *name);

#endif
