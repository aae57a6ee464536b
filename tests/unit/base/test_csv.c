// SPDX-License-Identifier: Apache-2.0
#include "base/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What the reader makes of `text`: fields in [], rows with their line, and the error at the end. */
static void reads(const char *text, size_t len, const char *expected)
{
    struct csv_reader *reader = calloc(1, sizeof *reader);
    struct buf found = {0};
    struct diag diag = {0};
    bool more = true;
    FILE *file = fmemopen((void *)text, len, "r");
    assert_non_null(reader);
    assert_non_null(file);
    reader->file = file;
    while (more) {
        enum cs_err err = csv_next(reader, &more, &diag);
        if (err != CS_OK)
            buf_printf(&found, "%s", diag.text);
        if (err != CS_OK || !more)
            break;
        buf_printf(&found, "%zu", reader->line);
        for (size_t i = 0; i < reader->count; i++)
            buf_printf(&found, "[%s]", csv_field(reader, i));
        buf_append_char(&found, ' ');
    }
    assert_string_equal(csv_field(reader, CSV_MAX_FIELDS), "");
    assert_string_equal(buf_str(&found), expected);
    buf_dispose(&found);
    csv_dispose(reader);
    free(reader);
    fclose(file);
}
#define READS(text, expected) reads(text, sizeof(text) - 1, expected)

static void the_separator_is_that_of_the_first_line(void **state)
{
    (void)state;
    READS("a,b\n1;2,3\n", "1[a][b] 2[1;2][3] ");
    READS("a;b\n1;2,3\n", "1[a][b] 2[1][2,3] ");
    READS("a\tb\n1\t2\n", "1[a][b] 2[1][2] ");
    READS("\"a,b,c\";d\n1;2\n", "1[a,b,c][d] 2[1][2] "); /* those in quotes do not count */
    READS("serial\n01\n", "1[serial] 2[01] ");
}

static void every_line_end_and_a_byte_order_mark_are_taken(void **state)
{
    (void)state;
    READS("\xEF\xBB\xBF"
          "a,b\r\n1,2\r3,4\n5,6",
          "1[a][b] 2[1][2] 3[3][4] 4[5][6] ");
    READS("a,b\n\n\r\n1,\n", "1[a][b] 4[1][] "); /* empty lines are no rows, and count as lines */
}

static void quotes_hold_separators_quotes_and_lines(void **state)
{
    (void)state;
    READS("a,b\n\"x,\"\"y\"\"\",\"1\n2\r\n3\"\nz,\n", "1[a][b] 2[x,\"y\"][1\n2\r\n3] 5[z][] ");
    READS("a,b\n\"x\"y,z\n", "1[a][b] 2[xy][z] ");
}

static void what_is_no_csv_is_refused_with_its_line(void **state)
{
    (void)state;
    READS("a,b\n1,\"2\n3\n", "1[a][b] line 2: a quote is not closed before the end of the file");
    READS("a,b\n1,2\n3,\0\n", "1[a][b] 2[1][2] line 3: a NUL byte; this is no text");
    READS("\xFF\xFE"
          "a\0",
          "line 1: this is UTF-16; save it as CSV in UTF-8");
    READS("\n", "");
}

static void a_row_has_its_limits(void **state)
{
    (void)state;
    size_t len = CSV_MAX_ROW + 100;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, 'x', len);
    reads(text, len, "line 1: a row of more than 4 MiB; perhaps a quote is never closed");
    memset(text, ',', CSV_MAX_FIELDS);
    reads(text, CSV_MAX_FIELDS, "line 1: more than 1000 fields");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_separator_is_that_of_the_first_line),
        cmocka_unit_test(every_line_end_and_a_byte_order_mark_are_taken),
        cmocka_unit_test(quotes_hold_separators_quotes_and_lines),
        cmocka_unit_test(what_is_no_csv_is_refused_with_its_line),
        cmocka_unit_test(a_row_has_its_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
