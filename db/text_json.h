// SPDX-License-Identifier: Apache-2.0
/* Lists of words in one column: a JSON array of strings. */
#ifndef DB_TEXT_JSON_H
#define DB_TEXT_JSON_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/text_list.h"

void text_json_append(struct buf *out, const struct text_list *list);
/* Adds to `out`. CS_E_MALFORMED unless `text` is an array of strings. */
CS_MUST_USE enum cs_err text_json_read(struct text_list *out, const char *text, struct diag *diag);

#endif
