// SPDX-License-Identifier: Apache-2.0
/* Findings that need the inventory or other assets; the column and the filter have to say the same. */
#include "db/estate_finding.h"

#include "db/assets.h"
#include "db/sql.h"
#include "rules/matcher.h"
#include "tests/support/asset_world.h"

#define DAY_S 86400
#define OLD   "192.0.2.1:443"

struct found {
    struct matcher *matcher; /* asked again of each row, as the listing does */
    bool exact;
    uint32_t of_all; /* findings of all rows together */
    size_t rows;
};

static enum cs_err keep(void *context, const struct asset_row *row)
{
    struct found *found = context;
    const char *names[ESTATE_FINDING_MAX];
    struct facts facts = {0};
    struct cert_fact_scratch scratch = {0};
    assert_int_equal(asset_facts(row, WORLD_NOW_S, &facts, &scratch), CS_OK);
    facts_set_texts(&facts, FIELD_FINDING, names, estate_findings_of(row->estate_findings, names));
    if (found->exact || matcher_holds(found->matcher, &facts)) {
        found->of_all |= row->estate_findings;
        found->rows++;
    }
    cert_fact_scratch_dispose(&scratch);
    return CS_OK;
}

static struct found ask(struct asset_world *world, const char *where)
{
    struct found found = {0};
    assert_int_equal(matcher_compile(&found.matcher, where, RULES_FILTER, &world->diag), CS_OK);
    struct asset_filter filter = {
        .where = matcher_expr(found.matcher), .estate_findings = true, .now_s = WORLD_NOW_S};
    enum cs_err err = assets_each(world->store, &filter, &found.exact, keep, &found, &world->diag);
    if (err != CS_OK)
        fail_msg("%s: %s", where, world->diag.text);
    matcher_free(found.matcher);
    return found;
}

/* The assets of `port` have the finding or not, whichever way they are asked: by the column, in SQL and in
 * memory (for a regular expression keeps the whole of an alternative from SQL), and by the complement. */
static void has_finding(struct asset_world *world, const char *name, const char *port, bool expected)
{
    char where[200];
    uint32_t bit = 0;
    for (size_t i = 0; i < estate_finding_count(); i++)
        bit |= strcmp(estate_finding_at(i)->name, name) == 0 ? 1U << i : 0;
    assert_true(bit != 0);
    snprintf(where, sizeof where, "port = %s", port);
    struct found all = ask(world, where);
    assert_int_equal(all.rows, 1);
    assert_int_equal((all.of_all & bit) != 0, expected);
    snprintf(where, sizeof where, "port = %s and finding = %s", port, name);
    assert_true(ask(world, where).exact);
    assert_int_equal(ask(world, where).rows, expected);
    snprintf(where, sizeof where, "port = %s and not finding in (%s, %s)", port, name, name);
    assert_true(ask(world, where).exact);
    assert_int_equal(ask(world, where).rows, !expected);
    snprintf(where, sizeof where, "port = %s and (finding = %s or name matches_regex \"^nobody$\")", port,
             name);
    assert_false(ask(world, where).exact);
    assert_int_equal(ask(world, where).rows, expected);
    snprintf(where, sizeof where, "port = %s and finding in (expired, %s)", port, name);
    assert_false(ask(world, where).exact);
    assert_int_equal(ask(world, where).rows, expected);
}

static void keep_hash(uint8_t out[SHA256_SIZE], const struct forged *forged)
{
    assert_true(hex_decode(out, SHA256_SIZE, forged->sha256, 2 * SHA256_SIZE));
}

/* `endpoint` serves a certificate of www.example.org with that kind of key. */
static void serves(struct asset_world *world, const char *endpoint, const char *key,
                   uint8_t sha256[SHA256_SIZE])
{
    struct forged leaf =
        forge(&(struct forge_options){.common_name = "www.example.org", .key = key, .now_s = WORLD_NOW_S});
    keep_hash(sha256, &leaf);
    asset_world_sees(world, endpoint, &leaf, NULL, WORLD_NOW_S);
    forge_free(&leaf);
}

/* What the manager says of the old certificate and of the one that follows it; each test spoils one thing. */
struct pair {
    uint8_t sha256[2][SHA256_SIZE];
    struct inventory_certificate rows[2];
};

