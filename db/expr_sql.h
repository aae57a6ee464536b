// SPDX-License-Identifier: Apache-2.0
/* Expression tree -> SQL condition over the query of assets.c. Values are always bound, never pasted. */
#ifndef DB_EXPR_SQL_H
#define DB_EXPR_SQL_H

#include "base/buf.h"
#include "db/sql.h"
#include "model/expr.h"

struct sql_parameter {
    const char *text; /* borrowed from the tree, or `owned` */
    char *owned;
    int64_t number;
    uint8_t bytes[32];
    size_t len; /* of bytes */
    enum { PARAMETER_TEXT, PARAMETER_NUMBER, PARAMETER_BLOB } kind;
};

struct sql_condition {
    struct buf text;
    struct sql_parameter *parameters; /* owned */
    size_t count;
    size_t cap;
    int64_t now_s;
    unsigned negations;    /* NOTs around what is being appended */
    unsigned alternatives; /* ORs and NOTs around it */
    bool needs_findings;   /* a test of findings is left to the caller */
    bool selective;        /* some test that every row must pass has an index of certificate */
    enum cs_err err;       /* the first failure sticks */
};

void sql_condition_dispose(struct sql_condition *condition);
void sql_add_number(struct sql_condition *condition, int64_t number); /* appends ? and its value */
void sql_add_text(struct sql_condition *condition, const char *text);
void sql_add_blob(struct sql_condition *condition, const uint8_t *bytes,
                  size_t len); /* 32 bytes at most; copied */
/* `:now` in the statement becomes now_s; it may stand anywhere. */
void sql_condition_bind(const struct sql_condition *condition, sqlite3_stmt *stmt);

/* Appends a condition that holds for every row for which `expr` holds. True: for no others. False: some test
 * (a regular expression, a finding) cannot be said in SQL, and the rows have to be tested again. */
bool expr_to_sql(struct sql_condition *condition, const struct expr *expr);

#endif
