// SPDX-License-Identifier: Apache-2.0
#include "scm/line_diff.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

void line_diff_line(struct buf *out, char sign, const char *line, size_t len)
{
    buf_printf(out, "%c       %.*s\n", sign, (int)len, line);
}

static bool has_line(const char *lines, const char *line, size_t len)
{
    while (*lines != '\0') {
        size_t here = strcspn(lines, "\n");
        if (here == len && strncmp(lines, line, len) == 0)
            return true;
        lines += here + (lines[here] == '\n');
    }
    return false;
}

void line_diff_append(struct buf *out, const char *lines, const char *other, char sign, char both)
{
    while (*lines != '\0') {
        size_t len = strcspn(lines, "\n");
        char mark = has_line(other, lines, len) ? both : sign;
        if (mark != '\0')
            line_diff_line(out, mark, lines, len);
        lines += len + (lines[len] == '\n');
    }
}

void line_diff_name(struct buf *out, char sign, const char *name)
{
    struct buf line = {0};
    buf_append_str(&line, "name \"");
    text_append_printable(&line, name, strlen(name));
    buf_append_char(&line, '"');
    line_diff_line(out, sign, buf_str(&line), line.len);
    buf_dispose(&line);
}
