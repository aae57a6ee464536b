// SPDX-License-Identifier: Apache-2.0
/* The checks behind the table of finding.c; for .c files of cert/ only. A record that is malformed comes to
 * none of them. */
#ifndef CERT_FINDING_CHECKS_H
#define CERT_FINDING_CHECKS_H

#include "cert/finding.h"

typedef bool finding_check(const struct cert_record *record, const struct finding_facts *facts);

/* finding_validity.c */
finding_check finding_expired;
finding_check finding_not_yet_valid;
finding_check finding_expiring;
finding_check finding_lifetime_over_limit;

/* finding_key.c */
finding_check finding_rsa_under_2048;
finding_check finding_small_or_even_exponent;
finding_check finding_ec_under_224;
finding_check finding_dsa;
finding_check finding_weak_digest;
finding_check finding_roca;

/* finding_chain.c */
finding_check finding_self_signed;
finding_check finding_ca_as_leaf;
finding_check finding_incomplete_chain;
finding_check finding_wrongly_ordered_chain;
finding_check finding_extra_certificates;
finding_check finding_untrusted;

/* finding_service.c */
finding_check finding_name_mismatch;
finding_check finding_no_san;
finding_check finding_wildcard;
finding_check finding_fixed_device_certificate;
finding_check finding_only_old_tls;
finding_check finding_starttls_injection;

#endif
