// SPDX-License-Identifier: Apache-2.0
#include "cert/finding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/timefmt.h"
#include "tests/support/forge.h"

#define DAY_S 86400
#define NOW_S 1800000000 /* 2027-01-15 */

static char rsa[] = "rsa";
static char ecdsa[] = "ecdsa";
static char dsa[] = "dsa";
static char www[] = "www.example.org";
static char *names[] = {www};

/* In the middle of 90 days, a good key, one name: nothing to say. */
static struct cert_record good(void)
{
    return (struct cert_record){
        .key_type = rsa,
        .key_bits = 2048,
        .not_before_s = NOW_S - 45 * DAY_S,
        .not_after_s = NOW_S + 45 * DAY_S - 1,
        .dns_names = {names, 1, 1},
    };
}

static bool has(const struct cert_record *record, const struct finding_facts *facts, const char *name)
{
    const char *found[FINDING_MAX];
    size_t count = findings_of(record, facts, found);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(found[i], name) == 0)
            return true;
    }
    return false;
}

/* That alone is found, and nothing in a good one. */
static void only(const struct cert_record *record, const struct finding_facts *facts, const char *name)
{
    const char *found[FINDING_MAX];
    assert_int_equal(findings_of(record, facts, found), 1);
    assert_string_equal(found[0], name);
}

static void none(const struct cert_record *record, const struct finding_facts *facts)
{
    const char *found[FINDING_MAX];
    size_t count = findings_of(record, facts, found);
    if (count != 0)
        fail_msg("found %s", found[0]);
}

static const struct finding_facts now = {.now_s = NOW_S};

static void every_row_is_whole_and_no_name_comes_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < finding_count(); i++) {
        const struct finding_info *info = finding_at(i);
        assert_true(strlen(info->name) == strspn(info->name, "abcdefghijklmnopqrstuvwxyz0123456789-."));
        assert_int_equal(info->reason[strlen(info->reason) - 1], '.');
        assert_int_equal(info->advice[strlen(info->advice) - 1], '.');
        assert_true(strlen(info->source) > 0);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(info->name, finding_at(j)->name);
    }
}

static void a_good_certificate_has_no_finding(void **state)
{
    (void)state;
    struct cert_record record = good();
    none(&record, &now);
}

static void validity_follows_the_time_that_is_given(void **state)
{
    (void)state;
    struct cert_record record = good();
    struct finding_facts facts = {.now_s = record.not_before_s};
    none(&record, &facts);
    facts.now_s = record.not_before_s - 1;
    only(&record, &facts, "not-yet-valid");
    facts.now_s = record.not_after_s;
    only(&record, &facts, "expiring");
    facts.now_s = record.not_after_s + 1;
    only(&record, &facts, "expired");
}

static void expiring_takes_the_limits_that_are_set(void **state)
{
    (void)state;
    struct cert_record record = good(); /* 45 of 90 days left; usually warned at 29 */
    const struct expiry_limits early = {.warning = {.days = 50}, .critical = {.days = 7}};
    none(&record, &now);
    only(&record, &(struct finding_facts){.now_s = NOW_S, .expiry = &early}, "expiring");
}

static void weak_keys_are_told_by_kind_and_size(void **state)
{
    (void)state;
    static const struct {
        char *key_type;
        uint32_t bits;
        const char *finding; /* NULL = none */
    } keys[] = {
        {rsa, 1024, "rsa-under-2048"},
        {rsa, 2047, "rsa-under-2048"},
        {rsa, 2048, NULL},
        {rsa, 0, NULL}, /* not known */
        {ecdsa, 192, "ec-under-224-bits"},
        {ecdsa, 223, "ec-under-224-bits"},
        {ecdsa, 224, NULL},
        {ecdsa, 256, NULL},
        {dsa, 2048, "dsa"},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct cert_record record = good();
        record.key_type = keys[i].key_type;
        record.key_bits = keys[i].bits;
        if (keys[i].finding != NULL)
            only(&record, &now, keys[i].finding);
        else
            none(&record, &now);
    }
}

