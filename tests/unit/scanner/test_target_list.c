// SPDX-License-Identifier: Apache-2.0
#include "scanner/target_list.h"

#include "tests/unit/scanner/target_world.h"

static struct world world;

static int open_world(void **state)
{
    (void)state;
    world_open(&world, "443,8443");
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static void notes_are(const char *expected)
{
    assert_string_equal(buf_str(&world.notes), expected);
}

static void an_address_is_scanned_on_the_default_ports(void **state)
{
    (void)state;
    target(&world, "192.0.2.7");
    builds(&world, "192.0.2.7:443 192.0.2.7:8443");
    notes_are("");
}

static void a_target_may_name_its_port(void **state)
{
    (void)state;
    target(&world, "192.0.2.7:2525/smtp");
    target(&world, "[2001:db8::1]:443");
    builds(&world, "192.0.2.7:2525/smtp [2001:db8::1]:443");
}

static void what_is_given_twice_is_scanned_once(void **state)
{
    (void)state;
    target(&world, "192.0.2.0/31");
    target(&world, "192.0.2.1");
    target(&world, "192.0.2.1:443");
    target(&world, "192.0.2.1:443/tls");
    target(&world, "192.0.2.1:25");
    target(&world, "192.0.2.1-192.0.2.2:25");
    builds(&world, "192.0.2.0:443 192.0.2.0:8443 192.0.2.1:25/smtp 192.0.2.1:443 192.0.2.1:8443 "
                   "192.0.2.2:25/smtp");
}

static void network_and_broadcast_addresses_are_targets(void **state)
{
    (void)state;
    target(&world, "192.0.2.0/24:443");
    build(&world);
    assert_int_equal(target_set_count(world.set), 256);
}

static void exclusions_always_win(void **state)
{
    (void)state;
    target(&world, "192.0.2.0/30:443");
    target(&world, "192.0.2.9-192.0.2.10:8443");
    exclude(&world, "192.0.2.1-192.0.2.2");
    exclude(&world, "192.0.2.0");
    assert_int_equal(
        read_text(&world, target_list_exclude_file, "# opted out\n 192.0.2.10 # by letter\r\n\n"), CS_OK);
    builds(&world, "192.0.2.3:443 192.0.2.9:8443");
}

static void a_target_wholly_excluded_is_a_mistake_that_is_named(void **state)
{
    (void)state;
    target(&world, "198.51.100.1");
    target(&world, "192.0.2.0/28");
    exclude(&world, "192.0.2.0/25");
    exclude(&world, "192.0.2.128/25");
    refuses_to_build(&world, "192.0.2.0/28 is wholly excluded, by 192.0.2.0/24");
}

static void a_listed_target_that_is_excluded_is_only_counted(void **state)
{
    (void)state;
    from_file(&world, "198.51.100.1:443\n192.0.2.1\n192.0.2.2\n");
    exclude(&world, "192.0.2.0/24");
    builds(&world, "198.51.100.1:443");
    notes_are("2 listed targets are excluded\n");
}

static void a_scan_of_nothing_is_refused(void **state)
{
    (void)state;
    refuses_to_build(&world, "no target is given");
    from_file(&world, "192.0.2.1\n");
    exclude(&world, "192.0.2.1");
    refuses_to_build(&world, "nothing to scan: every target is excluded or special");
}

static void an_exclusion_has_no_port(void **state)
{
    (void)state;
    assert_int_equal(target_list_exclude(world.list, "192.0.2.1:443", &world.diag), CS_E_INVALID);
    assert_string_equal(world.diag.text,
                        "\"192.0.2.1:443\": an exclusion has no port: it holds for all of them");
    assert_int_equal(read_text(&world, target_list_exclude_file, "192.0.2.1\n10.0.0.0/33\n"), CS_E_INVALID);
    assert_string_equal(world.diag.text,
                        "list.txt:2: \"10.0.0.0/33\": the prefix length must be a number from 0 to 32");
}

static void special_addresses_are_left_out_with_a_note(void **state)
{
    (void)state;
    target(&world, "223.255.255.255-224.0.0.9:443");
    builds(&world, "223.255.255.255:443");
    notes_are("223.255.255.255-224.0.0.9: its multicast addresses (224.0.0.0/4) are left out\n");
}

static void a_special_address_meant_by_itself_is_scanned(void **state)
{
    (void)state;
    target(&world, "169.254.1.1:443");
    target(&world, "[fe80::1]:443");
    builds(&world, "169.254.1.1:443 [fe80::1]:443");
    notes_are("");
}

static void a_name_is_scanned_at_all_its_addresses_with_itself_as_sni(void **state)
{
    (void)state;
    target(&world, "WWW.example");
    assert_int_equal(target_list_names(world.list)->count, 1);
    assert_string_equal(target_list_names(world.list)->items[0], "www.example");
    dns_says(&world, "www.example", "192.0.2.1 2001:db8::1");
    builds(&world, "192.0.2.1:443#www.example 192.0.2.1:8443#www.example [2001:db8::1]:443#www.example "
                   "[2001:db8::1]:8443#www.example");
    struct target first;
    target_set_get(world.set, 0, &first);
    assert_string_equal(first.host_name, "www.example");
}

static void several_ways_of_giving_a_name_are_one(void **state)
{
    (void)state;
    target(&world, "www.example");
    target(&world, "www.example.:443");
    target(&world, "WWW.EXAMPLE:25");
    from_file(&world, "www.example\nwww.example:8443\n");
    assert_int_equal(target_list_names(world.list)->count, 1);
    dns_says(&world, "www.example", "192.0.2.1 192.0.2.1");
    builds(&world, "192.0.2.1:25/smtp#www.example 192.0.2.1:443#www.example 192.0.2.1:8443#www.example");
}

static void two_names_at_one_address_are_two_targets_beside_the_bare_one(void **state)
{
    (void)state;
    target(&world, "a.example:443");
    target(&world, "b.example:443");
    target(&world, "192.0.2.1:443");
    dns_says(&world, "a.example", "192.0.2.1");
    dns_says(&world, "b.example", "192.0.2.1");
    builds(&world, "192.0.2.1:443 192.0.2.1:443#a.example 192.0.2.1:443#b.example");
}

static void a_name_without_address_is_a_target_for_each_port(void **state)
{
    (void)state;
    target(&world, "gone.example");
    target(&world, "gone.example:8080");
    dns_says(&world, "gone.example", "");
    builds(&world, "nowhere:443#gone.example nowhere:8080#gone.example nowhere:8443#gone.example");
}

static void an_excluded_or_special_address_of_a_name_is_dropped(void **state)
{
    (void)state;
    target(&world, "www.example:443");
    dns_says(&world, "www.example", "192.0.2.1 198.51.100.1 0.0.0.0 169.254.169.254 ff02::1");
    exclude(&world, "198.51.100.0/24");
    builds(&world, "192.0.2.1:443#www.example");
}

/* Next to each other they would look like one range. */
static void a_special_address_beside_an_ordinary_one_is_dropped(void **state)
{
    (void)state;
    target(&world, "www.example:443");
    dns_says(&world, "www.example", "223.255.255.255 224.0.0.0 0.255.255.255 1.0.0.0");
    builds(&world, "1.0.0.0:443#www.example 223.255.255.255:443#www.example");
}

static void an_exclusion_of_all_ipv6_leaves_ipv4(void **state)
{
    (void)state;
    target(&world, "192.0.2.1:443");
    from_file(&world, "[2001:db8::1]:443\n");
    exclude(&world, "::/0");
    builds(&world, "192.0.2.1:443");
}

static void a_name_that_sni_sends_already_is_not_elsewhere(void **state)
{
    (void)state;
    target(&world, "192.0.2.1:443");
    assert_int_equal(target_list_set_sni(world.list, "www.example", &world.diag), CS_OK);
    send_names(&world, "192.0.2.1 www.example\n");
    builds(&world, "192.0.2.1:443#www.example");
    notes_are("");
}

static void a_name_with_none_but_excluded_addresses_is_noted_not_unresolved(void **state)
{
    (void)state;
    target(&world, "www.example:443");
    target(&world, "192.0.2.1:443");
    dns_says(&world, "www.example", "198.51.100.1");
    exclude(&world, "198.51.100.0/24");
    builds(&world, "192.0.2.1:443");
    notes_are("www.example: all its addresses are excluded or special\n");
}

static void an_excluded_name_takes_its_addresses_and_itself_out(void **state)
{
    (void)state;
    target(&world, "192.0.2.0/30:443");
    target(&world, "www.example:443");
    target(&world, "other.example:443");
    exclude(&world, "WWW.example");
    dns_says(&world, "www.example", "192.0.2.1");
    dns_says(&world, "other.example", "192.0.2.1 192.0.2.9");
    builds(&world, "192.0.2.0:443 192.0.2.2:443 192.0.2.3:443 192.0.2.9:443#other.example");
}

static void a_name_excluded_stays_out_even_without_an_address(void **state)
{
    (void)state;
    target(&world, "www.example");
    target(&world, "192.0.2.1:443");
    exclude(&world, "www.example");
    dns_says(&world, "www.example", "");
    builds(&world, "192.0.2.1:443");
}

static void sni_goes_to_every_target_given_by_address(void **state)
{
    (void)state;
    target(&world, "192.0.2.1:443");
    target(&world, "192.0.2.2");
    target(&world, "www.example:443");
    dns_says(&world, "www.example", "192.0.2.3");
    assert_int_equal(target_list_set_sni(world.list, "All.Example", &world.diag), CS_OK);
    builds(&world, "192.0.2.1:443#all.example 192.0.2.2:443#all.example 192.0.2.2:8443#all.example "
                   "192.0.2.3:443#www.example");
    assert_int_equal(target_list_set_sni(world.list, "192.0.2.1", &world.diag), CS_E_INVALID);
}

static void names_add_targets_beside_the_bare_ones_on_the_ports_scanned(void **state)
{
    (void)state;
    target(&world, "192.0.2.0/31");
    target(&world, "192.0.2.1:25");
    target(&world, "192.0.2.9:25");
    send_names(&world, "# address name\n192.0.2.1 WWW.example\r\n\n192.0.2.9\tmail.example  # relay\n");
    builds(&world, "192.0.2.0:443 192.0.2.0:8443 192.0.2.1:25/smtp 192.0.2.1:25/smtp#www.example "
                   "192.0.2.1:443 192.0.2.1:443#www.example 192.0.2.1:8443 192.0.2.1:8443#www.example "
                   "192.0.2.9:25/smtp 192.0.2.9:25/smtp#mail.example");
    assert_int_equal(target_list_names(world.list)->count, 0); /* nothing to ask the DNS for */
    notes_are("");
}

static void a_zone_gives_the_names_of_addresses(void **state)
{
    (void)state;
    target(&world, "192.0.2.0/30:443");
    target(&world, "[2001:db8::1]:443");
    send_names(&world, "example.\t\t3600 IN SOA\tns.example. a.example. 1 2 3 4 5\n"
                       "www.example. 3600 IN A 192.0.2.1\n"
                       "Two.example.\t60\tin\ta\t192.0.2.1 ; said twice\n"
                       "two.example. 60 IN A 192.0.2.2\n"
                       "six.example. 60 IN AAAA 2001:db8::1\n"
                       "alias.example. 60 IN CNAME middle.example.\n"
                       "middle.example. 60 IN CNAME www.example.\n"
                       "loop.example. 60 IN CNAME loop.example.\n"
                       "away.example. 60 IN CNAME www.elsewhere.\n"
                       "*.example. 60 IN A 192.0.2.3\n"
                       "example. 60 IN TXT \"192.0.2.3 text.example\"\n"
                       "192.0.2.3 plain.example\n");
    builds(&world,
           "192.0.2.0:443 192.0.2.1:443 192.0.2.1:443#alias.example 192.0.2.1:443#middle.example "
           "192.0.2.1:443#two.example 192.0.2.1:443#www.example 192.0.2.2:443 192.0.2.2:443#two.example "
           "192.0.2.3:443 192.0.2.3:443#plain.example [2001:db8::1]:443 [2001:db8::1]:443#six.example");
}

static void names_elsewhere_or_excluded_are_noted(void **state)
{
    (void)state;
    target(&world, "192.0.2.0/30:443");
    exclude(&world, "192.0.2.1");
    send_names(&world, "198.51.100.1 far.example\n192.0.2.1 out.example\n192.0.2.2 in.example\n");
    builds(&world, "192.0.2.0:443 192.0.2.2:443 192.0.2.2:443#in.example 192.0.2.3:443");
    notes_are("2 names are for addresses outside the scan\n");
}

static void a_name_both_given_and_sent_is_scanned_once_at_each_place(void **state)
{
    (void)state;
    target(&world, "192.0.2.0/31:443");
    target(&world, "www.example:443");
    dns_says(&world, "www.example", "192.0.2.1 192.0.2.7");
    send_names(&world, "192.0.2.0 www.example\n192.0.2.1 www.example\n192.0.2.1 www.example\n");
    builds(&world, "192.0.2.0:443 192.0.2.0:443#www.example 192.0.2.1:443 192.0.2.1:443#www.example "
                   "192.0.2.7:443#www.example");
}

static void a_names_line_says_what_it_expects(void **state)
{
    (void)state;
    static const char *const bad[] = {"192.0.2.1", "www.example 192.0.2.1", "192.0.2.1 a.example b.example",
                                      "192.0.2.0/24 a.example"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(read_text(&world, target_list_add_names_file, bad[i]), CS_E_INVALID);
        assert_string_equal(
            world.diag.text,
            "list.txt:1: expected `address name`, or a record of a zone as named-compilezone prints it");
    }
    assert_int_equal(read_text(&world, target_list_add_names_file, "192.0.2.1 a..b\n"), CS_E_INVALID);
    assert_ptr_equal(strstr(world.diag.text, "list.txt:1: \"a..b\" is no "), world.diag.text);
}

static void too_many_targets_are_refused_with_advice(void **state)
{
    (void)state;
    static const char advice[] =
        "more than 2^48 targets: an IPv6 /64 cannot be swept; list its hosts instead "
        "(from the DNS, neighbour tables, DHCP or flow records)";
    static const char *const too_many[] = {"2001:db8::/64", "2001:db8::/80", "2000::/3", "::/0"};
    for (size_t i = 0; i < sizeof too_many / sizeof too_many[0]; i++) {
        struct world wide;
        world_open(&wide, "443,8443");
        target(&wide, too_many[i]);
        refuses_to_build(&wide, advice);
        world_close(&wide);
    }
    target(&world, "2001:db8::/81"); /* 2^47 addresses on two ports: just allowed */
    build(&world);
    assert_true(target_set_count(world.set) == TARGET_SET_MAX);
    target(&world, "192.0.2.1:443");
    refuses_to_build(&world, advice);
}

static void the_check_before_any_packet_needs_no_dns(void **state)
{
    (void)state;
    target(&world, "www.example");
    assert_int_equal(target_list_check(world.list, &world.diag), CS_OK);
    target(&world, "192.0.2.1");
    exclude(&world, "192.0.2.0/24");
    assert_int_equal(target_list_check(world.list, &world.diag), CS_E_INVALID);
    assert_string_equal(world.diag.text, "192.0.2.1 is wholly excluded, by 192.0.2.0/24");
}

static void a_check_changes_nothing_for_the_build(void **state)
{
    (void)state;
    target(&world, "www.example:443");
    target(&world, "192.0.2.9:443");
    target(&world, "192.0.2.1:443");
    send_names(&world, "192.0.2.9 mail.example\n");
    assert_int_equal(target_list_check(world.list, &world.diag), CS_OK);
    dns_says(&world, "www.example", "192.0.2.1");
    static const char expected[] =
        "192.0.2.1:443 192.0.2.1:443#www.example 192.0.2.9:443 192.0.2.9:443#mail.example";
    builds(&world, expected);
    builds(&world, expected); /* nor does a build for the next */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_address_is_scanned_on_the_default_ports),
        CASE(a_target_may_name_its_port),
        CASE(what_is_given_twice_is_scanned_once),
        CASE(network_and_broadcast_addresses_are_targets),
        CASE(exclusions_always_win),
        CASE(a_target_wholly_excluded_is_a_mistake_that_is_named),
        CASE(a_listed_target_that_is_excluded_is_only_counted),
        CASE(a_scan_of_nothing_is_refused),
        CASE(an_exclusion_has_no_port),
        CASE(special_addresses_are_left_out_with_a_note),
        CASE(a_special_address_meant_by_itself_is_scanned),
        CASE(a_name_is_scanned_at_all_its_addresses_with_itself_as_sni),
        CASE(several_ways_of_giving_a_name_are_one),
        CASE(two_names_at_one_address_are_two_targets_beside_the_bare_one),
        CASE(a_name_without_address_is_a_target_for_each_port),
        CASE(an_excluded_or_special_address_of_a_name_is_dropped),
        CASE(a_special_address_beside_an_ordinary_one_is_dropped),
        CASE(an_exclusion_of_all_ipv6_leaves_ipv4),
        CASE(a_name_that_sni_sends_already_is_not_elsewhere),
        CASE(a_name_with_none_but_excluded_addresses_is_noted_not_unresolved),
        CASE(an_excluded_name_takes_its_addresses_and_itself_out),
        CASE(a_name_excluded_stays_out_even_without_an_address),
        CASE(sni_goes_to_every_target_given_by_address),
        CASE(names_add_targets_beside_the_bare_ones_on_the_ports_scanned),
        CASE(a_zone_gives_the_names_of_addresses),
        CASE(names_elsewhere_or_excluded_are_noted),
        CASE(a_name_both_given_and_sent_is_scanned_once_at_each_place),
        CASE(a_names_line_says_what_it_expects),
        CASE(too_many_targets_are_refused_with_advice),
        CASE(the_check_before_any_packet_needs_no_dns),
        CASE(a_check_changes_nothing_for_the_build),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
