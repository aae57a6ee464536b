// SPDX-License-Identifier: Apache-2.0
#include "cert/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/text.h"
#include "cert/text_dump.h"
#include "tests/support/forge.h"

#define NOW_S 1800000000
#define DAY_S 86400

/* A root, an intermediate and a leaf, with a key each; and a CA that has nothing to do with them. */
struct world {
    struct forged root;
    struct forged middle;
    struct forged leaf;
    struct forged stranger;
    struct trust *trust;
};

static int make_world(void **state)
{
    static struct world world;
    world.root = forge(&(struct forge_options){.common_name = "Root",
                                               .key = "rsa:2048",
                                               .is_ca = 1,
                                               .not_before_s = 1,
                                               .not_after_s = NOW_S + 900 * DAY_S});
    world.middle = forge(&(struct forge_options){.common_name = "Middle",
                                                 .key = "ec:P-384",
                                                 .is_ca = 1,
                                                 .issuer = &world.root,
                                                 .not_before_s = 1,
                                                 .not_after_s = NOW_S + 300 * DAY_S});
    world.leaf =
        forge(&(struct forge_options){.common_name = "www.example", .issuer = &world.middle, .now_s = NOW_S});
    world.stranger = forge(
        &(struct forge_options){.common_name = "Stranger", .key = "ed25519", .is_ca = 1, .now_s = NOW_S});
    assert_int_equal(trust_new(&world.trust), CS_OK);
    *state = &world;
    return 0;
}

static int end_world(void **state)
{
    struct world *world = *state;
    trust_free(world->trust);
    forge_free(&world->root);
    forge_free(&world->middle);
    forge_free(&world->leaf);
    forge_free(&world->stranger);
    return 0;
}

static void trusts(struct world *world, const struct forged *root, enum root_kind kind)
{
    struct buf pem = {0};
    size_t added;
    cert_append_pem(&pem, root->der, root->der_len);
    assert_int_equal(trust_add_pem(world->trust, (const char *)pem.data, pem.len, kind, &added), CS_OK);
    assert_int_equal(added, 1);
    buf_dispose(&pem);
}

static struct der der_of(const struct forged *forged)
{
    struct der der = {.bytes = forged->der, .len = forged->der_len};
    assert_true(hex_decode(der.sha256, SHA256_SIZE, forged->sha256, 64));
    return der;
}

/* The verdict on a chain of up to four; a NULL ends it. */
static struct chain_verdict judged(struct trust *trust, const struct forged *const sent[5])
{
    struct der certs[4];
    struct chain_verdict verdict;
    size_t count = 0;
    for (; sent[count] != NULL; count++)
        certs[count] = der_of(sent[count]);
    assert_int_equal(trust_judge(trust, certs, count, NOW_S, &verdict), CS_OK);
    return verdict;
}
#define JUDGED(...) judged(world->trust, (const struct forged *const[5]){__VA_ARGS__})

static void a_whole_chain_to_a_public_root_is_trusted_as_long_as_its_path_lasts(void **state)
{
    struct world *world = *state;
    trusts(world, &world->root, ROOT_PUBLIC);
    struct chain_verdict verdict = JUDGED(&world->leaf, &world->middle);
    assert_true(verdict.known);
    assert_int_equal(verdict.flaws, CHAIN_PUBLIC);
    assert_int_equal(verdict.path_ends_s, NOW_S + 300 * DAY_S);
    assert_int_equal(JUDGED(&world->leaf, &world->middle, &world->root).flaws, CHAIN_PUBLIC);
}

static void a_root_of_ones_own_is_trusted_and_not_public(void **state)
{
    struct world *world = *state;
    trusts(world, &world->root, ROOT_OWN);
    assert_int_equal(JUDGED(&world->leaf, &world->middle).flaws, 0);
}

