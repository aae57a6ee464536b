// SPDX-License-Identifier: Apache-2.0
/* Assets of two owners that a certificate manager knows (100 and 200), and a plan of all of them. */
#ifndef TESTS_UNIT_DB_PUSH_WORLD_H
#define TESTS_UNIT_DB_PUSH_WORLD_H

#include "db/assets.h"
#include "db/owners.h"
#include "db/push.h"
#include "db/push_plan.h"
#include "tests/support/asset_world.h"

#define PUSH_SERVER "https://scm.example"

struct push_world {
    struct asset_world *world;
    struct store *store;
    struct forged issuer;
    int64_t owners[3]; /* University (100), Hospital (200), Elsewhere (not known there) */
    int64_t assets;
    struct push_plan_options options;
    struct push_plan *plan;
};

static inline int64_t push_world_owner(struct push_world *push, const char *name)
{
    struct owner_name owner;
    int64_t id;
    assert_int_equal(owner_parse(&owner, name, NULL), CS_OK);
    assert_int_equal(owners_add(push->store, &owner, &id, NULL), CS_OK);
    return id;
}

static inline int push_world_make(void **state)
{
    struct push_world *push = calloc(1, sizeof *push);
    bool unused;
    void *inner;
    assert_non_null(push);
    assert_int_equal(asset_world_make(&inner), 0);
    push->world = inner;
    push->store = push->world->store;
    push->issuer = forge(&(struct forge_options){.common_name = "Test CA", .now_s = WORLD_NOW_S, .is_ca = 1});
    push->owners[0] = push_world_owner(push, "University");
    push->owners[1] = push_world_owner(push, "Hospital");
    push->owners[2] = push_world_owner(push, "Elsewhere");
    struct inventory_pull pull = {push->store, INVENTORY_SCM, INVENTORY_ORGANIZATIONS, 0};
    assert_int_equal(inventory_begin(&pull, WORLD_NOW_S, &unused, NULL), CS_OK);
    assert_int_equal(inventory_put_owner(&pull, 100, 0, "University", &unused, NULL), CS_OK);
    assert_int_equal(inventory_put_owner(&pull, 200, 0, "Hospital", &unused, NULL), CS_OK);
    assert_int_equal(inventory_swap(&pull, WORLD_NOW_S, NULL), CS_OK);
    asset_world_inventory(push->world, NULL, 0);
    push->options = (struct push_plan_options){
        .provider = INVENTORY_SCM, .server = PUSH_SERVER, .route = PUSH_ROUTE_IMPORT, .now_s = WORLD_NOW_S};
    *state = push;
    return 0;
}

static inline int push_world_end(void **state)
{
    struct push_world *push = *state;
    void *inner = push->world;
    push_plan_free(push->plan);
    forge_free(&push->issuer);
    asset_world_end(&inner);
    free(push);
    return 0;
}

static inline struct forged push_world_leaf(struct push_world *push, const char *name)
{
    return forge(&(struct forge_options){.common_name = name, .now_s = WORLD_NOW_S, .issuer = &push->issuer});
}

/* `owner` 0 to 2; -1 = nobody's. */
static inline void push_world_serves(struct push_world *push, const char *at, const struct forged *leaf,
                                     int owner)
{
    struct endpoint endpoint;
    char name[ENDPOINT_MAX_NAME + 1];
    int64_t count;
    asset_world_sees(push->world, at, leaf, NULL, WORLD_NOW_S);
    push->assets++;
    assert_int_equal(endpoint_parse(at, &endpoint, name), CS_OK);
    endpoint.network = "";
    if (owner >= 0)
        assert_int_equal(assets_assign(push->store, &endpoint, NULL, push->owners[owner], "test", WORLD_NOW_S,
                                       &count, NULL),
                         CS_OK);
}

/* A certificate of its own at an endpoint. */
static inline void push_world_has(struct push_world *push, const char *at, const char *name, int owner)
{
    struct forged leaf = push_world_leaf(push, name);
    push_world_serves(push, at, &leaf, owner);
    forge_free(&leaf);
}

static inline void push_world_plan(struct push_world *push)
{
    push_plan_free(push->plan);
    assert_int_equal(push_plan_new(&push->plan, push->store, NULL), CS_OK);
    for (int64_t id = 1; id <= push->assets; id++)
        assert_int_equal(push_plan_add(push->plan, id, NULL), CS_OK);
    assert_int_equal(push_plan_judge(push->plan, &push->options, NULL), CS_OK);
}

static inline int64_t push_world_save(struct push_world *push)
{
    const struct push_info info = {.kind = "assets", .account = "api", .local_user = "ada", .tag = "0123"};
    int64_t id;
    push_world_plan(push);
    assert_int_equal(push_plan_save(push->plan, &info, &id, NULL), CS_OK);
    return id;
}

#define PUSH_TEST(function) cmocka_unit_test_setup_teardown(function, push_world_make, push_world_end)

#endif
