// SPDX-License-Identifier: Apache-2.0
/* Reads tests/data/expressions.txt: records and what each expression selects. */
#ifndef TESTS_SUPPORT_EXPR_CORPUS_H
#define TESTS_SUPPORT_EXPR_CORPUS_H

#include "cert/record.h"
#include "model/endpoint.h"

#define CORPUS_MAX_RECORDS 16
#define CORPUS_MAX_CASES   256

struct corpus_record {
    char name[32];
    struct cert_record cert;
    struct endpoint endpoint; /* its strings are owned by the corpus */
    char *host_name;          /* NULL = none */
};

struct corpus_case {
    char *expression;
    bool expected[CORPUS_MAX_RECORDS];
    unsigned line;
};

struct expr_corpus {
    struct corpus_record records[CORPUS_MAX_RECORDS];
    size_t record_count;
    struct corpus_case cases[CORPUS_MAX_CASES];
    size_t case_count;
};

/* Ends the program on a file that cannot be read or understood. */
struct expr_corpus *expr_corpus_read(const char *path);
void expr_corpus_free(struct expr_corpus *corpus);

#endif
