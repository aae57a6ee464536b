// SPDX-License-Identifier: Apache-2.0
#include "scanner/line_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static FILE *file_of(const char *bytes, size_t len)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    rewind(file);
    return file;
}

/* The lines, each in <>. Closes `file`. */
static void lines_are(FILE *file, const char *expected)
{
    struct line_reader reader = {.file = file, .name = "list.txt"};
    struct buf all = {0};
    struct diag diag = {0};
    bool more;
    for (;;) {
        assert_int_equal(line_reader_next(&reader, &more, &diag), CS_OK);
        if (!more)
            break;
        buf_printf(&all, "<%s>", buf_str(&reader.line));
    }
    assert_string_equal(buf_str(&all), expected);
    buf_dispose(&all);
    line_reader_dispose(&reader);
    fclose(file);
}

static void reads(const char *text, const char *expected)
{
    lines_are(file_of(text, strlen(text)), expected);
}

static void lines_end_with_lf_crlf_or_the_file(void **state)
{
    (void)state;
    reads("", "");
    reads("one", "<one>");
    reads("one\n", "<one>");
    reads("one\ntwo", "<one><two>");
    reads("one\r\ntwo\r\n", "<one><two>");
    reads("one\n\n\nfour\n", "<one><><><four>");
    reads("a\rb\n", "<a\rb>"); /* a CR inside is a byte like another */
}

static void a_pipe_is_read_without_seeking(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "one\ntwo\n", 8), 8);
    close(ends[1]);
    lines_are(fdopen(ends[0], "r"), "<one><two>");
}

static void fails(FILE *file, size_t good_lines, const char *reason)
{
    struct line_reader reader = {.file = file, .name = "list.txt"};
    struct diag diag = {0};
    bool more;
    for (size_t i = 0; i < good_lines; i++)
        assert_int_equal(line_reader_next(&reader, &more, &diag), CS_OK);
    assert_int_equal(line_reader_next(&reader, &more, &diag), CS_E_INVALID);
    assert_string_equal(diag.text, reason);
    line_reader_dispose(&reader);
    fclose(file);
}

static void a_nul_byte_is_refused_with_its_line(void **state)
{
    (void)state;
    fails(file_of("one\ntw\0o\n", 9), 1, "list.txt:2: a NUL byte: this is no text file");
}

static void an_over_long_line_is_refused_with_its_number(void **state)
{
    (void)state;
    char *text = malloc(LINE_MAX_BYTES + 3);
    assert_non_null(text);
    memset(text, 'a', LINE_MAX_BYTES + 3);
    text[1] = '\n';
    fails(file_of(text, LINE_MAX_BYTES + 3), 1, "list.txt:2: the line is too long");

    struct line_reader reader = {.file = file_of(text, LINE_MAX_BYTES + 2), .name = "list.txt"};
    bool more;
    assert_int_equal(line_reader_next(&reader, &more, NULL), CS_OK);
    assert_int_equal(line_reader_next(&reader, &more, NULL), CS_OK); /* one byte less is fine */
    assert_int_equal(reader.line.len, LINE_MAX_BYTES);
    fclose(reader.file);
    line_reader_dispose(&reader);
    free(text);
}

static void an_unreadable_file_is_an_error_not_an_end(void **state)
{
    (void)state;
    fails(fopen("/", "r"), 0, "list.txt:1: Is a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_with_lf_crlf_or_the_file),
        cmocka_unit_test(a_pipe_is_read_without_seeking),
        cmocka_unit_test(a_nul_byte_is_refused_with_its_line),
        cmocka_unit_test(an_over_long_line_is_refused_with_its_number),
        cmocka_unit_test(an_unreadable_file_is_an_error_not_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
