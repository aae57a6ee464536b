// SPDX-License-Identifier: Apache-2.0
#include "scanner/port_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void reads_as(const char *text, const char *expected)
{
    struct port_list list = {0};
    struct buf out = {0};
    struct diag diag = {0};
    if (port_list_parse(&list, text, &diag) != CS_OK)
        fail_msg("%s: %s", text, diag.text);
    port_list_format(&out, &list);
    assert_string_equal(buf_str(&out), expected);
    buf_dispose(&out);
    port_list_dispose(&list);
}

static void is_refused(const char *text, const char *reason)
{
    struct port_list list = {0};
    struct diag diag = {0};
    assert_int_equal(port_list_parse(&list, text, &diag), CS_E_INVALID);
    assert_string_equal(diag.text, reason);
    port_list_dispose(&list);
}

static bool has(const struct port_list *list, uint16_t port, enum protocol protocol)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->entries[i].port == port && list->entries[i].protocol == protocol)
            return true;
    }
    return false;
}

static struct port_list list_of(const char *text)
{
    struct port_list list = {0};
    assert_int_equal(port_list_parse(&list, text, NULL), CS_OK);
    return list;
}

static void ports_are_sorted_and_kept_once(void **state)
{
    (void)state;
    reads_as("8443,443,443", "443,8443");
    reads_as("443", "443");
    reads_as("1,65535", "1,65535");
    reads_as(" 443 , 8443 ", "443,8443");
}

static void ranges_overlap_and_join(void **state)
{
    (void)state;
    reads_as("8000-8100", "8000-8100");
    reads_as("8050-8100,8000-8060", "8000-8100");
    reads_as("7-7", "7");
    reads_as("1-65535", "1-65535");
}

static void a_bare_port_gets_the_protocol_it_has_in_a_set(void **state)
{
    (void)state;
    struct port_list list = list_of("25,443,389,24");
    assert_true(has(&list, 25, PROTOCOL_SMTP));
    assert_true(has(&list, 443, PROTOCOL_TLS));
    assert_true(has(&list, 389, PROTOCOL_LDAP));
    assert_true(has(&list, 24, PROTOCOL_LMTP)); /* though lmtp is in deep alone */
    port_list_dispose(&list);
    assert_int_equal(port_default_protocol(3389), PROTOCOL_RDP);
    assert_int_equal(port_default_protocol(65535), PROTOCOL_AUTO);
}

static void a_given_protocol_wins_over_the_usual_one(void **state)
{
    (void)state;
    struct port_list list = list_of("2525/smtp,25/tls,143/tls");
    assert_true(has(&list, 2525, PROTOCOL_SMTP));
    assert_true(has(&list, 25, PROTOCOL_TLS));
    assert_false(has(&list, 25, PROTOCOL_SMTP));
    port_list_dispose(&list);
    reads_as("2525/smtp", "2525/smtp");
    reads_as("25/tls", "25/tls");
    reads_as("25/smtp", "25");
}

static void one_port_may_be_asked_for_in_two_protocols(void **state)
{
    (void)state;
    struct port_list list = list_of("587,587/tls");
    assert_int_equal(list.count, 2);
    port_list_dispose(&list);
    reads_as("587,587/tls", "587/tls,587");
}

static void a_range_may_name_its_protocol(void **state)
{
    (void)state;
    reads_as("2525-2530/smtp", "2525-2530/smtp");
    struct port_list list = list_of("20-30"); /* without: each port its own */
    assert_true(has(&list, 21, PROTOCOL_FTP));
    assert_true(has(&list, 22, PROTOCOL_AUTO));
    assert_true(has(&list, 25, PROTOCOL_SMTP));
    port_list_dispose(&list);
}

static void holds_all_of(const struct port_list *list, const uint16_t *ports, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!has(list, ports[i], port_default_protocol(ports[i])))
            fail_msg("port %u is missing", ports[i]);
    }
}

static void the_sets_contain_each_other(void **state)
{
    (void)state;
    static const uint16_t in_quick[] = {443, 8443, 636, 993, 995, 465, 3389, 25, 587};
    static const uint16_t in_campus[] = {9443, 4443, 10443, 389,  3269, 143,  110, 21,
                                         990,  853,  2083,  5061, 5986, 6443, 8883};
    static const uint16_t in_deep[] = {5432, 3306, 1433, 5671, 8006, 8089, 9090, 10000, 5480, 631, 989,
                                       992,  563,  6697, 2376, 5222, 5269, 4190, 119,   24,   6667};
    struct port_list quick = list_of("quick");
    struct port_list campus = list_of("campus");
    struct port_list deep = list_of("deep");
    holds_all_of(&quick, in_quick, 9);
    assert_int_equal(quick.count, 9);
    holds_all_of(&campus, in_quick, 9);
    holds_all_of(&campus, in_campus, 15);
    assert_int_equal(campus.count, 24);
    holds_all_of(&deep, in_campus, 15);
    holds_all_of(&deep, in_deep, 21);
    assert_int_equal(deep.count, 45);
    port_list_dispose(&quick);
    port_list_dispose(&campus);
    port_list_dispose(&deep);
}

/* A stray connection to raw print wastes paper, one to a controller may stop a machine. */
static void printers_and_control_systems_are_in_no_set(void **state)
{
    (void)state;
    static const uint16_t fragile[] = {9100, 515, 102, 502, 20000, 44818, 1911};
    struct port_list deep = list_of("deep");
    for (size_t i = 0; i < sizeof fragile / sizeof fragile[0]; i++)
        assert_false(has(&deep, fragile[i], PROTOCOL_TLS));
    port_list_dispose(&deep);
    reads_as("9100", "9100"); /* asked for by number it is scanned */
}

