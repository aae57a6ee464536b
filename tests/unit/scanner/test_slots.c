// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "scanner/slots.h"

static struct slots slots;

static void limits(uint32_t per_host, uint32_t per_prefix)
{
    assert_int_equal(slots_init(&slots, per_host, per_prefix, 100), CS_OK);
}

static struct ip ip_of(const char *text)
{
    struct ip ip;
    assert_int_equal(ip_parse(text, strlen(text), &ip), CS_OK);
    return ip;
}

static struct pending *a_target(uint64_t position, struct ip ip)
{
    struct pending *item = calloc(1, sizeof *item);
    assert_non_null(item);
    item->position = position;
    item->ip = ip;
    return item;
}

static void starts(uint64_t position, const char *ip)
{
    struct pending *item = a_target(position, ip_of(ip));
    assert_int_equal(slots_take(&slots, item), SLOTS_TAKEN);
    free(item);
}

static void parks(uint64_t position, const char *ip)
{
    size_t before = slots.parked;
    assert_int_equal(slots_take(&slots, a_target(position, ip_of(ip))), SLOTS_PARKED);
    assert_int_equal(slots.parked, before + 1);
}

static void ends(const char *ip)
{
    slots_give_back(&slots, ip_of(ip));
}

/* The next one that is awake starts, or has to wait again. */
static void awake_one_is(uint64_t position, enum slots_answer then)
{
    struct pending *item = pending_pop(&slots.awake);
    assert_non_null(item);
    assert_int_equal(item->position, position);
    assert_int_equal(slots_take(&slots, item), then);
    if (then == SLOTS_TAKEN)
        free(item);
}

static void nobody_is_awake(void)
{
    assert_null(slots.awake.head);
    assert_int_equal(slots.awake.count, 0);
}

static size_t groups(void)
{
    size_t count = 0;
    const struct slot_table *tables[] = {&slots.hosts, &slots.prefixes};
    for (int t = 0; t < 2; t++) {
        for (size_t i = 0; i < tables[t]->bucket_count; i++) {
            for (struct slot_group *group = tables[t]->buckets[i]; group != NULL; group = group->next)
                count++;
        }
    }
    return count;
}

static void a_full_host_parks_and_a_release_wakes_the_one_that_waits_longest(void **state)
{
    (void)state;
    limits(2, 0);
    starts(1, "192.0.2.1");
    starts(2, "192.0.2.1");
    parks(3, "192.0.2.1");
    parks(4, "192.0.2.1");
    starts(5, "192.0.2.2");
    ends("192.0.2.1");
    awake_one_is(3, SLOTS_TAKEN);
    nobody_is_awake();
    assert_int_equal(slots.parked, 1);
    ends("192.0.2.1");
    awake_one_is(4, SLOTS_TAKEN);
    slots_dispose(&slots);
}

static void a_full_prefix_parks_its_other_hosts_and_nobody_elsewhere(void **state)
{
    (void)state;
    limits(0, 2);
    starts(1, "192.0.2.1");
    starts(2, "192.0.2.200");
    parks(3, "192.0.2.3");
    starts(4, "198.51.100.3");
    starts(5, "2001:db8::1");
    starts(6, "2001:db8::ffff:1");
    parks(7, "2001:db8::2");
    starts(8, "2001:db8:0:1::2");
    ends("2001:db8::1");
    awake_one_is(7, SLOTS_TAKEN);
    nobody_is_awake();
    slots_dispose(&slots);
}

static void one_woken_by_its_host_may_have_to_wait_for_its_prefix(void **state)
{
    (void)state;
    limits(1, 2);
    starts(1, "192.0.2.1");
    starts(2, "192.0.2.2");
    parks(3, "192.0.2.1"); /* at the host */
    parks(4, "192.0.2.9"); /* at the prefix */
    ends("192.0.2.1");     /* wakes both, and there is room for one */
    awake_one_is(3, SLOTS_TAKEN);
    awake_one_is(4, SLOTS_PARKED);
    ends("192.0.2.2");
    awake_one_is(4, SLOTS_TAKEN);
    assert_int_equal(slots.parked, 0);
    slots_dispose(&slots);
}

