// SPDX-License-Identifier: Apache-2.0
#include "scanner/target_set.h"

#include "tests/unit/scanner/target_world.h"

static void describes(const struct target_set *set, size_t max_lines, const char *expected)
{
    struct buf out = {0};
    target_set_describe(set, &out, max_lines);
    assert_string_equal(buf_str(&out), expected);
    buf_dispose(&out);
}

/* A request with every kind of block. */
static void open_mixed(struct world *world)
{
    world_open(world, "443,25");
    target(world, "192.0.2.0/30");
    target(world, "[2001:db8::/126]:8443");
    target(world, "192.0.2.1-192.0.2.9:8443");
    target(world, "www.example");
    target(world, "gone.example:993");
    exclude(world, "192.0.2.2");
    send_names(world, "192.0.2.1 other.example\n");
    dns_says(world, "www.example", "198.51.100.1 2001:db8::1");
    dns_says(world, "gone.example", "");
    build(world);
}

static void an_index_is_always_the_same_target(void **state)
{
    (void)state;
    struct world world;
    open_mixed(&world);
    struct buf first = {0};
    struct buf again = {0};
    for (uint64_t i = 0; i < target_set_count(world.set); i++)
        write_target(&first, world.set, i);
    for (uint64_t i = 0; i < target_set_count(world.set); i++)
        write_target(&again, world.set, i);
    assert_string_equal(buf_str(&first), buf_str(&again));
    buf_dispose(&first);
    buf_dispose(&again);
    world_close(&world);
}

static struct target_set *thaw(const char *text)
{
    struct target_set *set;
    struct diag diag = {0};
    if (target_set_thaw(&set, text, strlen(text), &diag) != CS_OK)
        fail_msg("%s", diag.text);
    return set;
}

static void a_frozen_set_thaws_to_the_same_index_space(void **state)
{
    (void)state;
    struct world world;
    struct buf frozen = {0};
    open_mixed(&world);
    assert_int_equal(target_set_freeze(world.set, &frozen), CS_OK);
    struct target_set *thawed = thaw(buf_str(&frozen));
    assert_int_equal(target_set_count(thawed), target_set_count(world.set));
    for (uint64_t i = 0; i < target_set_count(thawed); i++) {
        struct buf before = {0};
        struct buf after = {0};
        write_target(&before, world.set, i);
        write_target(&after, thawed, i);
        assert_string_equal(buf_str(&before), buf_str(&after));
        buf_dispose(&before);
        buf_dispose(&after);
    }
    struct buf again = {0};
    assert_int_equal(target_set_freeze(thawed, &again), CS_OK);
    assert_string_equal(buf_str(&frozen), buf_str(&again));
    buf_dispose(&again);
    buf_dispose(&frozen);
    target_set_free(thawed);
    world_close(&world);
}

/* Scans that were begun by an older version are resumed by a newer one. */
static void the_frozen_form_is_this(void **state)
{
    (void)state;
    struct world world;
    struct buf frozen = {0};
    world_open(&world, "443,2525/smtp");
    target(&world, "192.0.2.0/25");
    target(&world, "www.example:443");
    dns_says(&world, "www.example", "192.0.2.1");
    build(&world);
    assert_int_equal(target_set_freeze(world.set, &frozen), CS_OK);
    assert_string_equal(buf_str(&frozen),
                        "{\"blocks\":["
                        "{\"ranges\":[\"192.0.2.0/25\"],\"ports\":\"443,2525/smtp\",\"server_name\":null,"
                        "\"host_name\":null},"
                        "{\"ranges\":[\"192.0.2.1\"],\"ports\":\"443\",\"server_name\":\"www.example\","
                        "\"host_name\":\"www.example\"}]}");
    buf_dispose(&frozen);
    world_close(&world);
}

static void a_block_thaws_with_absent_names(void **state)
{
    (void)state;
    struct target_set *set = thaw("{\"blocks\":[{\"ranges\":[\"192.0.2.0/31\"],\"ports\":\"443\"}]}");
    char *text = sorted_targets(set);
    assert_string_equal(text, "192.0.2.0:443 192.0.2.1:443");
    free(text);
    target_set_free(set);
}

