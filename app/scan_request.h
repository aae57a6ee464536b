// SPDX-License-Identifier: Apache-2.0
/* What a scan was asked to do, and how that becomes a set of targets. */
#ifndef APP_SCAN_REQUEST_H
#define APP_SCAN_REQUEST_H

#include <stdbool.h>

#include "app/dns_answers.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/text_list.h"
#include "db/store.h"
#include "scanner/target_set.h"

struct scan_request { /* zero-initialise; scan_request_dispose */
    struct text_list targets;
    struct text_list target_files; /* "-" = standard input */
    struct text_list excludes;
    struct text_list exclude_files;
    struct text_list names_files;
    const char *ports; /* borrowed, as every text below; NULL = campus */
    const char *sni;
    const char *dns_server;
    bool dry_run; /* no DNS either: a name counts as one address */
};

void scan_request_dispose(struct scan_request *request);

/* Reads files and standing exclusions (`store` may be NULL), checks everything, and only then asks the DNS.
 * Wrong input is CS_E_INVALID with place and reason, before any packet. `notes` gets lines a person should
 * see, `answers` what the DNS said (NULL in a dry run). */
CS_MUST_USE enum cs_err scan_request_targets(const struct scan_request *request, struct store *store,
                                             int64_t now_s, struct target_set **out,
                                             struct dns_answers *answers, struct buf *notes,
                                             struct diag *diag);

/* What was asked for in a line, for `scan list`: "10.0.0.0/8 campus.txt -p quick". */
void scan_request_summarize(const struct scan_request *request, struct buf *out);

#endif