/* As where the system's bundle has the CAs of the campus too. */
static void a_root_that_is_both_is_ones_own(void **state)
{
    struct world *world = *state;
    trusts(world, &world->root, ROOT_PUBLIC);
    trusts(world, &world->root, ROOT_OWN);
    assert_int_equal(trust_count(world->trust), 1);
    assert_int_equal(JUDGED(&world->leaf, &world->middle).flaws, 0);
}

static void without_its_root_a_chain_is_not_trusted(void **state)
{
    struct world *world = *state;
    trusts(world, &world->stranger, ROOT_PUBLIC);
    assert_int_equal(JUDGED(&world->leaf, &world->middle, &world->root).flaws, CHAIN_UNTRUSTED);
    assert_int_equal(JUDGED(&world->leaf, &world->middle).flaws, CHAIN_UNTRUSTED | CHAIN_INCOMPLETE);
}

static void a_missing_intermediate_is_told_and_a_missing_root_is_none(void **state)
{
    struct world *world = *state;
    trusts(world, &world->root, ROOT_PUBLIC);
    assert_int_equal(JUDGED(&world->leaf).flaws, CHAIN_UNTRUSTED | CHAIN_INCOMPLETE);
    assert_int_equal(JUDGED(&world->leaf, &world->root).flaws,
                     CHAIN_UNTRUSTED | CHAIN_INCOMPLETE | CHAIN_EXTRA);
    assert_int_equal(JUDGED(&world->middle).flaws, CHAIN_PUBLIC);
}

static void order_and_extras_are_told_apart(void **state)
{
    struct world *world = *state;
    trusts(world, &world->root, ROOT_PUBLIC);
    assert_int_equal(JUDGED(&world->leaf, &world->root, &world->middle).flaws,
                     CHAIN_PUBLIC | CHAIN_WRONG_ORDER);
    assert_int_equal(JUDGED(&world->leaf, &world->stranger, &world->middle).flaws,
                     CHAIN_PUBLIC | CHAIN_EXTRA);
    assert_int_equal(JUDGED(&world->leaf, &world->middle, &world->leaf).flaws, CHAIN_PUBLIC | CHAIN_EXTRA);
    assert_int_equal(JUDGED(&world->leaf, &world->middle, &world->middle).flaws, CHAIN_PUBLIC | CHAIN_EXTRA);
}

static void a_cross_signed_certificate_of_the_same_ca_is_no_extra(void **state)
{
    struct world *world = *state;
    struct forged cross = forge(&(struct forge_options){
        .common_name = "Middle", .key = "ec:P-384", .is_ca = 1, .issuer = &world->stranger, .now_s = NOW_S});
    trusts(world, &world->root, ROOT_PUBLIC);
    assert_int_equal(JUDGED(&world->leaf, &world->middle, &cross).flaws, CHAIN_PUBLIC);
    assert_int_equal(JUDGED(&world->leaf, &cross, &world->middle).flaws, CHAIN_PUBLIC);
    forge_free(&cross);
}

static void a_self_signed_one_is_trusted_only_where_it_is_named(void **state)
{
    struct world *world = *state;
    struct forged alone = forge(&(struct forge_options){.common_name = "printer.example", .now_s = NOW_S});
    trusts(world, &world->root, ROOT_PUBLIC);
    assert_int_equal(JUDGED(&alone).flaws, CHAIN_UNTRUSTED);
    trusts(world, &alone, ROOT_OWN);
    struct chain_verdict verdict = JUDGED(&alone);
    assert_int_equal(verdict.flaws, 0);
    assert_true(verdict.path_ends_s == INT64_MAX);
    forge_free(&alone);
}

static void time_is_no_part_of_a_verdict(void **state)
{
    struct world *world = *state;
    struct forged expired = forge(&(struct forge_options){
        .common_name = "www.example", .issuer = &world->middle, .not_before_s = 1, .not_after_s = 2});
    trusts(world, &world->root, ROOT_PUBLIC);
    assert_int_equal(JUDGED(&expired, &world->middle).flaws, CHAIN_PUBLIC);
    forge_free(&expired);
}

