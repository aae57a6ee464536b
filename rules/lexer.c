// SPDX-License-Identifier: Apache-2.0
#include "rules/lexer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "rules/parse.h"

#define SPACES    " \t\r\n"
#define OPERATORS "=<>!"

void lexer_init(struct lexer *lexer, const char *text)
{
    *lexer = (struct lexer){.at = text, .line = 1, .column = 1};
    buf_init(&lexer->text, RULES_MAX_TEXT);
}

void lexer_dispose(struct lexer *lexer)
{
    buf_dispose(&lexer->text);
}

enum cs_err lexer_fail(const struct lexer *lexer, struct diag *diag, const char *format, ...)
{
    char reason[400];
    va_list args;
    va_start(args, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): a false alarm, va_start is right above */
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    diag_set(diag, "line %u, column %u: %s", lexer->token_line, lexer->token_column, reason);
    return CS_E_INVALID;
}

/* One ASCII character on. */
static void step(struct lexer *lexer)
{
    bool line_ends = *lexer->at++ == '\n';
    lexer->line += line_ends;
    lexer->column = line_ends ? 1 : lexer->column + 1;
}

/* One character into the token. False if it is no UTF-8. */
static bool take(struct lexer *lexer)
{
    size_t len = utf8_length((const uint8_t *)lexer->at, strnlen(lexer->at, 4));
    if (len == 0)
        return false;
    buf_append(&lexer->text, lexer->at, len);
    lexer->at += len - 1;
    step(lexer);
    return true;
}

static enum cs_err fail_encoding(struct lexer *lexer, struct diag *diag)
{
    lexer->token_line = lexer->line;
    lexer->token_column = lexer->column;
    return lexer_fail(lexer, diag, "byte 0x%02x is not UTF-8", (unsigned char)*lexer->at);
}

static enum cs_err take_string(struct lexer *lexer, struct diag *diag)
{
    lexer->kind = TOKEN_STRING;
    step(lexer);
    while (*lexer->at != '"') {
        if (*lexer->at == '\0')
            return lexer_fail(lexer, diag, "this string has no closing quote");
        if (*lexer->at == '\\' && (lexer->at[1] == '"' || lexer->at[1] == '\\'))
            step(lexer);
        if (!take(lexer))
            return fail_encoding(lexer, diag);
    }
    step(lexer);
    return CS_OK;
}

/* Up to a character of `ends` or the end. */
static enum cs_err take_word(struct lexer *lexer, const char *ends, struct diag *diag)
{
    lexer->kind = TOKEN_WORD;
    while (*lexer->at != '\0' && strchr(ends, *lexer->at) == NULL) {
        if (!take(lexer))
            return fail_encoding(lexer, diag);
    }
    return CS_OK;
}

static enum cs_err take_symbol(struct lexer *lexer, struct diag *diag)
{
    lexer->kind = TOKEN_SYMBOL;
    (void)take(lexer); /* ASCII both, so they are UTF-8 */
    if (*lexer->at == '=')
        (void)take(lexer);
    if (strcmp(buf_str(&lexer->text), "!") == 0)
        return lexer_fail(lexer, diag, "\"!\" alone; expected != or the word not");
    return CS_OK;
}

static enum cs_err next_token(struct lexer *lexer, const char *word_ends, struct diag *diag)
{
    while (*lexer->at != '\0' && strchr(SPACES, *lexer->at) != NULL)
        step(lexer);
    buf_reset(&lexer->text);
    lexer->token_line = lexer->line;
    lexer->token_column = lexer->column;
    char c = *lexer->at;
    if (c == '\0') {
        lexer->kind = TOKEN_END;
        return CS_OK;
    }
    if (c == '"')
        return take_string(lexer, diag);
    if (c == '(' || c == ')' || c == ',') {
        lexer->kind = c == '(' ? TOKEN_OPEN : c == ')' ? TOKEN_CLOSE : TOKEN_COMMA;
        (void)take(lexer);
        return CS_OK;
    }
    return strchr(OPERATORS, c) != NULL ? take_symbol(lexer, diag) : take_word(lexer, word_ends, diag);
}

enum cs_err lexer_next(struct lexer *lexer, struct diag *diag)
{
    return next_token(lexer, SPACES "\"()," OPERATORS, diag);
}

enum cs_err lexer_next_value(struct lexer *lexer, struct diag *diag)
{
    return next_token(lexer, SPACES "\"(),", diag);
}