static void one_that_ends_without_starting_passes_its_turn_on(void **state)
{
    (void)state;
    limits(1, 0);
    starts(1, "192.0.2.1");
    parks(2, "192.0.2.1");
    parks(3, "192.0.2.1");
    ends("192.0.2.1");
    free(pending_pop(&slots.awake)); /* the second: excluded in the meantime */
    nobody_is_awake();
    slots_pass_on(&slots, ip_of("192.0.2.1"));
    awake_one_is(3, SLOTS_TAKEN);
    slots_dispose(&slots);
}

static void without_limits_nothing_is_kept(void **state)
{
    (void)state;
    limits(0, 0);
    for (uint64_t i = 0; i < 1000; i++)
        starts(i, "192.0.2.1");
    assert_int_equal(groups(), 0);
    slots_dispose(&slots);
}

static void what_is_over_is_forgotten(void **state)
{
    (void)state;
    limits(2, 3);
    starts(1, "192.0.2.1");
    starts(2, "192.0.2.2");
    assert_int_equal(groups(), 3);
    ends("192.0.2.1");
    ends("192.0.2.2");
    assert_int_equal(groups(), 0);
    slots_dispose(&slots);
}

static void what_still_waits_is_freed_at_the_end(void **state)
{
    (void)state;
    limits(1, 1);
    starts(1, "192.0.2.1");
    parks(2, "192.0.2.1");
    parks(3, "192.0.2.2");
    ends("192.0.2.1"); /* both are awake now, and stay so */
    assert_int_equal(slots.awake.count, 2);
    slots_dispose(&slots);
}

/* ---- many targets in random order ---- */

struct running {
    struct ip ips[64];
    size_t count;
};

static uint32_t used(const struct running *running, struct ip ip, bool by_prefix)
{
    uint32_t count = 0;
    for (size_t i = 0; i < running->count; i++)
        count +=
            by_prefix ? ip_equals(ip_prefix(running->ips[i]), ip_prefix(ip)) : ip_equals(running->ips[i], ip);
    return count;
}

static void run_if_possible(struct running *running, struct pending *item)
{
    if (slots_take(&slots, item) != SLOTS_TAKEN)
        return;
    running->ips[running->count++] = item->ip;
    assert_in_range(used(running, item->ip, false), 1, 2);
    assert_in_range(used(running, item->ip, true), 1, 5);
    free(item);
}

static void end_any(struct running *running, uint64_t *random, uint64_t *ended)
{
    size_t at = (size_t)(hash_next_random(random) % running->count);
    struct ip ip = running->ips[at];
    running->ips[at] = running->ips[--running->count];
    slots_give_back(&slots, ip);
    ++*ended;
}

static void in_any_order_limits_hold_and_everybody_gets_a_turn(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        uint64_t random = seed;
        uint64_t drawn = 0;
        uint64_t ended = 0;
        struct running running = {.count = 0};
        limits(2, 5);
        while (ended < 500) {
            struct pending *item = pending_pop(&slots.awake);
            if (item == NULL && drawn < 500 && hash_next_random(&random) % 3 != 0)
                item = a_target(
                    drawn++, ip_from_v4(0xC0000200u + (uint32_t)(hash_next_random(&random) % 600) % 4 * 100));
            if (item != NULL)
                run_if_possible(&running, item);
            else if (running.count > 0)
                end_any(&running, &random, &ended);
            else
                assert_true(drawn < 500); /* nothing runs, nobody is awake: then nobody may be parked */
            if (running.count == 0 && slots.awake.head == NULL)
                assert_int_equal(slots.parked, 0);
        }
        assert_int_equal(groups(), 0);
        slots_dispose(&slots);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_host_parks_and_a_release_wakes_the_one_that_waits_longest),
        cmocka_unit_test(a_full_prefix_parks_its_other_hosts_and_nobody_elsewhere),
        cmocka_unit_test(one_woken_by_its_host_may_have_to_wait_for_its_prefix),
        cmocka_unit_test(one_that_ends_without_starting_passes_its_turn_on),
        cmocka_unit_test(without_limits_nothing_is_kept),
        cmocka_unit_test(what_is_over_is_forgotten),
        cmocka_unit_test(what_still_waits_is_freed_at_the_end),
        cmocka_unit_test(in_any_order_limits_hold_and_everybody_gets_a_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