static void an_intermediate_that_has_expired_ends_the_path(void **state)
{
    struct world *world = *state;
    struct forged old = forge(&(struct forge_options){.common_name = "Middle",
                                                      .key = "ec:P-384",
                                                      .is_ca = 1,
                                                      .issuer = &world->root,
                                                      .not_before_s = 1,
                                                      .not_after_s = NOW_S - DAY_S});
    trusts(world, &world->root, ROOT_PUBLIC);
    assert_int_equal(JUDGED(&world->leaf, &old).path_ends_s, NOW_S - DAY_S);
    /* where there is one that is valid, that is the path */
    assert_int_equal(JUDGED(&world->leaf, &old, &world->middle).path_ends_s, NOW_S + 300 * DAY_S);
    forge_free(&old);
}

static void a_forged_signature_is_not_trusted(void **state)
{
    struct world *world = *state;
    struct forged liar = forge(
        &(struct forge_options){.common_name = "Middle", .key = "rsa:1024", .is_ca = 1, .now_s = NOW_S});
    struct forged forged =
        forge(&(struct forge_options){.common_name = "www.example", .issuer = &liar, .now_s = NOW_S});
    trusts(world, &world->root, ROOT_PUBLIC);
    assert_true((JUDGED(&forged, &world->middle).flaws & CHAIN_UNTRUSTED) != 0);
    forge_free(&forged);
    forge_free(&liar);
}

static void weak_keys_and_digests_are_not_trusted(void **state)
{
    struct world *world = *state;
    struct forged weak = forge(&(struct forge_options){.common_name = "Weak",
                                                       .key = "rsa:1024",
                                                       .is_ca = 1,
                                                       .issuer = &world->root,
                                                       .digest = "SHA1",
                                                       .now_s = NOW_S});
    struct forged leaf =
        forge(&(struct forge_options){.common_name = "www.example", .issuer = &weak, .now_s = NOW_S});
    trusts(world, &world->root, ROOT_PUBLIC);
    assert_int_equal(JUDGED(&leaf, &weak).flaws, CHAIN_UNTRUSTED | CHAIN_WEAK_SIGNATURE);
    forge_free(&leaf);
    forge_free(&weak);
}

static void one_that_is_no_ca_signs_nothing(void **state)
{
    struct world *world = *state;
    struct forged below = forge(&(struct forge_options){
        .common_name = "sub.example", .key = "ed448", .issuer = &world->leaf, .now_s = NOW_S});
    trusts(world, &world->root, ROOT_PUBLIC);
    assert_true((JUDGED(&below, &world->leaf, &world->middle).flaws & CHAIN_UNTRUSTED) != 0);
    forge_free(&below);
}

static void without_roots_or_without_a_leaf_nothing_is_known(void **state)
{
    struct world *world = *state;
    const struct der garbage = {.bytes = (const uint8_t *)"garbage", .len = 7};
    struct chain_verdict verdict;
    assert_false(JUDGED(&world->leaf, &world->middle).known);
    trusts(world, &world->root, ROOT_PUBLIC);
    assert_int_equal(trust_judge(world->trust, &garbage, 1, NOW_S, &verdict), CS_OK);
    assert_false(verdict.known);
    assert_int_equal(trust_judge(world->trust, &garbage, 0, NOW_S, &verdict), CS_OK);
    assert_false(verdict.known);
}

static void garbage_between_is_an_extra(void **state)
{
    struct world *world = *state;
    struct der certs[] = {der_of(&world->leaf),
                          {.bytes = (const uint8_t *)"garbage", .len = 7, .sha256 = {1}},
                          der_of(&world->middle)};
    struct chain_verdict verdict;
    trusts(world, &world->root, ROOT_PUBLIC);
    assert_int_equal(trust_judge(world->trust, certs, 3, NOW_S, &verdict), CS_OK);
    assert_int_equal(verdict.flaws, CHAIN_PUBLIC | CHAIN_EXTRA);
}

