// SPDX-License-Identifier: Apache-2.0
#include "cert/finding.h"

#include "cert/finding_checks.h"

static bool finding_malformed(const struct cert_record *record, const struct finding_facts *facts)
{
    (void)facts;
    return record->malformed;
}

static const struct {
    struct finding_info info;
    finding_check *holds;
    bool without_record; /* says something of a certificate that cannot be decoded too */
} findings[] = {
    {{"malformed", FINDING_CRITICAL, "The certificate cannot be decoded.",
      "Replace it: clients cannot read it either.", "RFC 5280, 4.1"},
     finding_malformed,
     true},
    {{"expired", FINDING_CRITICAL, "Its validity has ended.", "Renew it, or shut the service down.",
      "RFC 5280, 4.1.2.5"},
     finding_expired,
     false},
    {{"not-yet-valid", FINDING_CRITICAL, "Its validity has not begun.",
      "Check the clock of the host that issued it, or wait.", "RFC 5280, 4.1.2.5"},
     finding_not_yet_valid,
     false},
    {{"expiring", FINDING_WARNING, "Little of its lifetime is left.",
      "Renew it now, and automate the renewal where you can.",
      "`[findings]` in the configuration: 33 % of the lifetime or 30 days, whichever is less, and never "
      "less than 48 hours"},
     finding_expiring,
     false},
    {{"self-signed", FINDING_WARNING, "It is signed with its own key, so no client can trust it unasked.",
      "Request a certificate from the campus certificate manager.", "RFC 5280, 3.2"},
     finding_self_signed,
     false},
    {{"ca-certificate-as-leaf", FINDING_WARNING,
      "It may sign other certificates: whoever takes its key from the server can be anybody.",
      "Replace it by a certificate without the CA flag.", "RFC 5280, 4.2.1.9"},
     finding_ca_as_leaf,
     false},
    {{"name-mismatch", FINDING_WARNING, "It does not cover the name that the server was asked for.",
      "Add the name to the certificate, or give the name a certificate of its own.", "RFC 9525, 6.3"},
     finding_name_mismatch,
     false},
    {{"no-san", FINDING_WARNING,
      "It has no subject alternative name, and clients do not look at the common name any more.",
      "Request it again with its names as DNS names.", "RFC 9525, 2 and 6.3; RFC 5280, 4.2.1.6"},
     finding_no_san,
     false},
    {{"wildcard", FINDING_INFO, "One key stands for all names of a domain, on every host that has it.",
      "Prefer certificates by name; else know every host that has the key.", "RFC 9525, 7.1"},
     finding_wildcard,
     false},
    {{"fixed-device-certificate", FINDING_WARNING,
      "The device came with it or made it itself: nobody manages it, and others may have the same key.",
      "Install a certificate of the campus certificate manager on the device, or shield it.",
      "CWE-321; the makers' manuals"},
     finding_fixed_device_certificate,
     false},
    {{"rsa-under-2048", FINDING_CRITICAL, "Its RSA key is shorter than 2048 bits.",
      "Make a new key of 3072 bits, or an ECDSA one, and renew.",
      "NIST SP 800-131A Rev. 2, 3; CA/Browser Forum BR 6.1.5"},
     finding_rsa_under_2048,
     false},
    {{"small-or-even-exponent", FINDING_WARNING, "Its RSA exponent is even, or below 65537.",
      "Make a new key with the exponent 65537, and renew.",
      "NIST FIPS 186-5, A.1.1; CA/Browser Forum BR 6.1.6"},
     finding_small_or_even_exponent,
     false},
    {{"ec-under-224-bits", FINDING_CRITICAL, "The curve of its key has fewer than 224 bits.",
      "Make a new key on P-256, and renew.", "NIST SP 800-131A Rev. 2, 3"},
     finding_ec_under_224,
     false},
    {{"dsa", FINDING_CRITICAL, "It has a DSA key, which clients of today refuse.",
      "Make an RSA or ECDSA key, and renew.", "NIST FIPS 186-5, 4; RFC 9155"},
     finding_dsa,
     false},
    {{"md5-sha-1-signature", FINDING_CRITICAL,
      "It, or an intermediate, is signed over MD5, SHA-1 or an older hash, which can be forged.",
      "Renew it from a CA that signs over SHA-256.", "RFC 6151; RFC 9155; CA/Browser Forum BR 7.1.3.2"},
     finding_weak_digest,
     false},
    {{"roca", FINDING_CRITICAL, "Its RSA key comes from a faulty chip, and can be factored.",
      "Update the firmware of the device, make a new key elsewhere, renew, and have this one revoked.",
      "CVE-2017-15361; https://github.com/crocs-muni/roca"},
     finding_roca,
     false},
    {{"incomplete-chain", FINDING_WARNING,
      "The chain that the server sends ends below a root: an intermediate is missing.",
      "Install the intermediates of the CA on the server; if the CA is your own, add its root to "
      "`[trust] roots`.",
      "RFC 8446, 4.4.2; RFC 5246, 7.4.2"},
     finding_incomplete_chain,
     false},
    {{"wrongly-ordered-chain", FINDING_WARNING,
      "The certificates of the chain do not follow each other, and older clients give up.",
      "Install the chain with each certificate behind the one it signed.",
      "RFC 5246, 7.4.2; RFC 8446, 4.4.2"},
     finding_wrongly_ordered_chain,
     false},
    {{"extra-certificates", FINDING_INFO, "The server sends certificates that its own does not need.",
      "Take them out of the chain file.", "RFC 8446, 4.4.2"},
     finding_extra_certificates,
     false},
    {{"untrusted", FINDING_WARNING,
      "What the server sends leads to no root that is trusted, or may not be used by a server.",
      "Request a certificate from the campus certificate manager; a CA of your own goes into `[trust] "
      "roots`.",
      "RFC 5280, 6"},
     finding_untrusted,
     false},
    {{"lifetime-over-limit", FINDING_WARNING,
      "A public CA has issued it for longer than it may, and browsers refuse it.", "Request it again.",
      "CA/Browser Forum BR 6.3.2 (ballot SC-081v3)"},
     finding_lifetime_over_limit,
     false},
    {{"only-tls-1.0-1.1", FINDING_WARNING,
      "The server speaks TLS 1.1 or older at best, which clients of today refuse.",
      "Update the server, or switch TLS 1.2 and 1.3 on.", "RFC 8996"},
     finding_only_old_tls,
     true},
    {{"starttls-injection", FINDING_WARNING,
      "The server sent clear text behind its go-ahead for TLS, which others could have put there.",
      "Update the server, or whatever stands before it.",
      "CVE-2011-0411 and the like; https://nostarttls.secvuln.info"},
     finding_starttls_injection,
     true},
};
#define FINDING_COUNT (sizeof findings / sizeof findings[0])
_Static_assert(FINDING_COUNT <= FINDING_MAX, "callers have room for FINDING_MAX");

const char *finding_severity_name(enum finding_severity severity)
{
    static const char *const names[] = {"info", "warning", "critical"};
    return names[severity];
}

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
        bool can_tell = !record->malformed || findings[i].without_record;
        if (can_tell && findings[i].holds(record, facts))
            out[count++] = findings[i].info.name;
    }
    return count;
}
