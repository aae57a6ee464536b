// SPDX-License-Identifier: Apache-2.0
/* The words of the rule language. */
#ifndef RULES_LEXER_H
#define RULES_LEXER_H

#include <stddef.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* bare: field, operator, keyword or value */
    TOKEN_STRING, /* "double-quoted": always a value */
    TOKEN_SYMBOL, /* = == != < <= > >= */
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COMMA,
};

struct lexer {
    const char *at;  /* what follows the current token */
    unsigned line;   /* where `at` is, from 1 */
    unsigned column; /* in characters, from 1 */
    enum token_kind kind;
    struct buf text; /* of the current token, unescaped; owned */
    unsigned token_line;
    unsigned token_column;
};

void lexer_init(struct lexer *lexer, const char *text);
void lexer_dispose(struct lexer *lexer);
/* Moves to the next token. CS_E_INVALID with line and column: an unterminated string, a character that fits
 * nowhere, a byte that is no UTF-8. */
CS_MUST_USE enum cs_err lexer_next(struct lexer *lexer, struct diag *diag);
/* The same where a value is due: a bare word there may go on with = < > and !, as in CN=www.example.org. */
CS_MUST_USE enum cs_err lexer_next_value(struct lexer *lexer, struct diag *diag);

/* "line L, column C: " before `format`, for the current token. Returns CS_E_INVALID. */
enum cs_err lexer_fail(const struct lexer *lexer, struct diag *diag, const char *format, ...) CS_PRINTF(3, 4);

#endif
