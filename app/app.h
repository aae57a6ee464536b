// SPDX-License-Identifier: Apache-2.0
/* What every command shares: its options, the configuration, the database, and how it speaks. */
#ifndef APP_APP_H
#define APP_APP_H

#include <stdbool.h>

#include "app/config.h"
#include "app/options.h"
#include "base/diag.h"
#include "base/err.h"
#include "db/store.h"
#include "report/listing.h"
#include "rules/ruleset.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_RESUMABLE = 3 };

struct common_options {
    const char *db;
    const char *config;
};
extern const struct command_option common_option_table[];

struct list_options { /* of commands that list rows */
    const char *format;
    const char *columns;
    const char *sort;
    uint32_t limit;
    bool no_header;
    const char *csv_separator;
};
extern const struct command_option list_option_table[];

struct command;
struct app {
    /* What --help does instead of printing text; NULL = it prints. */
    void (*help)(void *context, const struct command *command, const struct option_table *tables);
    void *help_context;
    struct common_options common;
    struct config config;
    struct store *store;    /* once opened */
    struct text_list words; /* the command's arguments that are no options */
    struct text_list given; /* long names of the options that were given */
    struct diag diag;
};

struct command {
    const char *name;      /* "org", "rule", ... */
    const char *verb;      /* "add", ...; NULL: the command has none */
    const char *arguments; /* for help: "NAME --match EXPR --assign OWNER" */
    const char *summary;
    int (*run)(struct app *app, const struct command *command, int argc, char **argv); /* the exit status */
};

/* Parses options (the command's own table may be NULL) and reads the configuration. False: *status is to be
 * returned at once (help was shown, or the usage is wrong). `min` to `max` words are expected. */
bool app_begin(struct app *app, const struct command *command, int argc, char **argv,
               const struct command_option *own, void *values, bool lists, struct list_options *list,
               size_t min, size_t max, int *status);

/* The same with several tables of the command's own (the last one NULL; two at most). */
bool app_begin_with(struct app *app, const struct command *command, int argc, char **argv,
                    const struct option_table *own, size_t min, size_t max, int *status);

/* Opens the database where --db, CERTSCOUR_DB, the configuration or the defaults say. Notes (a migration) go
 * to stderr. */
CS_MUST_USE enum cs_err app_open_store(struct app *app, enum store_mode mode);
char *app_store_path(const struct app *app); /* malloc'd; NULL when out of memory */

/* Prints app->diag (unless empty) for `err` and gives the exit status. CS_OK gives EXIT_DONE. */
int app_status(struct app *app, enum cs_err err);
void app_dispose(struct app *app);

/* One sentence on stderr, with the program's name before it. */
void app_note(const char *format, ...) CS_PRINTF(1, 2);

/* All rules of the store, compiled; or those that `names` has (NULL = all), in the same order. */
CS_MUST_USE enum cs_err app_load_rules(struct app *app, struct ruleset *out);
CS_MUST_USE enum cs_err app_load_rules_of(struct app *app, const struct text_list *names,
                                          struct ruleset *out);

CS_MUST_USE enum cs_err app_open_listing(struct app *app, const struct list_options *options,
                                         const struct listing_column *columns, size_t count,
                                         struct listing **out);
/* The same; `page` (NULL = a bare one) is what html has around the table, borrowed until it is closed. */
CS_MUST_USE enum cs_err app_open_report(struct app *app, const struct list_options *options,
                                        const struct listing_column *columns, size_t count,
                                        const struct html_page *page, struct listing **out);
bool app_was_given(const struct app *app, const char *option);
int64_t app_now_s(void);

#endif
