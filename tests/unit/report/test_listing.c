// SPDX-License-Identifier: Apache-2.0
#include "report/listing.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

#define NOW_S 1800000000 /* 2027-01-15T08:00:00Z */

enum { NAME, PORT, VALID, SINCE, NAMES, REMARK, COLUMN_COUNT };

static const struct listing_column columns[] = {
    [NAME] = {"name", true},    [PORT] = {"port", true},    [VALID] = {"valid", false},
    [SINCE] = {"since", false}, [NAMES] = {"names", false}, [REMARK] = {"remark", true},
};

struct page { /* a listing into memory */
    struct listing *listing;
    FILE *file;
    struct diag diag;
};

static char *text; /* of the page, once it is closed; the stream keeps this address */
static size_t text_len;

static struct page open_page(const struct listing_options *options)
{
    struct page page = {0};
    page.file = open_memstream(&text, &text_len);
    assert_non_null(page.file);
    assert_int_equal(listing_open(&page.listing, page.file, options, columns, COLUMN_COUNT, &page.diag),
                     CS_OK);
    return page;
}

/* One row of name and port; the rest stays null. */
static enum cs_err put(struct page *page, const char *name, int64_t port)
{
    listing_text(page->listing, NAME, name);
    listing_int(page->listing, PORT, port);
    return listing_end_row(page->listing, &page->diag);
}

static void put_all(struct page *page, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(put(page, names[i], (int64_t)i), CS_OK);
}

static void close_page(struct page *page)
{
    assert_int_equal(listing_close(page->listing, CS_OK, &page->diag), CS_OK);
    fclose(page->file);
}

static void page_is(struct page *page, const char *expected)
{
    close_page(page);
    assert_string_equal(text, expected);
    free(text);
}

static void refuses(const struct listing_options *options, const char *message)
{
    struct listing *listing = NULL;
    struct diag diag = {0};
    assert_int_equal(listing_open(&listing, stdout, options, columns, COLUMN_COUNT, &diag), CS_E_INVALID);
    assert_null(listing);
    assert_string_equal(diag.text, message);
}

/* ---- options ---- */

static void formats_have_names_and_others_are_refused_with_the_list(void **state)
{
    (void)state;
    enum listing_format format;
    struct diag diag = {0};
    assert_int_equal(listing_format_parse(&format, "jsonl", &diag), CS_OK);
    assert_int_equal(format, LISTING_JSONL);
    assert_int_equal(listing_format_parse(&format, "csv", &diag), CS_OK);
    assert_int_equal(format, LISTING_CSV);
    assert_int_equal(listing_format_parse(&format, "yaml", &diag), CS_E_INVALID);
    assert_string_equal(diag.text, "--format yaml: allowed are table, json, jsonl, csv, html");
}

static void columns_are_chosen_by_name_and_order(void **state)
{
    (void)state;
    struct page page = open_page(&(struct listing_options){.format = LISTING_CSV, .columns = "port,name"});
    assert_true(listing_wants(page.listing, NAME));
    assert_false(listing_wants(page.listing, REMARK));
    assert_int_equal(put(&page, "www.example", 443), CS_OK);
    page_is(&page, "port,name\r\n443,www.example\r\n");
}

static void an_unknown_column_is_refused_with_the_list(void **state)
{
    (void)state;
    refuses(&(struct listing_options){.columns = "name,colour"},
            "no column \"colour\"; there are name, port, valid, since, names, remark");
    refuses(&(struct listing_options){.columns = ""},
            "no column \"\"; there are name, port, valid, since, names, remark");
    refuses(&(struct listing_options){.sort = "-colour"},
            "no column \"colour\"; there are name, port, valid, since, names, remark");
}

/* ---- csv ---- */

static void csv_quotes_as_rfc_4180_says(void **state)
{
    (void)state;
    struct page page =
        open_page(&(struct listing_options){.format = LISTING_CSV, .columns = "name", .no_header = true});
    static const char *const names[] = {"plain", "a,b", "say \"hi\"", "two\nlines", ""};
    put_all(&page, names, 5);
    page_is(&page, "plain\r\n\"a,b\"\r\n\"say \"\"hi\"\"\"\r\n\"two\nlines\"\r\n\r\n");
}

static void csv_takes_another_separator(void **state)
{
    (void)state;
    struct page page = open_page(
        &(struct listing_options){.format = LISTING_CSV, .columns = "name,port", .csv_separator = ';'});
    assert_int_equal(put(&page, "a,b", 1), CS_OK);
    assert_int_equal(put(&page, "a;b", 2), CS_OK);
    page_is(&page, "name;port\r\na,b;1\r\n\"a;b\";2\r\n");
}

