// SPDX-License-Identifier: Apache-2.0
#include "db/unseen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text_list.h"
#include "db/inventory.h"
#include "db/inventory_names.h"
#include "tests/support/temp_dir.h"

#define NOW_S 1800000000

struct world {
    char *folder;
    struct store *store;
    struct inventory_pull pull;
    struct text_list lines; /* what was told */
};

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    char path[4200];
    bool resumed;
    assert_non_null(world);
    world->folder = temp_dir_new();
    snprintf(path, sizeof path, "%s/store.db", world->folder);
    assert_int_equal(store_open(&world->store, path, STORE_WRITE, NULL), CS_OK);
    world->pull = (struct inventory_pull){world->store, INVENTORY_SCM, INVENTORY_CERTIFICATES, 0};
    assert_int_equal(inventory_begin(&world->pull, NOW_S, &resumed, NULL), CS_OK);
    *state = world;
    return 0;
}

static int end_world(void **state)
{
    struct world *world = *state;
    store_close(world->store);
    temp_dir_remove(world->folder);
    text_list_dispose(&world->lines);
    free(world);
    return 0;
}

static struct ip ip_of(const char *text)
{
    struct ip ip;
    assert_int_equal(ip_parse(text, strlen(text), &ip), CS_OK);
    return ip;
}

static void has_certificate(struct world *world, const struct inventory_certificate *certificate)
{
    bool fresh;
    assert_int_equal(inventory_put_listed(&world->pull, certificate->external_id, "name", &fresh, NULL),
                     CS_OK);
    assert_int_equal(inventory_detail_certificate(&world->pull, certificate, NULL), CS_OK);
}

/* A sound one but for its names. */
static struct inventory_certificate certificate(int64_t id, const char *common_name, const char *names)
{
    return (struct inventory_certificate){.external_id = id,
                                          .common_name = common_name,
                                          .names = names,
                                          .serial = "0e1234567890abcdef",
                                          .managed = true,
                                          .state = "Issued",
                                          .expires_s = NOW_S + 86400};
}

static void is_at(struct world *world, const char *name, const char *address, int64_t now_s)
{
    struct ip ip = ip_of(address);
    assert_int_equal(scan_names_put(world->store, "", name, &ip, 1, now_s, NULL), CS_OK);
}

static enum cs_err keep_row(void *context, const struct unseen_row *row)
{
    struct world *world = context;
    char line[200];
    char ip[IP_TEXT_SIZE];
    snprintf(line, sizeof line, "%d %s %s", (int)row->external_id, row->name, ip_format(ip, row->ip));
    return text_list_add(&world->lines, line);
}

static enum cs_err keep_name(void *context, const char *name)
{
    struct world *world = context;
    return text_list_add(&world->lines, name);
}

