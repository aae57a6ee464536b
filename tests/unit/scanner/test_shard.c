// SPDX-License-Identifier: Apache-2.0
#include "scanner/shard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct target at(uint32_t v4)
{
    return (struct target){.has_ip = true, .ip = ip_from_v4(v4), .port = 443};
}

static struct target named(const char *name)
{
    return (struct target){.port = 443, .host_name = name, .server_name = name};
}

/* How many of the parts (scanner, loop) call it theirs. */
static unsigned takers(uint64_t hash, uint32_t count, uint32_t loop_count)
{
    unsigned found = 0;
    for (uint32_t index = 0; index < count; index++) {
        for (uint32_t loop = 0; loop < loop_count; loop++)
            found += shard_is_mine(hash, index, count, loop, loop_count);
    }
    return found;
}

static void every_target_has_exactly_one_part(void **state)
{
    (void)state;
    static const uint32_t counts[] = {1, 2, 3, 4, 7, 16, 100};
    static const uint32_t loops[] = {1, 2, 3, 4, 8, 13};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        for (size_t l = 0; l < sizeof loops / sizeof loops[0]; l++) {
            for (uint32_t net = 0; net < 500; net++) {
                struct target target = at(0x0A000000u + net * 256);
                assert_int_equal(takers(shard_hash(&target), counts[c], loops[l]), 1);
            }
        }
    }
}

static void a_prefix_stays_together(void **state)
{
    (void)state;
    for (uint32_t net = 0; net < 300; net++) {
        struct target first = at(0x0A000000u + net * 256);
        for (uint32_t host = 1; host < 256; host += 51) {
            struct target other = at(0x0A000000u + net * 256 + host);
            other.port = (uint16_t)(1000 + host);
            other.server_name = "www.example";
            assert_true(shard_hash(&first) == shard_hash(&other));
        }
    }
    struct target low = {.has_ip = true, .ip = ip_from_u128((u128)0x20010DB8u << 96)};
    struct target high = low;
    high.ip.bytes[8] = high.ip.bytes[15] = 0xFF; /* the same /64 */
    assert_true(shard_hash(&low) == shard_hash(&high));
    high.ip.bytes[7] = 1; /* the next */
    assert_true(shard_hash(&low) != shard_hash(&high));
}

static void parts_are_of_equal_size_for_scanners_and_their_loops(void **state)
{
    (void)state;
    unsigned sizes[4][3] = {{0}};
    for (uint32_t net = 0; net < 12000; net++) {
        struct target target = at(0x0A000000u + net * 256);
        uint64_t hash = shard_hash(&target);
        for (uint32_t index = 0; index < 4; index++) {
            for (uint32_t loop = 0; loop < 3; loop++)
                sizes[index][loop] += shard_is_mine(hash, index, 4, loop, 3);
        }
    }
    for (size_t index = 0; index < 4; index++) {
        for (size_t loop = 0; loop < 3; loop++)
            assert_in_range(sizes[index][loop], 850, 1150); /* 1000 expected, five deviations either side */
    }
}

static void a_name_without_address_has_a_part_by_its_name(void **state)
{
    (void)state;
    unsigned mine = 0;
    for (int i = 0; i < 1000; i++) {
        char name[32];
        snprintf(name, sizeof name, "host%d.example", i);
        struct target target = named(name);
        assert_int_equal(takers(shard_hash(&target), 3, 2), 1);
        mine += shard_is_mine(shard_hash(&target), 0, 2, 0, 1);
    }
    assert_in_range(mine, 420, 580);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_target_has_exactly_one_part),
        cmocka_unit_test(a_prefix_stays_together),
        cmocka_unit_test(parts_are_of_equal_size_for_scanners_and_their_loops),
        cmocka_unit_test(a_name_without_address_has_a_part_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