static void flaws_of_the_record_are_findings(void **state)
{
    (void)state;
    static const struct {
        uint32_t flaws;
        const char *finding;
    } rows[] = {{CERT_FLAW_ROCA, "roca"},
                {CERT_FLAW_SMALL_EXPONENT, "small-or-even-exponent"},
                {CERT_FLAW_EVEN_EXPONENT | CERT_FLAW_SMALL_EXPONENT, "small-or-even-exponent"},
                {CERT_FLAW_WEAK_DIGEST, "md5-sha-1-signature"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cert_record record = good();
        record.flaws = rows[i].flaws;
        only(&record, &now, rows[i].finding);
    }
}

static void nothing_rests_on_the_digest_of_a_self_signature(void **state)
{
    (void)state;
    struct cert_record record = good();
    record.flaws = CERT_FLAW_WEAK_DIGEST;
    record.self_signed = true;
    only(&record, &now, "self-signed");
}

static void ca_flag_wildcard_and_missing_names_are_found(void **state)
{
    (void)state;
    struct cert_record record = good();
    record.is_ca = true;
    only(&record, &now, "ca-certificate-as-leaf");
    record = good();
    record.wildcard = true;
    only(&record, &now, "wildcard");
    record = good();
    record.dns_names.count = 0;
    only(&record, &now, "no-san");
    record.ip_addresses = (struct text_list){names, 1, 1};
    none(&record, &now);
}

static void what_a_device_came_with_is_found_and_what_it_was_given_is_not(void **state)
{
    (void)state;
    char made[] = "CN=HP Jetdirect 00AA,O=HP";
    char given[] = "CN=printer.example.org,O=University";
    char campus[] = "CN=Campus CA,O=University";
    struct cert_record record = good();
    record.subject = record.issuer = made;
    only(&record, &now, "fixed-device-certificate");
    record.subject = given;
    record.issuer = campus;
    none(&record, &now);
}

static void the_name_asked_for_has_to_be_covered(void **state)
{
    (void)state;
    struct cert_record record = good();
    none(&record, &(struct finding_facts){.now_s = NOW_S, .server_name = "www.example.org"});
    only(&record, &(struct finding_facts){.now_s = NOW_S, .server_name = "mail.example.org"},
         "name-mismatch");
}

static void old_tls_is_found_and_unknown_is_not(void **state)
{
    (void)state;
    struct cert_record record = good();
    static const char *const old[] = {"SSLv3", "TLSv1", "TLSv1.1"};
    for (size_t i = 0; i < sizeof old / sizeof old[0]; i++)
        only(&record, &(struct finding_facts){.now_s = NOW_S, .tls_version = old[i]}, "only-tls-1.0-1.1");
    none(&record, &(struct finding_facts){.now_s = NOW_S, .tls_version = "TLSv1.2"});
    none(&record, &(struct finding_facts){.now_s = NOW_S, .tls_version = "TLSv1.3"});
}

static void what_is_known_of_the_chain_counts_and_what_is_not_does_not(void **state)
{
    (void)state;
    static const struct {
        uint32_t flaw;
        const char *finding;
    } rows[] = {{CHAIN_UNTRUSTED, "untrusted"},
                {CHAIN_INCOMPLETE, "incomplete-chain"},
                {CHAIN_WRONG_ORDER, "wrongly-ordered-chain"},
                {CHAIN_EXTRA, "extra-certificates"},
                {CHAIN_WEAK_SIGNATURE, "md5-sha-1-signature"}};
    struct cert_record record = good();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct chain_verdict chain = {.known = true, .flaws = rows[i].flaw, .path_ends_s = INT64_MAX};
        const struct finding_facts facts = {.now_s = NOW_S, .chain = &chain};
        only(&record, &facts, rows[i].finding);
        chain.known = false;
        none(&record, &facts);
    }
}

static void a_path_that_has_expired_is_trusted_no_longer(void **state)
{
    (void)state;
    struct cert_record record = good();
    struct chain_verdict chain = {.known = true, .path_ends_s = NOW_S};
    const struct finding_facts facts = {.now_s = NOW_S, .chain = &chain};
    none(&record, &facts);
    chain.path_ends_s = NOW_S - 1;
    only(&record, &facts, "untrusted");
}

/* The dates and days of the Baseline Requirements, 6.3.2: 398 days from 2020-09-01, 200 from 2026-03-15, 100
 * from 2027-03-15, 47 from 2029-03-15; before, 825 from 2018-03-01. */
static void a_public_lifetime_is_judged_by_its_issue_date(void **state)
{
    (void)state;
    static const struct {
        const char *issued;
        int64_t most_days;
    } limits[] = {
        {"2018-03-01T00:00:00Z", 825}, {"2020-08-31T23:59:59Z", 825}, {"2020-09-01T00:00:00Z", 398},
        {"2026-03-14T23:59:59Z", 398}, {"2026-03-15T00:00:00Z", 200}, {"2027-03-14T23:59:59Z", 200},
        {"2027-03-15T00:00:00Z", 100}, {"2029-03-14T23:59:59Z", 100}, {"2029-03-15T00:00:00Z", 47},
    };
    const struct chain_verdict is_public = {.known = true, .flaws = CHAIN_PUBLIC, .path_ends_s = INT64_MAX};
    const struct chain_verdict is_own = {.known = true, .path_ends_s = INT64_MAX};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct cert_record record = good();
        assert_int_equal(timefmt_parse(limits[i].issued, &record.not_before_s), CS_OK);
        record.not_after_s =
            record.not_before_s + limits[i].most_days * DAY_S - 1; /* that second counts too */
        struct finding_facts facts = {.now_s = record.not_before_s, .chain = &is_public};
        assert_false(has(&record, &facts, "lifetime-over-limit"));
        record.not_after_s++;
        assert_true(has(&record, &facts, "lifetime-over-limit"));
        facts.chain = &is_own;
        assert_false(has(&record, &facts, "lifetime-over-limit"));
        facts.chain = NULL;
        assert_false(has(&record, &facts, "lifetime-over-limit"));
    }
}

