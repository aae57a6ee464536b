// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "base/text.h"
#include "cert/record.h"

static size_t append(const char **out, size_t at, const struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        out[at++] = list->items[i];
    return at;
}

/* The fields that are lists of several sources. */
static enum cs_err set_joined(const struct cert_record *record, struct facts *facts,
                              struct cert_fact_scratch *scratch)
{
    size_t dns = record->dns_names.count;
    size_t others = record->ip_addresses.count + record->other_names.count;
    scratch->names = malloc((dns + 1) * sizeof *scratch->names);
    scratch->alt_names = malloc((dns + others + 1) * sizeof *scratch->alt_names);
    if (scratch->names == NULL || scratch->alt_names == NULL)
        return CS_E_NOMEM;
    size_t count = 0;
    if (record->common_name != NULL)
        scratch->names[count++] = record->common_name;
    count = append(scratch->names, count, &record->dns_names);
    facts_set_texts(facts, FIELD_NAME, scratch->names, count);
    count = append(scratch->alt_names, 0, &record->dns_names);
    count = append(scratch->alt_names, count, &record->ip_addresses);
    count = append(scratch->alt_names, count, &record->other_names);
    facts_set_texts(facts, FIELD_SUBJECT_ALT_NAME, scratch->alt_names, count);
    return CS_OK;
}

static void set_texts(const struct cert_record *record, struct facts *facts)
{
    const struct {
        enum field field;
        const char *text;
    } texts[] = {
        {FIELD_COMMON_NAME, record->common_name},
        {FIELD_SUBJECT, record->subject},
        {FIELD_ORGANIZATION, record->organization},
        {FIELD_CITY, record->city},
        {FIELD_STATE, record->state},
        {FIELD_COUNTRY, record->country},
        {FIELD_ISSUER, record->issuer},
        {FIELD_ISSUER_COMMON_NAME, record->issuer_common_name},
        {FIELD_ISSUER_ORGANIZATION, record->issuer_organization},
        {FIELD_SERIAL, record->serial},
        {FIELD_KEY_TYPE, record->key_type},
        {FIELD_SIGNATURE_ALGORITHM, record->signature_algorithm},
        {FIELD_TEMPLATE_NAME, record->template_name},
    };
    const struct {
        enum field field;
        const struct text_list *list;
    } lists[] = {
        {FIELD_ORGANIZATION_UNIT, &record->organization_units},
        {FIELD_DOMAIN_COMPONENT, &record->domain_components},
        {FIELD_KEY_USAGE, &record->key_usages},
        {FIELD_EXTENDED_KEY_USAGE, &record->extended_key_usages},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        facts_set_text(facts, texts[i].field, texts[i].text);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        facts_set_texts(facts, lists[i].field, text_list_view(lists[i].list), lists[i].list->count);
}

enum cs_err cert_record_facts(const struct cert_record *record, struct facts *facts,
                              struct cert_fact_scratch *scratch)
{
    hex_encode(scratch->sha256_hex, record->sha256, SHA256_SIZE);
    facts_set_text(facts, FIELD_SHA256, scratch->sha256_hex);
    if (record->malformed)
        return CS_OK;
    set_texts(record, facts);
    if (record->key_bits != 0)
        facts_set_number(facts, FIELD_KEY_BITS, record->key_bits);
    facts_set_number(facts, FIELD_NOT_BEFORE, record->not_before_s);
    facts_set_number(facts, FIELD_NOT_AFTER, record->not_after_s);
    facts_set_number(facts, FIELD_LIFETIME_DAYS, cert_record_lifetime_days(record));
    facts_set_number(facts, FIELD_SELF_SIGNED, record->self_signed);
    facts_set_number(facts, FIELD_WILDCARD, record->wildcard);
    return set_joined(record, facts, scratch);
}

void cert_fact_scratch_dispose(struct cert_fact_scratch *scratch)
{
    free(scratch->names);
    free(scratch->alt_names);
    *scratch = (struct cert_fact_scratch){0};
}
