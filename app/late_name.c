// SPDX-License-Identifier: Apache-2.0
#include "app/late_name.h"

#include "app/patient_begin.h"
#include "db/assets.h"
#include "db/scan_names.h"

struct deciding {
    struct store *store;
    struct ruleset *rules;
    struct diag *diag;
};

/* What is changed here is nothing that the rows are found by. */
static enum cs_err decide(void *context, const struct asset_row *row)
{
    const struct deciding *deciding = context;
    struct facts facts = {0};
    struct cert_fact_scratch scratch = {0};
    size_t taker = RULESET_NO_MATCH;
    bool changed;
    enum cs_err err = asset_facts(row, 0, &facts, &scratch); /* rules do not ask for the time */
    if (err == CS_OK)
        taker = ruleset_match(deciding->rules, &facts);
    cert_fact_scratch_dispose(&scratch);
    if (err != CS_OK)
        return diag_fail(deciding->diag, err, "out of memory");
    const struct rule *rule = taker != RULESET_NO_MATCH ? &deciding->rules->rules[taker] : NULL;
    return assets_set_owner(deciding->store, row->id, rule != NULL ? rule->owner_id : 0,
                            rule != NULL ? rule->id : 0, rule != NULL ? rule->name : NULL, row->last_seen_s,
                            &changed, deciding->diag);
}

enum cs_err late_name_store(struct store *store, const char *network, struct ip ip, const char *host_name,
                            struct ruleset *rules, struct diag *diag)
{
    const struct asset_filter filter = {.address = &ip, .network = network};
    struct deciding deciding = {store, rules, diag};
    enum cs_err err = patient_begin(store, NULL, diag);
    if (err != CS_OK)
        return err;
    err = scan_names_host(store, network, ip, host_name, diag);
    if (err == CS_OK && rules->count > 0)
        err = assets_each(store, &filter, NULL, decide, &deciding, diag);
    if (err == CS_OK)
        err = store_commit(store, diag);
    if (err != CS_OK)
        store_rollback(store);
    return err;
}
