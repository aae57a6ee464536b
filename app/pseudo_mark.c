// SPDX-License-Identifier: Apache-2.0
#include "app/pseudo_mark.h"

static uint64_t count_probed(void *context, struct ip_range prefix)
{
    u128 count = ip_set_count_in(context, prefix);
    return count < UINT64_MAX ? (uint64_t)count : UINT64_MAX;
}

enum cs_err pseudo_mark(struct store *store, int64_t scan_id, const char *network,
                        const struct target_set *targets, struct pseudo_counts *out, struct diag *diag)
{
    struct ip_set probed = {0};
    enum cs_err err = target_set_addresses(targets, &probed);
    if (err != CS_OK)
        diag_set(diag, "out of memory");
    else
        err = pseudo_services_mark(store, scan_id, network, count_probed, &probed, out, diag);
    ip_set_dispose(&probed);
    return err;
}
