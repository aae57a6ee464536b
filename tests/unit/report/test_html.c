// SPDX-License-Identifier: Apache-2.0
/* What a certificate says stays text, and a page asks for nothing. */
#include "report/html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW_S 1800000000

static void text_is(const char *bytes, size_t len, const char *expected)
{
    struct buf out = {0};
    html_text(&out, bytes, len);
    assert_string_equal(buf_str(&out), expected);
    buf_dispose(&out);
}

static void markup_is_escaped(void **state)
{
    (void)state;
    text_is("<script>&\"'", 11, "&lt;script&gt;&amp;&quot;&#39;");
    text_is("Zürich", 7, "Zürich");
}

static void bytes_that_are_no_text_are_replaced(void **state)
{
    (void)state;
    text_is("a\0b\x1B", 4,
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
    text_is("\xFFx\xC2", 3, "\xEF\xBF\xBDx\xEF\xBF\xBD");
    text_is("\xC2\x85", 2, "\xEF\xBF\xBD");     /* a C1 control */
    text_is("\xE2\x80\xAE", 3, "\xEF\xBF\xBD"); /* turns what follows round */
    text_is("\xE2\x80\x94", 3, "\xE2\x80\x94"); /* a dash */
}

/* A page with that chart and one row of one cell. */
static char *page_of(const struct html_chart *chart, const char *cell)
{
    struct buf out = {0};
    const char *columns[] = {"common_name"};
    const struct html_page page = {
        .title = "A & B", .made_at_s = NOW_S, .charts = chart, .chart_count = chart != NULL};
    html_begin(&out, &page, columns, 1);
    html_begin_row(&out);
    html_cell(&out, cell, strlen(cell), false);
    html_end_row(&out);
    html_end(&out, 1);
    return buf_take_str(&out);
}

static void page_has(const char *page, const char *part, bool expected)
{
    if ((strstr(page, part) != NULL) != expected)
        fail_msg("%s: %s\n%s", expected ? "missing" : "there", part, page);
}

static void a_page_has_its_parts(void **state)
{
    (void)state;
    char *page = page_of(NULL, "critical");
    page_has(page, "<title>A &amp; B</title>", true);
    page_has(page, "default-src 'none'", true);
    page_has(page, ">Common name</th>", true);
    page_has(page, "<td class=\"bad\">critical</td>", true);
    page_has(page, "1 row.", true);
    page_has(page, "<svg", false);
    page_has(page, "http://", false);
    page_has(page, "https://", false);
    page_has(page, "<script", false);
    free(page);
}

static void charts_escape_their_labels_and_scale_to_the_highest(void **state)
{
    (void)state;
    static const struct html_series series[] = {{"<b>", HTML_GOOD}, {"other", HTML_BAD}};
    const struct html_bar bars[] = {{"<i>x", {30, 10}}, {"y", {0, 20}}};
    struct html_chart chart = {
        .title = "T", .kind = HTML_BARS, .series = series, .series_count = 2, .bars = bars, .bar_count = 2};
    char *page = page_of(&chart, "");
    page_has(page, "<i>x", false);
    page_has(page, "&lt;i&gt;x, &lt;b&gt;: 30", true);
    page_has(page, "width=\"327.0\"", true); /* 30 of 40 on 436 */
    page_has(page, "width=\"109.0\"", true);
    page_has(page, "width=\"0.0\"", false); /* nothing is drawn for nothing */
    free(page);
    chart.kind = HTML_COLUMNS;
    page = page_of(&chart, "");
    page_has(page, "height=\"142.5\"", true); /* 30 of 40 on 190 */
    free(page);
    chart.kind = HTML_GROUPS;
    page = page_of(&chart, "");
    page_has(page, "height=\"142.5\"", true);
    page_has(page, ">40</text>", true);
    free(page);
    chart.bar_count = 0;
    page = page_of(&chart, "");
    page_has(page, "Nothing to show", true);
    free(page);
}

static void long_labels_are_cut_at_a_character(void **state)
{
    (void)state;
    static const struct html_series series[] = {{"n", HTML_PLAIN}};
    const struct html_bar bars[] = {{"1234567890123456789012345678901\xC3\xBCx", {1}}};
    const struct html_chart chart = {
        .title = "T", .kind = HTML_BARS, .series = series, .series_count = 1, .bars = bars, .bar_count = 1};
    char *page = page_of(&chart, "");
    page_has(page, "8901\xC3\xBC…<title>1234", true);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_is_escaped),
        cmocka_unit_test(bytes_that_are_no_text_are_replaced),
        cmocka_unit_test(a_page_has_its_parts),
        cmocka_unit_test(charts_escape_their_labels_and_scale_to_the_highest),
        cmocka_unit_test(long_labels_are_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
