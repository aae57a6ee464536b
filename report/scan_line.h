// SPDX-License-Identifier: Apache-2.0
/* The jsonl line of a scan: one for each chain an endpoint showed and, where asked for, one for each target
 * that showed none. Absent values are null; what only a certificate has is left out of lines without one. */
#ifndef REPORT_SCAN_LINE_H
#define REPORT_SCAN_LINE_H

#include <stdint.h>

#include "base/buf.h"
#include "cert/finding.h"
#include "cert/record.h"
#include "model/observation.h"

struct scan_line {   /* everything is borrowed for the call */
    int64_t scan_id; /* 0 = not stored: null */
    const char *network;
    const struct observation *observation;
    const struct chain *chain;      /* one of the observation's; NULL = it has none */
    const struct cert_record *leaf; /* of `chain`; NULL exactly when chain is */
    const char *owner_organization; /* NULL = nobody */
    const char *owner_department;
    const char *rule;
    const struct finding_facts *facts; /* NULL exactly when leaf is */
};

/* Appends the line and a newline; out->err tells of failures. */
void scan_line_append(struct buf *out, const struct scan_line *line);

#endif