static struct pair *renewal(struct asset_world *world)
{
    struct pair *pair = calloc(1, sizeof *pair);
    assert_non_null(pair);
    serves(world, OLD, "ec:P-256", pair->sha256[0]);
    memset(pair->sha256[1], 7, SHA256_SIZE);
    for (int i = 0; i < 2; i++) {
        pair->rows[i] = (struct inventory_certificate){
            .external_id = 100 + i,
            .common_name = "www.example.org",
            .names = i == 0 ? "www.example.org\nexample.org" : "Example.org\nwww.example.org",
            .sha256 = pair->sha256[i],
            .state = "Issued",
            .managed = true,
            .issued_s = WORLD_NOW_S - (i == 0 ? 300 : 2) * DAY_S,
            .expires_s = WORLD_NOW_S + (i == 0 ? 20 : 90) * DAY_S,
        };
    }
    return pair;
}

static void is_renewed(struct asset_world *world, const struct pair *pair, bool expected)
{
    asset_world_inventory(world, pair->rows, 2);
    has_finding(world, "renewed-not-deployed", "443", expected);
}

static void a_newer_certificate_of_the_same_names_is_not_deployed(void **state)
{
    struct asset_world *world = *state;
    struct pair *pair = renewal(world);
    asset_world_inventory(world, pair->rows, 1); /* the old one alone */
    has_finding(world, "renewed-not-deployed", "443", false);
    is_renewed(world, pair, true); /* names in another order and case are the same names */
    free(pair);
}

static void what_is_not_newer_good_and_for_the_same_names_is_no_renewal(void **state)
{
    struct asset_world *world = *state;
    struct pair *pair = renewal(world);
    struct inventory_certificate good = pair->rows[1];
    pair->rows[1].names = "www.example.org";
    is_renewed(world, pair, false);
    pair->rows[1] = good;
    pair->rows[1].state = "Revoked";
    is_renewed(world, pair, false);
    pair->rows[1] = good;
    pair->rows[1].managed = false;
    is_renewed(world, pair, false);
    pair->rows[1] = good;
    pair->rows[1].expires_s = WORLD_NOW_S;
    is_renewed(world, pair, false);
    pair->rows[1].expires_s = WORLD_NOW_S + 1;
    is_renewed(world, pair, true);
    pair->rows[1] = good;
    pair->rows[1].issued_s = pair->rows[0].issued_s; /* an RSA and an ECDSA one, asked for together */
    is_renewed(world, pair, false);
    pair->rows[1].issued_s = 0; /* not known: the expiry decides */
    is_renewed(world, pair, true);
    free(pair);
}

static void the_other_certificate_of_the_same_server_is_deployed(void **state)
{
    struct asset_world *world = *state;
    struct pair *pair = renewal(world);
    is_renewed(world, pair, true);
    serves(world, "192.0.2.1:8443", "rsa:2048", pair->sha256[1]); /* elsewhere */
    is_renewed(world, pair, true);
    serves(world, OLD, "rsa:2048", pair->sha256[1]);
    asset_world_inventory(world, pair->rows, 2);
    assert_int_equal(ask(world, "port = 443 and finding = renewed-not-deployed").rows, 0);
    assert_int_equal(ask(world, "finding = renewed-not-deployed").rows, 0);
    free(pair);
}

static void a_revoked_certificate_is_found_where_it_is_served(void **state)
{
    struct asset_world *world = *state;
    struct pair *pair = renewal(world);
    asset_world_inventory(world, pair->rows, 1);
    has_finding(world, "revoked-but-served", "443", false);
    pair->rows[0].state = "REVOKED";
    asset_world_inventory(world, pair->rows, 1);
    has_finding(world, "revoked-but-served", "443", true);
    free(pair);
}

static void without_an_inventory_there_are_none(void **state)
{
    struct asset_world *world = *state;
    uint8_t sha256[SHA256_SIZE];
    serves(world, OLD, "ec:P-256", sha256);
    has_finding(world, "revoked-but-served", "443", false);
    has_finding(world, "renewed-not-deployed", "443", false);
}

/* `endpoint` serves a new certificate of that name, under the key of that kind. */
static void serves_name(struct asset_world *world, const char *endpoint, const char *common_name,
                        const char *key)
{
    struct forged leaf =
        forge(&(struct forge_options){.common_name = common_name, .key = key, .now_s = WORLD_NOW_S});
    asset_world_sees(world, endpoint, &leaf, NULL, WORLD_NOW_S);
    forge_free(&leaf);
}

