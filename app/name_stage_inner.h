// SPDX-License-Identifier: Apache-2.0
/* Inside of name_stage, shared by its two files: the stage itself, and what a resumed scan restores
 * (name_restore.c). */
#ifndef APP_NAME_STAGE_INNER_H
#define APP_NAME_STAGE_INNER_H

#include "app/host_names.h"
#include "app/name_stage.h"

struct name_stage {
    struct name_options options;
    struct follow_ups *ups;
    struct host_names *hosts; /* NULL = PTR is no source */
    uint64_t next_number;
    int64_t now_s;     /* of the round */
    bool dns_answered; /* a name that was seen, ever */
    size_t unanswered; /* names in a row that nobody answered for */
    bool dns_dead;     /* nobody answers: it is left alone */
    bool has_places;   /* something was met that the DNS may be asked about */
    bool inventory_recalled;
    struct diag *diag; /* of the call under way */
};

/* Nothing about addresses that exist on every machine leaves this one, but for a DNS server that was named.
 */
bool name_stage_may_ask(const struct name_stage *stage, struct ip ip);
/* Names in a certificate that `ip` showed. */
CS_MUST_USE enum cs_err name_stage_see(struct name_stage *stage, struct ip ip,
                                       const struct cert_record *leaf);

#endif
