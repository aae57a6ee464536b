// SPDX-License-Identifier: Apache-2.0
#include "scm/push_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static struct json_value *parse(const char *text)
{
    struct json_value *root;
    assert_int_equal(json_parse(&root, text, strlen(text), NULL), CS_OK);
    return root;
}

/* What the answer makes of three certificates with the numbers 0e01, 02 and 03: "C" created, "T" there, "R"
 * refused,
 * "-" nothing; each with its id. */
static void means(const char *answer, const char *expected)
{
    static const char letters[] = {
        [IMPORT_NOTHING] = '-', [IMPORT_CREATED] = 'C', [IMPORT_THERE] = 'T', [IMPORT_REFUSED] = 'R'};
    struct push_item items[3] = {{.serial = "0e01"}, {.serial = "02"}, {.serial = "03"}};
    struct import_result results[3];
    struct buf said = {0};
    struct json_value *root = parse(answer);
    import_reply(results, items, 3, root);
    for (int i = 0; i < 3; i++)
        buf_printf(&said, "%s%c%lld", i > 0 ? " " : "", letters[results[i].outcome],
                   (long long)results[i].id);
    if (strcmp(buf_str(&said), expected) != 0)
        fail_msg("%s: %s", answer, buf_str(&said));
    buf_dispose(&said);
    json_free(root);
}

#define ROW(id, serial, created)                                                                             \
    "{\"cert\":{\"id\":" #id ",\"serialNumber\":\"" serial "\"},\"created\":" #created "}"

static void rows_stand_in_the_order_of_the_request(void **state)
{
    (void)state;
    means("[" ROW(7, "E01", true) "," ROW(8, "2", false) ",{\"errorMessage\":\"no\"}]", "C7 T8 R0");
    means("[{\"cert\":{\"id\":7}},{\"cert\":{\"id\":\"8\"},\"created\":null},{\"cert\":{\"id\":9},"
          "\"created\":\"yes\"}]",
          "T7 T8 T9");
}

static void another_order_is_told_by_the_serial_number(void **state)
{
    (void)state;
    means("[" ROW(9, "03", true) "," ROW(8, "02", true) "," ROW(7, "0E:01", true) "]", "C7 C8 C9");
}

static void too_few_and_too_many_rows_are_told_by_the_serial_number_alone(void **state)
{
    (void)state;
    means("[]", "-0 -0 -0");
    means("[" ROW(9, "3", true) "]", "-0 -0 C9");
    means("[" ROW(9, "3", true) ",{\"errorMessage\":\"of whom?\"}]", "-0 -0 C9");
    means("[" ROW(1, "77", true) "," ROW(7, "E01", true) "," ROW(8, "2", true) "," ROW(9, "3", true) "]",
          "C7 C8 C9");
}

static void rows_that_say_nothing_usable_are_nothing(void **state)
{
    (void)state;
    means("[null,17,{}]", "-0 -0 -0");
    means("[{\"cert\":null,\"created\":true},{\"cert\":{\"id\":null}},{\"cert\":{\"id\":-4}}]", "-0 -0 -0");
    means("{\"cert\":{\"id\":7}}", "-0 -0 -0");
    means("[" ROW(7, "77", true) "," ROW(8, "2", true) "," ROW(9, "3", true) "]",
          "-0 C8 C9"); /* another's number */
}

static void an_id_that_comes_twice_counts_for_the_first(void **state)
{
    (void)state;
    means("[" ROW(7, "E01", true) "," ROW(7, "2", true) "," ROW(9, "3", true) "]", "C7 -0 C9");
}

static void a_serial_number_of_two_items_tells_nothing(void **state)
{
    struct push_item items[2] = {{.serial = "01"}, {.serial = "01"}};
    struct import_result results[2];
    struct json_value *root = parse("[" ROW(7, "1", true) "]");
    (void)state;
    import_reply(results, items, 2, root);
    assert_int_equal(results[0].outcome, IMPORT_NOTHING);
    assert_int_equal(results[1].outcome, IMPORT_NOTHING);
    json_free(root);
    root = parse("[" ROW(7, "1", true) "," ROW(8, "1", true) "]"); /* but the order does */
    import_reply(results, items, 2, root);
    assert_int_equal(results[0].id, 7);
    assert_int_equal(results[1].id, 8);
    json_free(root);
}

static void one_row_for_one_item_is_its_whatever_its_number(void **state)
{
    struct push_item item = {.serial = "01"};
    struct import_result result;
    struct json_value *root = parse("[" ROW(7, "decimal", true) "]");
    (void)state;
    import_reply(&result, &item, 1, root);
    assert_int_equal(result.id, 7);
    json_free(root);
}

