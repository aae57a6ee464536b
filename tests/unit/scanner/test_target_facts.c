// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "scanner/target_set.h"

#include "tests/unit/scanner/target_world.h"

/* TARGETs separated by spaces, with -p `ports`. */
static void facts_are(const char *ports, const char *targets, uint64_t addresses, uint64_t densest_host,
                      uint64_t densest_prefix)
{
    struct world world;
    struct target_set_facts facts;
    char one[128];
    world_open(&world, ports);
    for (const char *at = targets; *at != '\0'; at += *at == ' ') {
        size_t len = strcspn(at, " ");
        snprintf(one, sizeof one, "%.*s", (int)len, at);
        target(&world, one);
        at += len;
    }
    build(&world);
    target_set_facts(world.set, &facts);
    assert_true(facts.address_count == addresses);
    assert_int_equal(facts.densest_host, densest_host);
    assert_int_equal(facts.densest_prefix, densest_prefix);
    world_close(&world);
}

static void one_range_has_its_ports_at_every_host(void **state)
{
    (void)state;
    facts_are("443", "192.0.2.7", 1, 1, 1);
    facts_are("443,8443", "192.0.2.0/24", 256, 2, 512);
    facts_are("1-24", "10.0.0.0/8", 1 << 24, 24, 24 * 256);
    facts_are("443", "192.0.2.128-198.51.100.63", 0xC6336440u - 0xC0000280u, 1, 256);
}

static void hosts_add_up_over_blocks(void **state)
{
    (void)state;
    facts_are("443", "192.0.2.0/24 192.0.2.7:25 192.0.2.7:993 192.0.2.9:25", 256, 3, 259);
    facts_are("443", "192.0.2.0/25 192.0.2.128/25:25", 256, 1, 256);
    facts_are("443", "192.0.2.255 192.0.3.0", 2, 1, 1);
}

static void ipv6_is_counted_by_64(void **state)
{
    (void)state;
    facts_are("443", "2001:db8::/120", 256, 1, 256);
    facts_are("443,25", "2001:db8::/120 2001:db8::1:0/120 2001:db8:0:1::/124", 528, 2, 1024);
}

#define HOSTS 1024 /* four /24 from 198.51.100.0 on */

/* Random blocks of one port each against counting host by host. */
static void random_sets_agree_with_counting(void **state)
{
    (void)state;
    uint64_t random = 5;
    for (int round = 0; round < 300; round++) {
        unsigned hosts[HOSTS] = {0};
        unsigned prefixes[HOSTS / 256] = {0};
        struct world world;
        struct target_set_facts facts;
        world_open(&world, "443");
        for (unsigned port = 8000; port < 8006; port++) {
            unsigned first = (unsigned)(hash_next_random(&random) % HOSTS);
            unsigned last = first + (unsigned)(hash_next_random(&random) % (HOSTS - first));
            char text[64];
            snprintf(text, sizeof text, "198.51.%u.%u-198.51.%u.%u:%u", 100 + first / 256, first % 256,
                     100 + last / 256, last % 256, port);
            target(&world, text);
            for (unsigned host = first; host <= last; host++) {
                hosts[host]++;
                prefixes[host / 256]++;
            }
        }
        uint64_t addresses = 0;
        uint64_t densest_host = 0;
        uint64_t densest_prefix = 0;
        for (size_t i = 0; i < HOSTS; i++) {
            addresses += hosts[i] > 0;
            densest_host = hosts[i] > densest_host ? hosts[i] : densest_host;
        }
        for (size_t i = 0; i < HOSTS / 256; i++)
            densest_prefix = prefixes[i] > densest_prefix ? prefixes[i] : densest_prefix;
        build(&world);
        target_set_facts(world.set, &facts);
        assert_true(facts.address_count == addresses);
        assert_int_equal(facts.densest_host, densest_host);
        assert_int_equal(facts.densest_prefix, densest_prefix);
        world_close(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_range_has_its_ports_at_every_host),
        cmocka_unit_test(hosts_add_up_over_blocks),
        cmocka_unit_test(ipv6_is_counted_by_64),
        cmocka_unit_test(random_sets_agree_with_counting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
