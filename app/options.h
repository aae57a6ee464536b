// SPDX-License-Identifier: Apache-2.0
/* Command lines as tables: what a command accepts, its help, and the parsing of both. */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/diag.h"
#include "base/err.h"
#include "base/text_list.h"

enum option_kind {
    OPTION_FLAG,     /* bool */
    OPTION_TEXT,     /* const char *, borrowed from argv */
    OPTION_OPTIONAL, /* const char *: "" without an argument (--name[=ARG]) */
    OPTION_LIST,     /* struct text_list: may be given more than once */
    OPTION_NUMBER,   /* uint32_t, from `low` to `high` */
    OPTION_SEED,     /* struct option_seed: uint64_t and whether it was given */
    OPTION_SECONDS,  /* uint32_t, milliseconds; given in seconds, fractions allowed, up to `high` ms */
};

struct option_seed {
    uint64_t value;
    bool given;
};

struct command_option {
    const char *name; /* long name without dashes; NULL ends a table */
    char letter;      /* short name; 0 = none */
    enum option_kind kind;
    const char *argument; /* shown in help: "FILE" */
    const char *help;
    size_t offset; /* of the value in the command's own struct */
    uint64_t low;
    uint64_t high;
};

/* Parses argv[1..argc): options anywhere, the rest is copied to `words`; `given` (may be NULL) gets the long
 * name of each option met. CS_E_INVALID names the option and what is allowed. CS_E_CANCELLED: --help was
 * asked for. One thread at a time parses (getopt's state is global): others wait. */
struct option_table {
    const struct command_option *options; /* NULL ends the list of tables */
    void *values;
};
CS_MUST_USE enum cs_err options_parse(const struct option_table *tables, int argc, char **argv,
                                      struct text_list *words, struct text_list *given, struct diag *diag);
/* What was given of one table, as words that options_parse reads again: "--rate=200". */
CS_MUST_USE enum cs_err options_words(const struct option_table *table, const struct text_list *given,
                                      struct text_list *out);
void options_help(FILE *file, const struct option_table *tables);

#endif