static void csv_cells_that_a_spreadsheet_would_run_get_an_apostrophe(void **state)
{
    (void)state;
    struct page page =
        open_page(&(struct listing_options){.format = LISTING_CSV, .columns = "name", .no_header = true});
    static const char *const names[] = {"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "a=b", "*.example"};
    put_all(&page, names, 7);
    page_is(&page, "'=1+1\r\n'+1\r\n'-1\r\n'@SUM(A1)\r\n'\tx\r\na=b\r\n*.example\r\n");
}

static void csv_numbers_stay_numbers(void **state)
{
    (void)state;
    struct page page =
        open_page(&(struct listing_options){.format = LISTING_CSV, .columns = "port", .no_header = true});
    assert_int_equal(put(&page, NULL, -17), CS_OK);
    assert_int_equal(put(&page, NULL, INT64_MIN), CS_OK);
    page_is(&page, "-17\r\n-9223372036854775808\r\n");
}

static void a_list_cell_that_begins_a_formula_is_harmless_too(void **state)
{
    (void)state;
    static const char *const names[] = {"=cmd.example", "b.example"};
    struct page page =
        open_page(&(struct listing_options){.format = LISTING_CSV, .columns = "names", .no_header = true});
    listing_texts(page.listing, NAMES, names, 2);
    assert_int_equal(listing_end_row(page.listing, &page.diag), CS_OK);
    page_is(&page, "'=cmd.example b.example\r\n");
}

static void csv_escapes_what_a_terminal_would_obey(void **state)
{
    (void)state;
    struct page page =
        open_page(&(struct listing_options){.format = LISTING_CSV, .columns = "name", .no_header = true});
    static const char *const names[] = {"\x1b[31mred\r=1+1", "tab\there", "\xff", "\xc3\xa9"};
    put_all(&page, names, 4);
    page_is(&page, "\\x1b[31mred\\x0d=1+1\r\ntab\there\r\n\\xff\r\n\xc3\xa9\r\n");
}

static void csv_without_rows_is_its_header(void **state)
{
    (void)state;
    struct page page = open_page(&(struct listing_options){.format = LISTING_CSV, .columns = "name"});
    page_is(&page, "name\r\n");
}

/* ---- json ---- */

static void put_everything(struct page *page)
{
    static const char *const names[] = {"a.example", "b.example"};
    listing_text(page->listing, NAME, "a.example");
    listing_int(page->listing, PORT, 443);
    listing_bool(page->listing, VALID, true);
    listing_time(page->listing, SINCE, NOW_S);
    listing_texts(page->listing, NAMES, names, 2);
    assert_int_equal(listing_end_row(page->listing, &page->diag), CS_OK);
}

static void json_cells_keep_their_type_and_unset_ones_are_null(void **state)
{
    (void)state;
    struct page page = open_page(&(struct listing_options){.format = LISTING_JSONL});
    put_everything(&page);
    page_is(&page, "{\"name\":\"a.example\",\"port\":443,\"valid\":true,\"since\":\"2027-01-15T08:00:00Z\","
                   "\"names\":[\"a.example\",\"b.example\"],\"remark\":null}\n");
}

static void nothing_of_a_row_leaks_into_the_next(void **state)
{
    (void)state;
    struct page page = open_page(&(struct listing_options){.format = LISTING_JSONL});
    put_everything(&page);
    assert_int_equal(listing_end_row(page.listing, &page.diag), CS_OK);
    close_page(&page);
    assert_string_equal(strchr(text, '\n') + 1, "{\"name\":null,\"port\":null,\"valid\":null,"
                                                "\"since\":null,\"names\":null,\"remark\":null}\n");
    free(text);
}

static void an_empty_list_is_an_empty_array(void **state)
{
    (void)state;
    struct page page = open_page(&(struct listing_options){.format = LISTING_JSONL, .columns = "names"});
    listing_texts(page.listing, NAMES, NULL, 0);
    assert_int_equal(listing_end_row(page.listing, &page.diag), CS_OK);
    page_is(&page, "{\"names\":[]}\n");
}

static void json_is_one_array_however_many_rows(void **state)
{
    (void)state;
    struct listing_options options = {.format = LISTING_JSON, .columns = "port"};
    for (int64_t rows = 0; rows < 3; rows++) {
        struct json_value *json = NULL;
        struct page page = open_page(&options);
        for (int64_t i = 0; i < rows; i++)
            assert_int_equal(put(&page, NULL, i), CS_OK);
        close_page(&page);
        assert_int_equal(json_parse(&json, text, text_len, NULL), CS_OK);
        assert_int_equal(json_array_len(json), rows);
        json_free(json);
        free(text);
    }
}

static void hostile_text_is_still_valid_json(void **state)
{
    (void)state;
    struct page page = open_page(&(struct listing_options){.format = LISTING_JSONL, .columns = "name"});
    assert_int_equal(put(&page, "\x1b[31m\"\\\n\xff\xc3\xa9", 1), CS_OK);
    page_is(&page, "{\"name\":\"\\u001b[31m\\\"\\\\\\n\xef\xbf\xbd\xc3\xa9\"}\n");
}

/* ---- table ---- */

static void a_table_fits_its_columns_to_the_rows(void **state)
{
    (void)state;
    struct page page = open_page(&(struct listing_options){.format = LISTING_TABLE});
    assert_int_equal(put(&page, "www.example", 443), CS_OK);
    assert_int_equal(put(&page, "a", 8443), CS_OK);
    page_is(&page, "NAME         PORT  REMARK\n"
                   "www.example   443  -\n"
                   "a            8443  -\n");
}

static void a_table_without_rows_is_nothing(void **state)
{
    (void)state;
    struct page page = open_page(&(struct listing_options){.format = LISTING_TABLE});
    page_is(&page, "");
}

static void a_table_shows_the_day_of_a_time_and_joins_lists(void **state)
{
    (void)state;
    struct page page = open_page(&(struct listing_options){
        .format = LISTING_TABLE, .columns = "valid,since,names", .no_header = true});
    put_everything(&page);
    page_is(&page, "true  2027-01-15  a.example b.example\n");
}

static void a_table_escapes_what_a_terminal_would_obey(void **state)
{
    (void)state;
    struct page page =
        open_page(&(struct listing_options){.format = LISTING_TABLE, .columns = "name", .no_header = true});
    assert_int_equal(put(&page, "\x1b[31mred\n\x9b", 1), CS_OK);
    page_is(&page, "\\x1b[31mred\\x0a\\x9b\n");
}

static void the_widest_column_gives_way_on_a_narrow_terminal(void **state)
{
    (void)state;
    struct page page = open_page(&(struct listing_options){
        .format = LISTING_TABLE, .columns = "name,port", .no_header = true, .width = 20});
    assert_int_equal(put(&page, "a-rather-long-name.example", 8443), CS_OK);
    assert_int_equal(put(&page, "\xc3\xa9t\xc3\xa9-\xc3\xa9t\xc3\xa9-\xc3\xa9t\xc3\xa9-xyz", 1), CS_OK);
    page_is(&page, "a-rather-long…  8443\n"
                   "\xc3\xa9t\xc3\xa9-\xc3\xa9t\xc3\xa9-\xc3\xa9t\xc3\xa9-x…     1\n");
}

static void rows_behind_the_ones_looked_at_are_still_written(void **state)
{
    (void)state;
    size_t lines = 0;
    struct page page = open_page(&(struct listing_options){.format = LISTING_TABLE, .no_header = true});
    for (int64_t i = 0; i < 2500; i++)
        assert_int_equal(put(&page, "n", i), CS_OK);
    close_page(&page);
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    assert_int_equal(lines, 2500);
    free(text);
}

/* ---- sort and limit ---- */

static void names_sort_without_case_and_numbers_as_numbers(void **state)
{
    (void)state;
    struct listing_options options = {
        .format = LISTING_CSV, .columns = "name,port", .no_header = true, .sort = "name"};
    struct page page = open_page(&options);
    assert_int_equal(put(&page, "b", 9), CS_OK);
    assert_int_equal(put(&page, "C", 10), CS_OK);
    assert_int_equal(put(&page, "a", 100), CS_OK);
    page_is(&page, "a,100\r\nb,9\r\nC,10\r\n");
    options.sort = "-port";
    page = open_page(&options);
    assert_int_equal(put(&page, "b", 9), CS_OK);
    assert_int_equal(put(&page, "C", 10), CS_OK);
    assert_int_equal(put(&page, "a", 100), CS_OK);
    page_is(&page, "a,100\r\nC,10\r\nb,9\r\n");
}

static void a_column_that_is_not_shown_can_be_sorted_by(void **state)
{
    (void)state;
    struct page page = open_page(&(struct listing_options){
        .format = LISTING_CSV, .columns = "name", .no_header = true, .sort = "-since"});
    static const char *const names[] = {"old", "new", "never"};
    for (size_t i = 0; i < 3; i++) {
        listing_text(page.listing, NAME, names[i]);
        assert_true(listing_wants(page.listing, SINCE));
        if (i < 2)
            listing_time(page.listing, SINCE, NOW_S + (int64_t)i);
        assert_int_equal(listing_end_row(page.listing, &page.diag), CS_OK);
    }
    page_is(&page, "new\r\nold\r\nnever\r\n");
}

static void the_limit_ends_a_listing_early(void **state)
{
    (void)state;
    struct page page = open_page(
        &(struct listing_options){.format = LISTING_CSV, .columns = "port", .no_header = true, .limit = 2});
    assert_int_equal(put(&page, NULL, 1), CS_OK);
    assert_int_equal(put(&page, NULL, 2), CS_OK);
    assert_int_equal(put(&page, NULL, 3), CS_E_CANCELLED);
    assert_int_equal(listing_close(page.listing, CS_E_CANCELLED, &page.diag), CS_OK);
    fclose(page.file);
    assert_string_equal(text, "1\r\n2\r\n");
    free(text);
}

static void a_sorted_listing_is_limited_after_it_is_sorted(void **state)
{
    (void)state;
    struct page page = open_page(&(struct listing_options){
        .format = LISTING_CSV, .columns = "port", .no_header = true, .limit = 2, .sort = "-port"});
    for (int64_t i = 1; i <= 5; i++)
        assert_int_equal(put(&page, NULL, i), CS_OK);
    page_is(&page, "5\r\n4\r\n");
}

/* ---- failures ---- */

static void an_earlier_failure_is_passed_on_and_ends_the_listing(void **state)
{
    (void)state;
    struct page page = open_page(&(struct listing_options){.format = LISTING_JSON});
    assert_int_equal(listing_close(page.listing, CS_E_BUSY, &page.diag), CS_E_BUSY);
    fclose(page.file);
    assert_string_equal(text, "");
    free(text);
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    static const enum listing_format formats[] = {LISTING_TABLE, LISTING_JSON, LISTING_JSONL, LISTING_CSV};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct page page = {.file = fopen("/dev/full", "w")};
        assert_non_null(page.file);
        assert_int_equal(listing_open(&page.listing, page.file,
                                      &(struct listing_options){.format = formats[i]}, columns, COLUMN_COUNT,
                                      &page.diag),
                         CS_OK);
        assert_int_equal(put(&page, "www.example", 443), CS_OK);
        assert_int_equal(listing_close(page.listing, CS_OK, &page.diag), CS_E_IO);
        assert_string_equal(page.diag.text, "standard output: No space left on device");
        fclose(page.file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_have_names_and_others_are_refused_with_the_list),
        cmocka_unit_test(columns_are_chosen_by_name_and_order),
        cmocka_unit_test(an_unknown_column_is_refused_with_the_list),
        cmocka_unit_test(csv_quotes_as_rfc_4180_says),
        cmocka_unit_test(csv_takes_another_separator),
        cmocka_unit_test(csv_cells_that_a_spreadsheet_would_run_get_an_apostrophe),
        cmocka_unit_test(csv_numbers_stay_numbers),
        cmocka_unit_test(a_list_cell_that_begins_a_formula_is_harmless_too),
        cmocka_unit_test(csv_escapes_what_a_terminal_would_obey),
        cmocka_unit_test(csv_without_rows_is_its_header),
        cmocka_unit_test(json_cells_keep_their_type_and_unset_ones_are_null),
        cmocka_unit_test(nothing_of_a_row_leaks_into_the_next),
        cmocka_unit_test(an_empty_list_is_an_empty_array),
        cmocka_unit_test(json_is_one_array_however_many_rows),
        cmocka_unit_test(hostile_text_is_still_valid_json),
        cmocka_unit_test(a_table_fits_its_columns_to_the_rows),
        cmocka_unit_test(a_table_without_rows_is_nothing),
        cmocka_unit_test(a_table_shows_the_day_of_a_time_and_joins_lists),
        cmocka_unit_test(a_table_escapes_what_a_terminal_would_obey),
        cmocka_unit_test(the_widest_column_gives_way_on_a_narrow_terminal),
        cmocka_unit_test(rows_behind_the_ones_looked_at_are_still_written),
        cmocka_unit_test(names_sort_without_case_and_numbers_as_numbers),
        cmocka_unit_test(a_column_that_is_not_shown_can_be_sorted_by),
        cmocka_unit_test(the_limit_ends_a_listing_early),
        cmocka_unit_test(a_sorted_listing_is_limited_after_it_is_sorted),
        cmocka_unit_test(an_earlier_failure_is_passed_on_and_ends_the_listing),
        cmocka_unit_test(a_full_disk_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
