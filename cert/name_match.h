// SPDX-License-Identifier: Apache-2.0
/* Whether a certificate covers a host name: RFC 9525, 6.3 (subjectAltName alone; the common name is no host
 * name to any client of today). */
#ifndef CERT_NAME_MATCH_H
#define CERT_NAME_MATCH_H

#include <stdbool.h>

#include "cert/record.h"

/* `pattern` is a name or `*.` and one: the asterisk stands for one whole label. ASCII, without regard to
 * case, A-labels; a dot at the end of either means nothing. */
bool name_matches(const char *pattern, const char *name);

/* A malformed record covers nothing. */
bool cert_record_covers(const struct cert_record *record, const char *name);

#endif
