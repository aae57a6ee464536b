// SPDX-License-Identifier: Apache-2.0
/* Differences between what is here and what is in SCM, as lines for a preview. */
#ifndef SCM_LINE_DIFF_H
#define SCM_LINE_DIFF_H

#include "base/buf.h"

void line_diff_line(struct buf *out, char sign, const char *line, size_t len);

/* `name "NAME"` */
void line_diff_name(struct buf *out, char sign, const char *name);

/* The lines of `lines` with `sign`, or, where `other` has them too, with `both` (0 = not at all). */
void line_diff_append(struct buf *out, const char *lines, const char *other, char sign, char both);

#endif