static void an_error_is_made_printable_and_cut(void **state)
{
    struct push_item item = {0};
    struct import_result result;
    struct buf text = {0};
    (void)state;
    buf_append_str(&text, "[{\"errorMessage\":\"\\u001b[2J");
    for (int i = 0; i < 1000; i++)
        buf_append_char(&text, 'x');
    buf_append_str(&text, "\"}]");
    struct json_value *root = parse(buf_str(&text));
    import_reply(&result, &item, 1, root);
    assert_int_equal(result.outcome, IMPORT_REFUSED);
    assert_memory_equal(result.error, "\\x1b[2Jxxx", 10);
    assert_in_range(strlen(result.error), 100, sizeof result.error - 1);
    json_free(root);
    buf_dispose(&text);
}

/* ---- locations ---- */

#define LOCATION(id, ip, port, more)                                                                         \
    "{\"id\":" #id ",\"locationType\":\"CUSTOM\",\"details\":{\"IP\":\"" ip "\",\"Port\":" port more "}}"

static struct location_reply finds(const char *rows, const char *host)
{
    struct push_place place = {.port = 443};
    struct json_value *root = parse(rows);
    assert_int_equal(ip_parse("192.0.2.7", 9, &place.ip), CS_OK);
    snprintf(place.host, sizeof place.host, "%s", host);
    struct location_reply found = location_find(root, &place, "push 1");
    json_free(root);
    return found;
}

static void a_location_is_the_same_by_address_port_and_host(void **state)
{
    (void)state;
    assert_int_equal(finds("[" LOCATION(5, "192.0.2.7", "\"443\"", "") "]", "").id, 5);
    assert_true(
        finds("[" LOCATION(5, "192.0.2.7", "443", ",\"Host\":\"WWW.example\"") "]", "www.example").found);
    assert_false(finds("[" LOCATION(5, "192.0.2.8", "\"443\"", "") "]", "").found);
    assert_false(finds("[" LOCATION(5, "192.0.2.7", "\"444\"", "") "]", "").found);
    assert_false(finds("[" LOCATION(5, "192.0.2.7", "\"443\"", ",\"Host\":\"other\"") "]", "").found);
    assert_false(finds("[" LOCATION(5, "192.0.2.7", "\"443\"", "") "]", "www.example").found);
}

static void an_address_may_be_spelt_in_another_way(void **state)
{
    static const char *const same[] = {"2001:db8::7", "2001:DB8:0:0:0:0:0:7", "2001:0db8::0007"};
    struct push_place place = {.port = 443};
    (void)state;
    assert_int_equal(ip_parse("2001:db8::7", 11, &place.ip), CS_OK);
    for (size_t i = 0; i < 3; i++) {
        char rows[200];
        snprintf(rows, sizeof rows, "[{\"id\":5,\"details\":{\"IP\":\"%s\",\"Port\":\"443\"}}]", same[i]);
        struct json_value *root = parse(rows);
        assert_int_equal(location_find(root, &place, "push 1").id, 5);
        json_free(root);
    }
    assert_false(finds("[" LOCATION(5, "2001:db8::7", "\"443\"", "") "]", "").found);
}

static void its_source_tells_whose_it_is(void **state)
{
    (void)state;
    assert_false(finds("[" LOCATION(5, "192.0.2.7", "\"443\"", ",\"Source\":\"push 2\"") "]", "").ours);
    struct location_reply found = finds("[" LOCATION(5, "192.0.2.7", "\"443\"", "") "," LOCATION(
                                            6, "192.0.2.7", "\"443\"", ",\"Source\":\"push 1\"") "]",
                                        "");
    assert_true(found.ours);
    assert_int_equal(found.id, 6);
}

static void lists_that_are_none_have_no_location(void **state)
{
    static const char *const wrong[] = {
        "{}", "[]", "[null]", "[{}]", "[{\"details\":[]}]", "17", "[{\"details\":{\"IP\":7,\"Port\":{}}}]"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(finds(wrong[i], "").found);
    struct location_reply found = finds("[" LOCATION(null, "192.0.2.7", "\"443\"", "") "]", "");
    assert_true(found.found && found.id == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_stand_in_the_order_of_the_request),
        cmocka_unit_test(another_order_is_told_by_the_serial_number),
        cmocka_unit_test(too_few_and_too_many_rows_are_told_by_the_serial_number_alone),
        cmocka_unit_test(rows_that_say_nothing_usable_are_nothing),
        cmocka_unit_test(an_id_that_comes_twice_counts_for_the_first),
        cmocka_unit_test(a_serial_number_of_two_items_tells_nothing),
        cmocka_unit_test(one_row_for_one_item_is_its_whatever_its_number),
        cmocka_unit_test(an_error_is_made_printable_and_cut),
        cmocka_unit_test(a_location_is_the_same_by_address_port_and_host),
        cmocka_unit_test(an_address_may_be_spelt_in_another_way),
        cmocka_unit_test(its_source_tells_whose_it_is),
        cmocka_unit_test(lists_that_are_none_have_no_location),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
