// SPDX-License-Identifier: Apache-2.0
#include "app/standing.h"

#include "base/text_list.h"
#include "db/exclusions.h"
#include "dns/resolver.h"

#define DNS_TIMEOUT_MS 2000 /* one try only: an opt-out has to hold within seconds */

struct gathering {
    struct ip_set *set;
    struct text_list names;
};

static enum cs_err gather(void *context, const struct exclusion_row *row)
{
    struct gathering *gathering = context;
    return row->is_range ? ip_set_add(gathering->set, row->range)
                         : text_list_add(&gathering->names, row->what);
}

static enum cs_err add_addresses(void *context, const char *name, const struct ip *ips, size_t count,
                                 bool answered, const char *reason)
{
    (void)answered;
    (void)name;
    (void)reason;
    struct gathering *gathering = context;
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < count && err == CS_OK; i++)
        err = ip_set_add(gathering->set, (struct ip_range){ips[i], ips[i]});
    return err;
}

enum cs_err standing_exclusions(struct store *store, int64_t now_s, const char *dns_server,
                                struct ip_set *out, struct diag *diag)
{
    struct gathering gathering = {.set = out};
    struct resolver_options options = {.server = dns_server, .timeout_ms = DNS_TIMEOUT_MS, .tries = 1};
    enum cs_err err = exclusions_each(store, now_s, false, gather, &gathering, diag);
    if (err == CS_OK && gathering.names.count > 0)
        err = resolver_run(&gathering.names, &options, add_addresses, &gathering, diag);
    if (err == CS_OK)
        err = ip_set_normalize(out);
    text_list_dispose(&gathering.names);
    return err;
}