static void more_than_is_looked_at_is_extra(void **state)
{
    struct world *world = *state;
    struct der certs[CHAIN_MAX_CERTS];
    struct chain_verdict verdict;
    certs[0] = der_of(&world->leaf);
    for (size_t i = 1; i < CHAIN_MAX_CERTS; i++)
        certs[i] = der_of(&world->middle);
    trusts(world, &world->root, ROOT_PUBLIC);
    assert_int_equal(trust_judge(world->trust, certs, CHAIN_MAX_CERTS, NOW_S, &verdict), CS_OK);
    assert_int_equal(verdict.flaws, CHAIN_PUBLIC | CHAIN_EXTRA);
}

static void the_version_is_that_of_the_set(void **state)
{
    struct world *world = *state;
    uint8_t version[4][SHA256_SIZE];
    struct trust *other;
    struct trust *own = world->trust;
    assert_int_equal(trust_version(world->trust, version[0]), CS_OK);
    trusts(world, &world->root, ROOT_PUBLIC);
    trusts(world, &world->stranger, ROOT_OWN);
    assert_int_equal(trust_version(world->trust, version[1]), CS_OK);
    assert_int_equal(trust_new(&other), CS_OK);
    world->trust = other;
    trusts(world, &world->stranger, ROOT_OWN);
    trusts(world, &world->root, ROOT_PUBLIC);
    assert_int_equal(trust_version(other, version[2]), CS_OK);
    trusts(world, &world->root, ROOT_OWN);
    assert_int_equal(trust_version(other, version[3]), CS_OK);
    assert_memory_not_equal(version[0], version[1], SHA256_SIZE);
    assert_memory_equal(version[1], version[2], SHA256_SIZE);
    assert_memory_not_equal(version[2], version[3], SHA256_SIZE);
    world->trust = own;
    trust_free(other);
}

static void what_is_no_certificate_is_passed_over(void **state)
{
    struct world *world = *state;
    struct buf text = {0};
    size_t added;
    buf_append_str(&text, "a comment\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
                          "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    cert_append_pem(&text, world->root.der, world->root.der_len);
    assert_int_equal(trust_add_pem(world->trust, (const char *)text.data, text.len, ROOT_OWN, &added), CS_OK);
    assert_int_equal(added, 1);
    assert_int_equal(trust_add_pem(world->trust, "", 0, ROOT_OWN, &added), CS_OK);
    assert_int_equal(added, 0);
    buf_dispose(&text);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, end_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_whole_chain_to_a_public_root_is_trusted_as_long_as_its_path_lasts),
        IN_WORLD(a_root_of_ones_own_is_trusted_and_not_public),
        IN_WORLD(a_root_that_is_both_is_ones_own),
        IN_WORLD(without_its_root_a_chain_is_not_trusted),
        IN_WORLD(a_missing_intermediate_is_told_and_a_missing_root_is_none),
        IN_WORLD(order_and_extras_are_told_apart),
        IN_WORLD(a_cross_signed_certificate_of_the_same_ca_is_no_extra),
        IN_WORLD(a_self_signed_one_is_trusted_only_where_it_is_named),
        IN_WORLD(time_is_no_part_of_a_verdict),
        IN_WORLD(an_intermediate_that_has_expired_ends_the_path),
        IN_WORLD(a_forged_signature_is_not_trusted),
        IN_WORLD(weak_keys_and_digests_are_not_trusted),
        IN_WORLD(one_that_is_no_ca_signs_nothing),
        IN_WORLD(without_roots_or_without_a_leaf_nothing_is_known),
        IN_WORLD(garbage_between_is_an_extra),
        IN_WORLD(more_than_is_looked_at_is_extra),
        IN_WORLD(the_version_is_that_of_the_set),
        IN_WORLD(what_is_no_certificate_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
