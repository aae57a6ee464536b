// SPDX-License-Identifier: Apache-2.0
#include "db/chain_verdicts.h"

#include "cert/text_dump.h"
#include "db/assets.h"
#include "tests/support/asset_world.h"

static struct trust *trust_in(const struct forged *root)
{
    struct trust *trust;
    struct buf pem = {0};
    size_t added;
    assert_int_equal(trust_new(&trust), CS_OK);
    cert_append_pem(&pem, root->der, root->der_len);
    assert_int_equal(trust_add_pem(trust, (const char *)pem.data, pem.len, ROOT_PUBLIC, &added), CS_OK);
    buf_dispose(&pem);
    return trust;
}

static size_t stale(struct asset_world *world, struct trust *trust)
{
    size_t count;
    assert_int_equal(chain_verdicts_stale(world->store, trust, 100, &count, &world->diag), CS_OK);
    return count;
}

static void refresh(struct asset_world *world, struct trust *trust)
{
    if (chain_verdicts_refresh(world->store, trust, WORLD_NOW_S, &world->diag) != CS_OK)
        fail_msg("%s", world->diag.text);
}

static enum cs_err keep(void *context, const struct asset_row *row)
{
    *(struct chain_verdict *)context = row->verdict;
    return CS_OK;
}

static struct chain_verdict verdict_of(struct asset_world *world, const struct forged *leaf)
{
    struct chain_verdict verdict = {0};
    struct der der = asset_world_der(leaf);
    struct asset_filter filter = {.leaf_sha256 = der.sha256, .now_s = WORLD_NOW_S};
    assert_int_equal(assets_each(world->store, &filter, NULL, keep, &verdict, &world->diag), CS_OK);
    return verdict;
}

static void chains_are_judged_again_when_the_roots_are_others(void **state)
{
    struct asset_world *world = *state;
    struct forged root = forge(
        &(struct forge_options){.common_name = "Root", .key = "rsa:2048", .is_ca = 1, .now_s = WORLD_NOW_S});
    struct forged leaf =
        forge(&(struct forge_options){.common_name = "www.example", .issuer = &root, .now_s = WORLD_NOW_S});
    struct forged alone = asset_world_forge("printer.example");
    struct trust *one = trust_in(&root);
    struct trust *other = trust_in(&alone);
    asset_world_sees(world, "192.0.2.1:443", &leaf, &root, WORLD_NOW_S);
    asset_world_sees(world, "192.0.2.2:443", &alone, NULL, WORLD_NOW_S);
    assert_false(verdict_of(world, &leaf).known);
    assert_int_equal(stale(world, one), 2);

    refresh(world, one);
    assert_int_equal(stale(world, one), 0);
    assert_true(verdict_of(world, &leaf).known);
    assert_int_equal(verdict_of(world, &leaf).flaws, CHAIN_PUBLIC);
    assert_int_equal(verdict_of(world, &leaf).path_ends_s, WORLD_NOW_S + 90 * 86400);
    assert_int_equal(verdict_of(world, &alone).flaws, CHAIN_UNTRUSTED);

    assert_int_equal(stale(world, other), 2);
    refresh(world, other);
    assert_int_equal(verdict_of(world, &leaf).flaws, CHAIN_UNTRUSTED);
    assert_int_equal(verdict_of(world, &alone).flaws, CHAIN_PUBLIC);
    assert_true(verdict_of(world, &alone).path_ends_s == INT64_MAX);
    trust_free(one);
    trust_free(other);
    forge_free(&alone);
    forge_free(&leaf);
    forge_free(&root);
}

static void a_chain_that_came_since_is_found_and_the_others_are_left_alone(void **state)
{
    struct asset_world *world = *state;
    struct forged first = asset_world_forge("a.example");
    struct forged second = asset_world_forge("b.example");
    struct trust *trust = trust_in(&first);
    asset_world_sees(world, "192.0.2.1:443", &first, NULL, WORLD_NOW_S);
    refresh(world, trust);
    asset_world_sees(world, "192.0.2.2:443", &second, NULL, WORLD_NOW_S);
    assert_int_equal(stale(world, trust), 1);
    refresh(world, trust);
    assert_int_equal(stale(world, trust), 0);
    assert_int_equal(verdict_of(world, &second).flaws, CHAIN_UNTRUSTED);
    trust_free(trust);
    forge_free(&first);
    forge_free(&second);
}

static void a_verdict_given_with_a_new_chain_is_kept_and_found_again(void **state)
{
    struct asset_world *world = *state;
    struct forged leaf = asset_world_forge("a.example");
    struct der der = asset_world_der(&leaf);
    struct chain chain = {.certs = &der, .cert_count = 1, .tls_version = 0x0303};
    const struct chain_verdict verdict = {.known = true, .flaws = CHAIN_EXTRA, .path_ends_s = 77};
    const uint8_t roots[SHA256_SIZE] = {7};
    struct ingest_sighting sighting = {
        .chain = &chain, .verdict = &verdict, .roots = roots, .seen_at_s = WORLD_NOW_S};
    struct ingest_decision decision;
    struct chain_verdict found;
    char server_name[ENDPOINT_MAX_NAME + 1];
    assert_int_equal(endpoint_parse("192.0.2.1:443", &sighting.endpoint, server_name), CS_OK);
    sighting.endpoint.network = "";
    assert_int_equal(ingest_begin(world->ingest, &world->diag), CS_OK);
    assert_int_equal(ingest_find_verdict(world->ingest, &chain, &found, &world->diag), CS_OK);
    assert_false(found.known);
    sighting.slot = asset_world_keep(world, &leaf);
    assert_int_equal(ingest_sighting(world->ingest, &sighting, &decision, &world->diag), CS_OK);
    for (int i = 0; i < 2; i++) { /* from the store, and from memory */
        assert_int_equal(ingest_find_verdict(world->ingest, &chain, &found, &world->diag), CS_OK);
        assert_true(found.known);
        assert_int_equal(found.flaws, CHAIN_EXTRA);
        assert_int_equal(found.path_ends_s, 77);
    }
    assert_int_equal(ingest_commit(world->ingest, &world->diag), CS_OK);
    forge_free(&leaf);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, asset_world_make, asset_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(chains_are_judged_again_when_the_roots_are_others),
        WITH_STORE(a_chain_that_came_since_is_found_and_the_others_are_left_alone),
        WITH_STORE(a_verdict_given_with_a_new_chain_is_kept_and_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