static void sets_mix_with_ports(void **state)
{
    (void)state;
    struct port_list list = list_of("quick,2525/smtp,443");
    assert_int_equal(list.count, 10);
    port_list_dispose(&list);
}

static void what_is_no_port_is_named_with_what_is_allowed(void **state)
{
    (void)state;
    is_refused("70000", "port \"70000\": a port is a number from 1 to 65535");
    is_refused("0", "port \"0\": a port is a number from 1 to 65535");
    is_refused("443x", "port \"443x\": a port is a number from 1 to 65535");
    is_refused("99999999999999999999", "port \"99999999999999999999\": a port is a number from 1 to 65535");
    is_refused("1-65536", "port \"65536\": a port is a number from 1 to 65535");
    is_refused("0-10", "port \"0\": a port is a number from 1 to 65535");
    is_refused("5-", "port \"\": a port is a number from 1 to 65535");
    is_refused("1-2-3", "port \"2-3\": a port is a number from 1 to 65535");
    is_refused("/smtp", "unknown port set \"/smtp\"; known are quick, campus, deep");
    is_refused("4\x1b[31m", "port \"4\\x1b[31m\": a port is a number from 1 to 65535");
}

static void a_reversed_range_is_refused(void **state)
{
    (void)state;
    is_refused("8100-8000", "port range \"8100-8000\" is reversed");
}

static void an_empty_item_is_refused(void **state)
{
    (void)state;
    is_refused("", "a port list has an empty item");
    is_refused("443,", "a port list has an empty item");
    is_refused("443,,8443", "a port list has an empty item");
    is_refused(" , 443", "a port list has an empty item");
}

static void an_unknown_set_lists_the_known_ones(void **state)
{
    (void)state;
    is_refused("quik", "unknown port set \"quik\"; known are quick, campus, deep");
    is_refused("quick/tls", "unknown port set \"quick/tls\"; known are quick, campus, deep");
}

static void an_unknown_protocol_lists_the_known_ones(void **state)
{
    (void)state;
    struct port_list list = {0};
    struct diag diag = {0};
    assert_int_equal(port_list_parse(&list, "25/gopher", &diag), CS_E_INVALID);
    assert_ptr_equal(strstr(diag.text, "unknown protocol \"gopher\"; known are tls, smtp, "), diag.text);
    assert_int_equal(port_list_parse(&list, "25-30/gopher", &diag), CS_E_INVALID);
    assert_ptr_equal(strstr(diag.text, "unknown protocol \"gopher\"; known are tls, smtp, "), diag.text);
    assert_int_equal(port_list_parse(&list, "25/", &diag), CS_E_INVALID);
    port_list_dispose(&list);
}

static void what_is_written_reads_back_the_same(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "deep",          "1-65535",          "20-30/tls",        "25/tls,26/tls,27", "587,587/tls,588",
        "24-26/smtp,25", "443/smtp,444,445", "1-100/smtp,1-100", "20-26,22/smtp",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct port_list first = list_of(texts[i]);
        struct buf text = {0};
        port_list_format(&text, &first);
        struct port_list again = list_of(buf_str(&text));
        assert_int_equal(first.count, again.count);
        for (size_t k = 0; k < first.count; k++) {
            assert_int_equal(first.entries[k].port, again.entries[k].port);
            assert_int_equal(first.entries[k].protocol, again.entries[k].protocol);
        }
        buf_dispose(&text);
        port_list_dispose(&first);
        port_list_dispose(&again);
    }
}

static void one_entry_behind_a_target_is_port_and_protocol(void **state)
{
    (void)state;
    struct port_entry entry;
    struct diag diag = {0};
    assert_int_equal(port_entry_parse(&entry, "2525/smtp", 9, &diag), CS_OK);
    assert_int_equal(entry.port, 2525);
    assert_int_equal(entry.protocol, PROTOCOL_SMTP);
    assert_int_equal(port_entry_parse(&entry, "143 and more", 3, &diag), CS_OK);
    assert_int_equal(entry.protocol, PROTOCOL_IMAP);
    assert_int_equal(port_entry_parse(&entry, "443-444", 7, &diag), CS_E_INVALID);
    assert_int_equal(port_entry_parse(&entry, "", 0, &diag), CS_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_are_sorted_and_kept_once),
        cmocka_unit_test(ranges_overlap_and_join),
        cmocka_unit_test(a_bare_port_gets_the_protocol_it_has_in_a_set),
        cmocka_unit_test(a_given_protocol_wins_over_the_usual_one),
        cmocka_unit_test(one_port_may_be_asked_for_in_two_protocols),
        cmocka_unit_test(a_range_may_name_its_protocol),
        cmocka_unit_test(the_sets_contain_each_other),
        cmocka_unit_test(printers_and_control_systems_are_in_no_set),
        cmocka_unit_test(sets_mix_with_ports),
        cmocka_unit_test(what_is_no_port_is_named_with_what_is_allowed),
        cmocka_unit_test(a_reversed_range_is_refused),
        cmocka_unit_test(an_empty_item_is_refused),
        cmocka_unit_test(an_unknown_set_lists_the_known_ones),
        cmocka_unit_test(an_unknown_protocol_lists_the_known_ones),
        cmocka_unit_test(what_is_written_reads_back_the_same),
        cmocka_unit_test(one_entry_behind_a_target_is_port_and_protocol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
