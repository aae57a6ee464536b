// SPDX-License-Identifier: Apache-2.0
#include "rules/lexer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rules/parse.h"

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
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    diag_set(diag, "line %u, column %u: %s", lexer->token_line, lexer->token_column, reason);
    return CS_E_INVALID;
}

/* One byte on; columns count characters, so continuation bytes of UTF-8 do not count. */
static void step(struct lexer *lexer)
{
    unsigned char c = (unsigned char)*lexer->at++;
    if (c == '\n') {
        lexer->line++;
        lexer->column = 1;
    } else if ((*(const unsigned char *)lexer->at & 0xC0) != 0x80) {
        lexer->column++;
    }
}

static void take(struct lexer *lexer)
{
    buf_append_char(&lexer->text, *lexer->at);
    step(lexer);
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
        take(lexer);
    }
    step(lexer);
    return CS_OK;
}

static void take_symbol(struct lexer *lexer)
{
    lexer->kind = TOKEN_SYMBOL;
    take(lexer);
    if (*lexer->at == '=')
        take(lexer);
}

static bool is_word(char c)
{
    return c != '\0' && strchr(" \t\r\n\"(),=<>!", c) == NULL;
}

enum cs_err lexer_next(struct lexer *lexer, struct diag *diag)
{
    while (*lexer->at == ' ' || *lexer->at == '\t' || *lexer->at == '\r' || *lexer->at == '\n')
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
        take(lexer);
        return CS_OK;
    }
    if (c == '=' || c == '<' || c == '>' || c == '!') {
        take_symbol(lexer);
        if (strcmp(buf_str(&lexer->text), "!") == 0)
            return lexer_fail(lexer, diag, "\"!\" alone; expected != or the word not");
        return CS_OK;
    }
    lexer->kind = TOKEN_WORD;
    while (is_word(*lexer->at))
        take(lexer);
    return CS_OK;
}
