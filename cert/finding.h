// SPDX-License-Identifier: Apache-2.0
/* What is wrong with a certificate where it is served, judged from its record, what is known of the endpoint
 * and a given time alone (local findings). One table. */
#ifndef CERT_FINDING_H
#define CERT_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cert/chain_verdict.h"
#include "cert/expiry.h"
#include "cert/record.h"

enum finding_severity { FINDING_INFO, FINDING_WARNING, FINDING_CRITICAL };
const char *finding_severity_name(enum finding_severity severity); /* "info", "warning", "critical" */

struct finding_info {
    const char *name; /* e.g. "not-yet-valid"; stable */
    enum finding_severity severity;
    const char *reason; /* one sentence */
    const char *advice; /* what to do */
    const char *source; /* who says that it is wrong */
};

struct finding_facts {
    int64_t now_s;
    const char *server_name;            /* that was asked for; NULL = none was */
    bool starttls_injection;            /* the server sent clear text behind its go-ahead for TLS */
    const char *tls_version;            /* "TLSv1.2"; NULL = not known */
    const struct expiry_limits *expiry; /* NULL = expiry_usual */
    const struct chain_verdict *chain;  /* of the chain it came in; NULL = not known */
};

#define FINDING_MAX 32 /* more than the table has rows */

size_t finding_count(void);
const struct finding_info *finding_at(size_t index);

/* Fills `out` with the names (static) of all findings that hold, in table order; returns how many. */
size_t findings_of(const struct cert_record *record, const struct finding_facts *facts,
                   const char *out[FINDING_MAX]);

#endif
