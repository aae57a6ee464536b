// SPDX-License-Identifier: Apache-2.0
/* Text helpers. Names compare ASCII case-insensitively; everything else is bytes. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

char text_lower(char c); /* ASCII only, whatever the locale */
bool text_equals(const char *a, const char *b);
bool text_starts_with(const char *text, const char *prefix);
bool text_ends_with(const char *text, const char *suffix);
bool text_contains(const char *text, const char *part);
int text_compare(const char *a, const char *b); /* order for sorting, case-insensitive */

/* `name` is `domain` itself or ends with "." + `domain` (whole labels; a leading dot in `domain` is ignored).
 */
bool text_in_domain(const char *name, const char *domain);

/* A malloc'd copy; NULL when out of memory. text == NULL gives NULL. */
char *text_copy(const char *text);
char *text_copy_n(const char *text, size_t len);

/* Whole decimal number without sign or space, at most `max`. CS_E_INVALID otherwise. */
CS_MUST_USE enum cs_err text_to_u64(const char *text, size_t len, uint64_t max, uint64_t *out);

/* Appends text that is safe on a terminal and valid UTF-8: control bytes (C0, DEL, C1) and invalid UTF-8
 * become \xNN escapes. For messages and tables; JSON does its own escaping. */
void text_append_printable(struct buf *out, const char *bytes, size_t len);

/* One word of a POSIX shell's command line, quoted where it has to be. */
void text_append_shell_word(struct buf *out, const char *text);

/* text_append_printable into a fixed array, cut with "..." when longer; returns `out`. For diag messages. */
char *text_printable(char *out, size_t out_size, const char *text);

/* Length in bytes (1 to 4) of the well-formed UTF-8 character at `bytes`, 0 if there is none (RFC 3629). */
size_t utf8_length(const uint8_t *bytes, size_t len);

/* Appends bytes as valid UTF-8: each byte that is no part of a character becomes U+FFFD. NUL is kept. */
void utf8_append_clean(struct buf *out, const char *bytes, size_t len);

/* Columns a terminal needs for valid UTF-8 `text` (combining and wide characters through wcwidth of the
 * C.UTF-8 locale are not consulted: one character, one column). */
size_t utf8_columns(const char *text);

/* Lower-case hex; `out` has room for 2 * len + 1. */
void hex_encode(char *out, const uint8_t *bytes, size_t len);
/* Exactly 2 * out_len hex digits of either case, else false. */
bool hex_decode(uint8_t *out, size_t out_len, const char *text, size_t text_len);

#endif