static void before_there_was_a_limit_nothing_is_over_it(void **state)
{
    (void)state;
    struct cert_record record = good();
    const struct chain_verdict is_public = {.known = true, .flaws = CHAIN_PUBLIC, .path_ends_s = INT64_MAX};
    record.not_before_s = 1519862400 - 1;
    record.not_after_s = record.not_before_s + 5000 * (int64_t)DAY_S;
    assert_false(
        has(&record, &(struct finding_facts){.now_s = NOW_S, .chain = &is_public}, "lifetime-over-limit"));
}

static void of_what_cannot_be_decoded_only_the_service_is_judged(void **state)
{
    (void)state;
    const struct cert_record record = {.malformed = true};
    const struct chain_verdict chain = {.known = true, .flaws = CHAIN_UNTRUSTED, .path_ends_s = INT64_MAX};
    only(&record, &(struct finding_facts){.now_s = NOW_S, .chain = &chain}, "malformed");
    assert_true(has(&record, &(struct finding_facts){.now_s = NOW_S, .starttls_injection = true},
                    "starttls-injection"));
    assert_true(
        has(&record, &(struct finding_facts){.now_s = NOW_S, .tls_version = "TLSv1"}, "only-tls-1.0-1.1"));
}

/* ---- from the bytes of a certificate ---- */

static uint32_t flaws_of(const struct forge_options *options)
{
    struct forged made = forge(options);
    struct cert_record record;
    assert_int_equal(cert_record_parse(&record, made.der, made.der_len), CS_OK);
    assert_false(record.malformed);
    uint32_t flaws = record.flaws;
    cert_record_dispose(&record);
    forge_free(&made);
    return flaws;
}

static void exponents_are_read_from_the_key(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        uint32_t flaws;
    } keys[] = {{"rsa-exponent:3", CERT_FLAW_SMALL_EXPONENT},
                {"rsa-exponent:65535", CERT_FLAW_SMALL_EXPONENT},
                {"rsa-exponent:65537", 0},
                {"rsa-exponent:65538", CERT_FLAW_EVEN_EXPONENT},
                {"rsa-exponent:4", CERT_FLAW_SMALL_EXPONENT | CERT_FLAW_EVEN_EXPONENT},
                {"rsa-exponent:4294967297", 0}};
    struct forged issuer = forge(&(struct forge_options){.common_name = "Example CA", .is_ca = 1});
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        assert_int_equal(
            flaws_of(&(struct forge_options){.common_name = "k", .key = keys[i].key, .issuer = &issuer}),
            keys[i].flaws);
    forge_free(&issuer);
}

static void digests_are_read_from_the_signature(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        const char *digest;
        uint32_t flaws;
    } rows[] = {{"rsa:2048", "MD5", CERT_FLAW_WEAK_DIGEST},
                {"rsa:2048", "SHA1", CERT_FLAW_WEAK_DIGEST},
                {"rsa:2048", "SHA256", 0},
                {"ec:P-256", "SHA1", CERT_FLAW_WEAK_DIGEST},
                {"ec:P-256", "SHA384", 0},
                {"dsa:1024", "SHA1", CERT_FLAW_WEAK_DIGEST},
                {"rsa-pss:2048", "SHA1", CERT_FLAW_WEAK_DIGEST},
                {"rsa-pss:2048", "SHA256", 0},
                {"ed25519", NULL, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(flaws_of(&(struct forge_options){
                             .common_name = "k", .key = rows[i].key, .digest = rows[i].digest}),
                         rows[i].flaws);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole_and_no_name_comes_twice),
        cmocka_unit_test(a_good_certificate_has_no_finding),
        cmocka_unit_test(validity_follows_the_time_that_is_given),
        cmocka_unit_test(expiring_takes_the_limits_that_are_set),
        cmocka_unit_test(weak_keys_are_told_by_kind_and_size),
        cmocka_unit_test(flaws_of_the_record_are_findings),
        cmocka_unit_test(nothing_rests_on_the_digest_of_a_self_signature),
        cmocka_unit_test(ca_flag_wildcard_and_missing_names_are_found),
        cmocka_unit_test(what_a_device_came_with_is_found_and_what_it_was_given_is_not),
        cmocka_unit_test(the_name_asked_for_has_to_be_covered),
        cmocka_unit_test(old_tls_is_found_and_unknown_is_not),
        cmocka_unit_test(what_is_known_of_the_chain_counts_and_what_is_not_does_not),
        cmocka_unit_test(a_path_that_has_expired_is_trusted_no_longer),
        cmocka_unit_test(a_public_lifetime_is_judged_by_its_issue_date),
        cmocka_unit_test(before_there_was_a_limit_nothing_is_over_it),
        cmocka_unit_test(of_what_cannot_be_decoded_only_the_service_is_judged),
        cmocka_unit_test(exponents_are_read_from_the_key),
        cmocka_unit_test(digests_are_read_from_the_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