static void one_key_under_different_subjects_is_shared(void **state)
{
    struct asset_world *world = *state;
    serves_name(world, "192.0.2.1:443", "a.example.org", "ec:P-256");
    serves_name(world, "192.0.2.2:444", "a.example.org", "ec:P-256"); /* renewed with the same key */
    has_finding(world, "shared-key", "443", false);
    serves_name(world, "192.0.2.3:445", "b.example.org", "ec:P-256");
    serves_name(world, "192.0.2.4:446", "c.example.org", "ec:P-384");
    has_finding(world, "shared-key", "443", true);
    has_finding(world, "shared-key", "445", true);
    has_finding(world, "shared-key", "446", false);
}

static void one_key_of_different_owners_is_shared(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("*.example.org");
    asset_world_sees(world, "192.0.2.1:443", &leaf, NULL, WORLD_NOW_S);
    asset_world_sees(world, "192.0.2.2:444", &leaf, NULL, WORLD_NOW_S);
    has_finding(world, "shared-key", "443", false);
    assert_int_equal(sql_exec(world->store,
                              "INSERT INTO owner (name) VALUES ('A'), ('B');"
                              "UPDATE asset SET owner_id = id",
                              &world->diag),
                     CS_OK);
    has_finding(world, "shared-key", "443", true);
    has_finding(world, "shared-key", "444", true);
    forge_free(&leaf);
}

static void one_name_with_two_certificates_is_half_rolled_out(void **state)
{
    struct asset_world *world = *state;
    serves_name(world, "192.0.2.1:443", "www.example.org", "ec:P-256");
    serves_name(world, "192.0.2.2:444", "WWW.example.org", "ec:P-384");
    serves_name(world, "192.0.2.3:445", "www.example.org", "rsa:2048"); /* another key family */
    serves_name(world, "192.0.2.4:446", "localhost", "ec:P-256");
    serves_name(world, "192.0.2.5:447", "localhost", "ec:P-384");
    serves_name(world, "192.0.2.6:448", "mail.example.org", "ec:P-256");
    has_finding(world, "half-done-roll-out", "443", true);
    has_finding(world, "half-done-roll-out", "444", true);
    has_finding(world, "half-done-roll-out", "445", false);
    has_finding(world, "half-done-roll-out", "446", false);
    has_finding(world, "half-done-roll-out", "448", false);
}

static void what_is_gone_counts_for_nothing(void **state)
{
    struct asset_world *world = *state;
    serves_name(world, "192.0.2.1:443", "www.example.org", "ec:P-256");
    serves_name(world, "192.0.2.2:444", "www.example.org", "ec:P-384");
    serves_name(world, "192.0.2.3:445", "b.example.org", "ec:P-256");
    assert_int_equal(
        sql_exec(world->store, "UPDATE asset SET state = 'gone' WHERE id IN (2, 3)", &world->diag), CS_OK);
    has_finding(world, "half-done-roll-out", "443", false);
    has_finding(world, "shared-key", "443", false);
    has_finding(world, "half-done-roll-out", "444", false);
}

static void no_name_is_a_local_finding_too(void **state)
{
    (void)state;
    for (size_t i = 0; i < finding_count(); i++)
        assert_null(estate_finding_sql(finding_at(i)->name));
    for (size_t i = 0; i < estate_finding_count(); i++) {
        assert_non_null(estate_finding_sql(estate_finding_at(i)->name));
        assert_true(strlen(estate_finding_at(i)->advice) > 0);
    }
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, asset_world_make, asset_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_newer_certificate_of_the_same_names_is_not_deployed),
        IN_WORLD(what_is_not_newer_good_and_for_the_same_names_is_no_renewal),
        IN_WORLD(the_other_certificate_of_the_same_server_is_deployed),
        IN_WORLD(a_revoked_certificate_is_found_where_it_is_served),
        IN_WORLD(without_an_inventory_there_are_none),
        IN_WORLD(one_key_under_different_subjects_is_shared),
        IN_WORLD(one_key_of_different_owners_is_shared),
        IN_WORLD(one_name_with_two_certificates_is_half_rolled_out),
        IN_WORLD(what_is_gone_counts_for_nothing),
        cmocka_unit_test(no_name_is_a_local_finding_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
