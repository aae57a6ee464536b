// SPDX-License-Identifier: Apache-2.0
/* docs/findings.md, from the table of findings. */
#ifndef REPORT_FINDING_DOC_H
#define REPORT_FINDING_DOC_H

#include "base/buf.h"

void finding_doc_append(struct buf *out);

#endif
