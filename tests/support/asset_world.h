// SPDX-License-Identifier: Apache-2.0
/* A store in a temporary folder, and endpoints that show certificates in it as a scan would have seen them.
 * For the unit tests of layers above db. */
#ifndef TESTS_SUPPORT_ASSET_WORLD_H
#define TESTS_SUPPORT_ASSET_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/text.h"
#include "cert/record.h"
#include "db/assets.h"
#include "db/ingest.h"
#include "db/inventory.h"
#include "db/scans.h"
#include "tests/support/forge.h"
#include "tests/support/temp_dir.h"

#define WORLD_NOW_S 1800000000 /* 2027-01-15T08:00:00Z */

struct asset_world {
    char *folder;
    struct store *store;
    struct ingest *ingest;
    struct diag diag;
};

static inline int asset_world_make(void **state)
{
    struct asset_world *world = calloc(1, sizeof *world);
    struct scan_row scan = {.network = "",
                            .targets = "{}",
                            .rules = "{}",
                            .options = "{}",
                            .summary = "test",
                            .shard_count = 1,
                            .started_at_s = WORLD_NOW_S};
    char path[4200];
    int64_t scan_id;
    assert_non_null(world);
    world->folder = temp_dir_new();
    snprintf(path, sizeof path, "%s/store.db", world->folder);
    assert_int_equal(store_open(&world->store, path, STORE_WRITE, &world->diag), CS_OK);
    assert_int_equal(scans_create(world->store, &scan, &scan_id, &world->diag), CS_OK);
    assert_int_equal(ingest_new(&world->ingest, world->store, scan_id, "", &world->diag), CS_OK);
    *state = world;
    return 0;
}

static inline int asset_world_end(void **state)
{
    struct asset_world *world = *state;
    ingest_free(world->ingest);
    store_close(world->store);
    temp_dir_remove(world->folder);
    free(world);
    return 0;
}

static inline struct der asset_world_der(const struct forged *forged)
{
    struct der der = {.bytes = forged->der, .len = forged->der_len};
    assert_true(hex_decode(der.sha256, SHA256_SIZE, forged->sha256, 2 * SHA256_SIZE));
    return der;
}

/* Stores the certificate; its slot is told back. */
static inline const char *asset_world_keep(struct asset_world *world, const struct forged *forged)
{
    struct cert_record record;
    assert_int_equal(cert_record_parse(&record, forged->der, forged->der_len), CS_OK);
    const char *slot = cert_record_slot(&record);
    if (!ingest_knows_certificate(world->ingest, record.sha256))
        assert_int_equal(ingest_certificate(world->ingest, &record, forged->der, forged->der_len, WORLD_NOW_S,
                                            &world->diag),
                         CS_OK);
    cert_record_dispose(&record);
    return slot;
}

/* `endpoint` shows `leaf` and, unless NULL, `issuer` behind it, `at_s`. */
static inline void asset_world_sees(struct asset_world *world, const char *endpoint,
                                    const struct forged *leaf, const struct forged *issuer, int64_t at_s)
{
    struct der certs[2] = {asset_world_der(leaf)};
    struct chain chain = {.certs = certs, .cert_count = 1, .tls_version = 0x0303, .lane = LANE_FULL};
    struct ingest_sighting sighting = {.chain = &chain, .seen_at_s = at_s};
    struct ingest_decision decision;
    char server_name[ENDPOINT_MAX_NAME + 1];
    if (issuer != NULL)
        certs[chain.cert_count++] = asset_world_der(issuer);
    assert_int_equal(endpoint_parse(endpoint, &sighting.endpoint, server_name), CS_OK);
    sighting.endpoint.network = "";
    assert_int_equal(ingest_begin(world->ingest, &world->diag), CS_OK);
    sighting.slot = asset_world_keep(world, leaf);
    if (issuer != NULL)
        asset_world_keep(world, issuer);
    assert_int_equal(ingest_sighting(world->ingest, &sighting, &decision, &world->diag), CS_OK);
    assert_int_equal(ingest_commit(world->ingest, &world->diag), CS_OK);
}

/* A whole pull of SCM's certificates: these are all of them. */
static inline void asset_world_inventory(struct asset_world *world,
                                         const struct inventory_certificate *certificates, size_t count)
{
    struct inventory_pull pull = {world->store, INVENTORY_SCM, INVENTORY_CERTIFICATES, 0};
    bool resumed;
    assert_int_equal(inventory_begin(&pull, WORLD_NOW_S, &resumed, NULL), CS_OK);
    for (size_t i = 0; i < count; i++) {
        bool fresh;
        assert_int_equal(inventory_put_listed(&pull, certificates[i].external_id, NULL, &fresh, NULL), CS_OK);
        assert_int_equal(inventory_detail_certificate(&pull, &certificates[i], NULL), CS_OK);
    }
    assert_int_equal(inventory_swap(&pull, WORLD_NOW_S, NULL), CS_OK);
}

static inline enum cs_err asset_world_add_state(void *context, const struct asset_row *row)
{
    char endpoint[ENDPOINT_TEXT_SIZE];
    struct buf *out = context;
    buf_printf(out, "%s%s %s", out->len > 0 ? ", " : "", endpoint_format(endpoint, &row->endpoint),
               row->state);
    return CS_OK;
}

/* All assets, as "192.0.2.1:443 live, 192.0.2.1:443#www.example gone". */
static inline void asset_world_states_are(struct asset_world *world, const char *expected)
{
    struct buf got = {0};
    const struct asset_filter all = {0};
    assert_int_equal(assets_each(world->store, &all, NULL, asset_world_add_state, &got, &world->diag), CS_OK);
    assert_string_equal(buf_str(&got), expected);
    buf_dispose(&got);
}

/* A certificate of that name, valid around WORLD_NOW_S. */
static inline struct forged asset_world_forge(const char *common_name)
{
    return forge(&(struct forge_options){.common_name = common_name, .now_s = WORLD_NOW_S});
}

#endif
