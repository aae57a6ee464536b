// SPDX-License-Identifier: Apache-2.0
/* Whose certificate it is that nobody manages, also where the server's own chain does not tell. */
#include "report/unmanaged.h"

#include "cert/text_dump.h"
#include "db/chain_verdicts.h"
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

static struct forged ca(const char *name, const struct forged *issuer)
{
    return forge(&(struct forge_options){
        .common_name = name, .key = "rsa:2048", .is_ca = 1, .issuer = issuer, .now_s = WORLD_NOW_S});
}

static void shows(struct asset_world *world, const char *endpoint, const struct forged *issuer, bool sent)
{
    struct forged leaf =
        forge(&(struct forge_options){.common_name = endpoint, .issuer = issuer, .now_s = WORLD_NOW_S});
    asset_world_sees(world, endpoint, &leaf, sent ? issuer : NULL, WORLD_NOW_S);
    forge_free(&leaf);
}

struct groups {
    struct issuers issuers;
    struct buf text; /* "group, " of each endpoint, in their order */
};

static enum cs_err keep(void *context, const struct asset_row *row)
{
    struct groups *groups = context;
    buf_printf(&groups->text, "%s, ", unmanaged_group_name(unmanaged_group_of(row, &groups->issuers)));
    return CS_OK;
}

static void groups_are(struct asset_world *world, const char *expected)
{
    struct groups groups = {0};
    struct asset_filter filter = {.now_s = WORLD_NOW_S};
    assert_int_equal(issuers_read(&groups.issuers, world->store, &world->diag), CS_OK);
    assert_int_equal(assets_each(world->store, &filter, NULL, keep, &groups, &world->diag), CS_OK);
    assert_string_equal(buf_str(&groups.text), expected);
    issuers_dispose(&groups.issuers);
    buf_dispose(&groups.text);
}

static void a_missing_intermediate_is_known_by_the_chains_of_others(void **state)
{
    struct asset_world *world = *state;
    struct forged root = ca("Public Root", NULL);
    struct forged middle = ca("Public Middle", &root);
    struct forged own = ca("Campus Root", NULL);
    struct forged unseen = ca("Unseen Root", NULL);
    struct trust *trust = trust_in(&root);
    shows(world, "192.0.2.1:443", &middle, false);
    shows(world, "192.0.2.2:443", &own, false);
    shows(world, "192.0.2.3:443", &unseen, false);
    groups_are(world, "CA not known, CA not known, CA not known, "); /* nobody has judged them */
    assert_int_equal(chain_verdicts_refresh(world->store, trust, WORLD_NOW_S, &world->diag), CS_OK);
    groups_are(world, "CA not known, CA not known, CA not known, ");

    shows(world, "192.0.2.4:443", &middle, true);
    shows(world, "192.0.2.5:443", &own, true);
    assert_int_equal(chain_verdicts_refresh(world->store, trust, WORLD_NOW_S, &world->diag), CS_OK);
    groups_are(world, "public CA, private CA, CA not known, public CA, private CA, ");
    trust_free(trust);
    forge_free(&unseen);
    forge_free(&own);
    forge_free(&middle);
    forge_free(&root);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, asset_world_make, asset_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_missing_intermediate_is_known_by_the_chains_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
