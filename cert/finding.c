// SPDX-License-Identifier: Apache-2.0
#include "cert/finding.h"

#include "cert/name_match.h"

static bool is_malformed(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)facts;
    return record->malformed;
}

static bool is_expired(const struct cert_record *record, const struct finding_facts *facts)
{
    return !record->malformed && facts->now_s > record->not_after_s;
}

static bool is_not_yet_valid(const struct cert_record *record, const struct finding_facts *facts)
{
    return !record->malformed && facts->now_s < record->not_before_s;
}

static bool is_self_signed(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)facts;
    return record->self_signed;
}

static bool is_name_mismatch(const struct cert_record *record, const struct finding_facts *facts)
{
    return !record->malformed && facts->server_name != NULL &&
           !cert_record_covers(record, facts->server_name);
}

static bool is_injected(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)record;
    return facts->starttls_injection;
}

static const struct {
    struct finding_info info;
    bool (*holds)(const struct cert_record *record, const struct finding_facts *facts);
} findings[] = {
    {{"malformed", FINDING_CRITICAL, "The certificate cannot be decoded.",
      "Replace it: clients cannot read it either."},
     is_malformed},
    {{"expired", FINDING_CRITICAL, "Its validity has ended.", "Renew it, or shut the service down."},
     is_expired},
    {{"not-yet-valid", FINDING_CRITICAL, "Its validity has not begun.",
      "Check the clock of the host that issued it, or wait."},
     is_not_yet_valid},
    {{"self-signed", FINDING_WARNING, "It is signed with its own key, so no client can trust it unasked.",
      "Request a certificate from the campus certificate manager."},
     is_self_signed},
    {{"name-mismatch", FINDING_WARNING, "It does not cover the name that the server was asked for.",
      "Add the name to the certificate, or give the name a certificate of its own."},
     is_name_mismatch},
    {{"starttls-injection", FINDING_WARNING,
      "The server sent clear text behind its go-ahead for TLS, which others could have put there.",
      "Update the server, or whatever stands before it (CVE-2011-0411 and the like)."},
     is_injected},
};
#define FINDING_COUNT (sizeof findings / sizeof findings[0])
_Static_assert(FINDING_COUNT <= FINDING_MAX, "callers have room for FINDING_MAX");

size_t finding_count(void)
{
    return FINDING_COUNT;
}

const struct finding_info *finding_at(size_t index)
{
    return &findings[index].info;
}

size_t findings_of(const struct cert_record *record, const struct finding_facts *facts,
                   const char *out[FINDING_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < FINDING_COUNT; i++) {
        if (findings[i].holds(record, facts))
            out[count++] = findings[i].info.name;
    }
    return count;
}
