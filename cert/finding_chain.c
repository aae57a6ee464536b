// SPDX-License-Identifier: Apache-2.0
#include "cert/finding_checks.h"

static bool has(const struct finding_facts *facts, enum chain_flaw flaw)
{
    return facts->chain != NULL && facts->chain->known && (facts->chain->flaws & (uint32_t)flaw) != 0;
}

bool finding_self_signed(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)facts;
    return record->self_signed;
}

bool finding_ca_as_leaf(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)facts;
    return record->is_ca;
}

bool finding_incomplete_chain(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)record;
    return has(facts, CHAIN_INCOMPLETE);
}

bool finding_wrongly_ordered_chain(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)record;
    return has(facts, CHAIN_WRONG_ORDER);
}

bool finding_extra_certificates(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)record;
    return has(facts, CHAIN_EXTRA);
}

/* The validity of the leaf itself is another finding. */
bool finding_untrusted(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)record;
    return has(facts, CHAIN_UNTRUSTED) ||
           (facts->chain != NULL && facts->chain->known && facts->now_s > facts->chain->path_ends_s);
}