static void what_is_no_frozen_set_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"blocks\":[]}",
        "{\"blocks\":{}}",
        "{\"blocks\":[7]}",
        "{\"blocks\":[{}]}",
        "{\"blocks\":[{\"ranges\":[],\"ports\":\"443\"}]}",
        "{\"blocks\":[{\"ranges\":[\"192.0.2.1\"]}]}",
        "{\"blocks\":[{\"ranges\":[\"192.0.2.1\"],\"ports\":\"\"}]}",
        "{\"blocks\":[{\"ranges\":[\"192.0.2.1\"],\"ports\":443}]}",
        "{\"blocks\":[{\"ranges\":[\"192.0.2.1\"],\"ports\":\"70000\"}]}",
        "{\"blocks\":[{\"ranges\":[7],\"ports\":\"443\"}]}",
        "{\"blocks\":[{\"ranges\":[\"www.example\"],\"ports\":\"443\"}]}",
        "{\"blocks\":[{\"ranges\":\"192.0.2.1\",\"ports\":\"443\"}]}",
        "{\"blocks\":[{\"ranges\":[\"192.0.2.1\"],\"ports\":\"443\",\"server_name\":7}]}",
        "{\"blocks\":[{\"ranges\":[\"192.0.2.1\"],\"ports\":\"443\",\"server_name\":\"\"}]}",
        "{\"blocks\":[{\"ranges\":[\"192.0.2.1\"],\"ports\":\"443\"}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct target_set *set;
        struct diag diag = {0};
        assert_int_not_equal(target_set_thaw(&set, bad[i], strlen(bad[i]), &diag), CS_OK);
        assert_null(set);
        assert_string_not_equal(diag.text, "");
    }
}

static void a_frozen_set_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    struct target_set *set;
    static const char at_limit[] = "{\"blocks\":[{\"ranges\":[\"2001:db8::/80\"],\"ports\":\"443\"}]}";
    static const char beyond[] = "{\"blocks\":[{\"ranges\":[\"2001:db8::/80\"],\"ports\":\"443\"},"
                                 "{\"ranges\":[\"192.0.2.1\"],\"ports\":\"443\"}]}";
    static const char far_beyond[] = "{\"blocks\":[{\"ranges\":[\"::/0\"],\"ports\":\"1-65535\"}]}";
    assert_int_equal(target_set_thaw(&set, at_limit, strlen(at_limit), NULL), CS_OK);
    assert_true(target_set_count(set) == TARGET_SET_MAX);
    struct target last;
    target_set_get(set, TARGET_SET_MAX - 1, &last);
    assert_true(ip_equals(last.ip, ip_of("2001:db8::ffff:ffff:ffff")));
    target_set_free(set);
    assert_int_equal(target_set_thaw(&set, beyond, strlen(beyond), NULL), CS_E_LIMIT);
    assert_int_equal(target_set_thaw(&set, far_beyond, strlen(far_beyond), NULL), CS_E_LIMIT);
}

static void blocks_are_described_in_a_line_each(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, "443,8443");
    target(&world, "10.0.0.0/8");
    target(&world, "192.0.2.1:25");
    target(&world, "www.example:443");
    target(&world, "gone.example:443");
    dns_says(&world, "www.example", "198.51.100.1");
    dns_says(&world, "gone.example", "");
    build(&world);
    describes(world.set, 10,
              "10.0.0.0/8 (16777216 addresses) x ports 443,8443\n"
              "192.0.2.1 (1 addresses) x ports 25\n"
              "198.51.100.1 as www.example (1 addresses) x ports 443\n"
              "gone.example x ports 443\n");
    describes(world.set, 1, "10.0.0.0/8 (16777216 addresses) x ports 443,8443\nand 3 more blocks\n");
    world_close(&world);
}

static void a_long_description_is_cut(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, "1,3,5,7,9,11,13,15,17,19,31,33,35,37,39,41,43,45,47,49,51,53,55,57,59,61");
    for (unsigned i = 0; i < 6; i++) {
        char ip[32];
        snprintf(ip, sizeof ip, "192.0.2.%u", i * 2);
        target(&world, ip);
    }
    build(&world);
    describes(world.set, 9,
              "192.0.2.0, 192.0.2.2, 192.0.2.4, 192.0.2.6 and 2 more ranges (6 addresses) x ports 26\n");
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_index_is_always_the_same_target),
        cmocka_unit_test(a_frozen_set_thaws_to_the_same_index_space),
        cmocka_unit_test(the_frozen_form_is_this),
        cmocka_unit_test(a_block_thaws_with_absent_names),
        cmocka_unit_test(what_is_no_frozen_set_is_refused),
        cmocka_unit_test(a_frozen_set_beyond_the_limit_is_refused),
        cmocka_unit_test(blocks_are_described_in_a_line_each),
        cmocka_unit_test(a_long_description_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
