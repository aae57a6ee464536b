// SPDX-License-Identifier: Apache-2.0
/* What a scan found, in a few lines for a person: the table output of `certscour scan`. */
#ifndef APP_SCAN_SUMMARY_H
#define APP_SCAN_SUMMARY_H

#include "app/scan_run.h"
#include "base/buf.h"

/* `scan_id` 0 = nothing was stored. */
void scan_summary_append(struct buf *out, const struct scan_result *result, const struct ruleset *rules,
                         int64_t scan_id);

#endif