static void tells(struct world *world, const char *const *lines, size_t count)
{
    assert_int_equal(world->lines.count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(world->lines.items[i], lines[i]);
    text_list_dispose(&world->lines);
}

static void swaps(struct world *world)
{
    assert_int_equal(inventory_swap(&world->pull, NOW_S, NULL), CS_OK);
}

static void asks(struct world *world, const struct owner_name *owner)
{
    const struct ip_range ours[] = {{ip_of("192.0.2.0"), ip_of("192.0.2.127")},
                                    {ip_of("192.0.2.200"), ip_of("192.0.2.200")},
                                    {ip_of("2001:db8::"), ip_of("2001:db8::ff")}};
    const struct unseen_filter filter = {ours, 3, owner, NOW_S};
    text_list_dispose(&world->lines);
    assert_int_equal(unseen_each(world->store, &filter, keep_row, world, NULL), CS_OK);
}

static void only_addresses_in_the_ranges_count(void **state)
{
    struct world *world = *state;
    static const char *const here[] = {"1 first.example 192.0.2.0", "2 last.example 192.0.2.127",
                                       "4 alone.example 192.0.2.200", "6 v6.example 2001:db8::ff"};
    static const struct {
        const char *name;
        const char *ip;
    } names[] = {{"first.example", "192.0.2.0"},     {"last.example", "192.0.2.127"},
                 {"between.example", "192.0.2.128"}, {"alone.example", "192.0.2.200"},
                 {"behind.example", "192.0.2.201"},  {"v6.example", "2001:db8::ff"},
                 {"other.example", "2001:db8::100"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct inventory_certificate one = certificate((int64_t)i + 1, names[i].name, NULL);
        has_certificate(world, &one);
        is_at(world, names[i].name, names[i].ip, NOW_S);
    }
    swaps(world);
    asks(world, NULL);
    tells(world, here, 4);
    const struct unseen_filter nowhere = {.now_s = NOW_S};
    assert_int_equal(unseen_each(world->store, &nowhere, keep_row, world, NULL), CS_OK);
    tells(world, NULL, 0);
}

static void names_are_compared_without_case_and_wildcards_by_their_base(void **state)
{
    struct world *world = *state;
    struct inventory_certificate one =
        certificate(1, "WWW.Example.ORG", "www.example.org\n*.Wild.example.org\n\nlast.example.org");
    static const char *const here[] = {"1 last.example.org 192.0.2.3", "1 Wild.example.org 192.0.2.2",
                                       "1 WWW.Example.ORG 192.0.2.1"};
    has_certificate(world, &one);
    is_at(world, "www.example.org", "192.0.2.1", NOW_S);
    is_at(world, "wild.example.org", "192.0.2.2", NOW_S);
    is_at(world, "last.example.org", "192.0.2.3", NOW_S);
    swaps(world);
    asks(world, NULL);
    tells(world, here, 3);
}

static void what_nobody_should_serve_is_left_out(void **state)
{
    struct world *world = *state;
    struct inventory_certificate bad[8];
    for (int i = 0; i < 8; i++)
        bad[i] = certificate(i + 1, "www.example.org", NULL);
    bad[0].expires_s = NOW_S;
    bad[1].revoked_s = NOW_S - 1;
    bad[2].state = "Revoked";
    bad[3].state = "REPLACED";
    bad[4].managed = false;
    bad[5].serial = NULL; /* not issued yet */
    bad[6].common_name = "elsewhere.example.org";
    bad[7].expires_s = 0; /* not known: that one may be served */
    for (int i = 0; i < 8; i++)
        has_certificate(world, &bad[i]);
    is_at(world, "www.example.org", "192.0.2.1", NOW_S);
    asks(world, NULL);
    tells(world, NULL, 0); /* put aside, and not swapped in yet */
    swaps(world);
    asks(world, NULL);
    tells(world, (const char *const[]){"8 www.example.org 192.0.2.1"}, 1);
}

static void a_name_is_where_the_dns_said_last(void **state)
{
    struct world *world = *state;
    struct inventory_certificate one = certificate(1, "www.example.org", NULL);
    has_certificate(world, &one);
    swaps(world);
    is_at(world, "www.example.org", "192.0.2.1", NOW_S - 100);
    is_at(world, "WWW.example.org", "192.0.2.9", NOW_S);
    asks(world, NULL);
    tells(world, (const char *const[]){"1 www.example.org 192.0.2.9"}, 1);
    assert_int_equal(scan_names_put(world->store, "", "www.example.org", NULL, 0, NOW_S, NULL), CS_OK);
    asks(world, NULL);
    tells(world, NULL, 0);
}

static void an_owner_that_is_nobody_has_none(void **state)
{
    struct world *world = *state;
    struct inventory_certificate one = certificate(1, "www.example.org", NULL);
    const struct owner_name owner = {.organization = "University"};
    has_certificate(world, &one);
    swaps(world);
    is_at(world, "www.example.org", "192.0.2.1", NOW_S);
    asks(world, &owner);
    tells(world, NULL, 0);
}

static void names_of_the_inventory_are_told_once(void **state)
{
    struct world *world = *state;
    struct inventory_certificate one = certificate(1, "a.example", "a.example\n*.B.example\nb.example");
    struct inventory_certificate two = certificate(2, "*.a.example", "");
    int64_t count;
    has_certificate(world, &one);
    has_certificate(world, &two);
    swaps(world);
    assert_int_equal(inventory_names_each(world->store, keep_name, world, NULL), CS_OK);
    tells(world, (const char *const[]){"a.example", "B.example"}, 2);
    assert_int_equal(unseen_count_resolved(world->store, &count, NULL), CS_OK);
    assert_int_equal(count, 0);
    is_at(world, "b.example", "192.0.2.1", NOW_S);
    assert_int_equal(unseen_count_resolved(world->store, &count, NULL), CS_OK);
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_addresses_in_the_ranges_count, make_world, end_world),
        cmocka_unit_test_setup_teardown(names_are_compared_without_case_and_wildcards_by_their_base,
                                        make_world, end_world),
        cmocka_unit_test_setup_teardown(what_nobody_should_serve_is_left_out, make_world, end_world),
        cmocka_unit_test_setup_teardown(a_name_is_where_the_dns_said_last, make_world, end_world),
        cmocka_unit_test_setup_teardown(an_owner_that_is_nobody_has_none, make_world, end_world),
        cmocka_unit_test_setup_teardown(names_of_the_inventory_are_told_once, make_world, end_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
