// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "cert/finding_checks.h"

static bool is_small(const struct cert_record *record, const char *key_type, uint32_t bits)
{
    return strcmp(record->key_type, key_type) == 0 && record->key_bits != 0 && record->key_bits < bits;
}

bool finding_rsa_under_2048(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)facts;
    return is_small(record, "rsa", 2048);
}

bool finding_small_or_even_exponent(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)facts;
    return (record->flaws & (CERT_FLAW_SMALL_EXPONENT | CERT_FLAW_EVEN_EXPONENT)) != 0;
}

bool finding_ec_under_224(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)facts;
    return is_small(record, "ecdsa", 224);
}

bool finding_dsa(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)facts;
    return strcmp(record->key_type, "dsa") == 0;
}

/* Nothing rests on the signature of a certificate by its own key. Those of the intermediates count too. */
bool finding_weak_digest(const struct cert_record *record, const struct finding_facts *facts)
{
    bool in_chain =
        facts->chain != NULL && facts->chain->known && (facts->chain->flaws & CHAIN_WEAK_SIGNATURE) != 0;
    return in_chain || (!record->self_signed && (record->flaws & CERT_FLAW_WEAK_DIGEST) != 0);
}

bool finding_roca(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)facts;
    return (record->flaws & CERT_FLAW_ROCA) != 0;
}
