// SPDX-License-Identifier: Apache-2.0
/* What is wrong with the certificate for the service that shows it, and with that service. */
#include <string.h>

#include "cert/device.h"
#include "cert/finding_checks.h"
#include "cert/name_match.h"

bool finding_name_mismatch(const struct cert_record *record, const struct finding_facts *facts)
{
    return facts->server_name != NULL && !cert_record_covers(record, facts->server_name);
}

bool finding_no_san(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)facts;
    return record->dns_names.count + record->ip_addresses.count + record->other_names.count == 0;
}

bool finding_wildcard(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)facts;
    return record->wildcard;
}

bool finding_fixed_device_certificate(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)facts;
    return cert_device(record) != NULL;
}

/* The scanner's first hello offers TLS 1.0 to 1.3 and the server takes the newest it knows; an older hello is
 * tried only where that one was refused. */
bool finding_only_old_tls(const struct cert_record *record, const struct finding_facts *facts)
{
    static const char *const old[] = {"SSLv3", "TLSv1", "TLSv1.1"};
    (void)record;
    for (size_t i = 0; facts->tls_version != NULL && i < sizeof old / sizeof old[0]; i++) {
        if (strcmp(facts->tls_version, old[i]) == 0)
            return true;
    }
    return false;
}

bool finding_starttls_injection(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)record;
    return facts->starttls_injection;
}
