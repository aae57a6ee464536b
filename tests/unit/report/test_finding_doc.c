// SPDX-License-Identifier: Apache-2.0
/* docs/findings.md has to be what the table says. UPDATE_DOCS=1 in the environment writes it anew. */
#include "report/finding_doc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char path[] = TEST_DATA_DIR "/../../docs/findings.md";

static void update(const struct buf *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text->data, 1, text->len, file), text->len);
    assert_int_equal(fclose(file), 0);
}

static void the_page_is_what_the_table_says(void **state)
{
    struct buf expected = {0};
    struct buf found = {0};
    char part[4096];
    size_t len;
    (void)state;
    finding_doc_append(&expected);
    assert_int_equal(expected.err, CS_OK);
    if (getenv("UPDATE_DOCS") != NULL)
        update(&expected);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while ((len = fread(part, 1, sizeof part, file)) > 0)
        buf_append(&found, part, len);
    fclose(file);
    if (strcmp(buf_str(&expected), buf_str(&found)) != 0)
        fail_msg("docs/findings.md is stale: run this test once with UPDATE_DOCS=1");
    buf_dispose(&expected);
    buf_dispose(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_what_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
