// SPDX-License-Identifier: Apache-2.0
#include "app/app.h"

#include <pwd.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "db/rule_table.h"

#define SYSTEM_DB "/var/lib/certscour/certscour.db"

const struct command_option common_option_table[] = {
    {.name = "db",
     .kind = OPTION_TEXT,
     .argument = "PATH",
     .help = "the database",
     .offset = offsetof(struct common_options, db)},
    {.name = "config",
     .kind = OPTION_TEXT,
     .argument = "PATH",
     .help = "the configuration file",
     .offset = offsetof(struct common_options, config)},
    {.name = NULL},
};

const struct command_option list_option_table[] = {
    {.name = "format",
     .kind = OPTION_TEXT,
     .argument = "F",
     .help = "table (default), json, jsonl, csv or html",
     .offset = offsetof(struct list_options, format)},
    {.name = "columns",
     .kind = OPTION_TEXT,
     .argument = "A,B",
     .help = "which columns, in which order",
     .offset = offsetof(struct list_options, columns)},
    {.name = "sort",
     .kind = OPTION_TEXT,
     .argument = "COLUMN",
     .help = "order by a column; -COLUMN descending",
     .offset = offsetof(struct list_options, sort)},
    {.name = "limit",
     .kind = OPTION_NUMBER,
     .argument = "N",
     .help = "at most N rows",
     .offset = offsetof(struct list_options, limit),
     .low = 1,
     .high = UINT32_MAX},
    {.name = "no-header",
     .kind = OPTION_FLAG,
     .help = "no first line with names",
     .offset = offsetof(struct list_options, no_header)},
    {.name = "csv-separator",
     .kind = OPTION_TEXT,
     .argument = "C",
     .help = "one character between CSV cells",
     .offset = offsetof(struct list_options, csv_separator)},
    {.name = NULL},
};

void app_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("certscour: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

static void show_help(const struct command *command, const struct option_table *tables)
{
    printf("certscour %s%s%s %s\n%s\n", command->name, command->verb != NULL ? " " : "",
           command->verb != NULL ? command->verb : "", command->arguments, command->summary);
    options_help(stdout, tables);
}

static int wrong_usage(struct app *app, const struct command *command)
{
    app_note("%s", app->diag.text);
    app_note("usage: certscour %s%s%s %s (--help tells more)", command->name,
             command->verb != NULL ? " " : "", command->verb != NULL ? command->verb : "",
             command->arguments);
    return EXIT_USAGE;
}

static bool begin(struct app *app, const struct command *command, int argc, char **argv,
                  const struct option_table *tables, size_t min, size_t max, int *status)
{
    enum cs_err err = options_parse(tables, argc, argv, &app->words, &app->given, &app->diag);
    if (err == CS_E_CANCELLED) {
        if (app->help != NULL)
            app->help(app->help_context, command, tables);
        else
            show_help(command, tables);
        *status = EXIT_DONE;
        return false;
    }
    if (err == CS_OK && (app->words.count < min || app->words.count > max))
        err = diag_fail(&app->diag, CS_E_INVALID,
                        app->words.count < min ? "an argument is missing"
                                               : "\"%.60s\" is one argument too many",
                        app->words.count > max ? app->words.items[max] : "");
    if (err != CS_OK) {
        *status = wrong_usage(app, command);
        return false;
    }
    err = config_read(&app->config, app->common.config, &app->diag);
    *status = app_status(app, err);
    return err == CS_OK;
}

bool app_begin(struct app *app, const struct command *command, int argc, char **argv,
               const struct command_option *own, void *values, bool lists, struct list_options *list,
               size_t min, size_t max, int *status)
{
    struct option_table tables[4] = {0};
    size_t count = 0;
    if (own != NULL)
        tables[count++] = (struct option_table){own, values};
    if (lists)
        tables[count++] = (struct option_table){list_option_table, list};
    tables[count] = (struct option_table){common_option_table, &app->common};
    return begin(app, command, argc, argv, tables, min, max, status);
}

bool app_begin_with(struct app *app, const struct command *command, int argc, char **argv,
                    const struct option_table *own, size_t min, size_t max, int *status)
{
    struct option_table tables[4] = {0};
    size_t count = 0;
    for (; count < 2 && own[count].options != NULL; count++)
        tables[count] = own[count];
    tables[count] = (struct option_table){common_option_table, &app->common};
    return begin(app, command, argc, argv, tables, min, max, status);
}

/* A service has no HOME, and its account has one all the same. */
static const char *home_folder(void)
{
    const char *home = getenv("HOME");
    const struct passwd *account = home == NULL ? getpwuid(getuid()) : NULL;
    return account != NULL ? account->pw_dir : home;
}

static char *default_store_path(void)
{
    struct stat info;
    struct buf path = {0};
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = home_folder();
    if (stat(SYSTEM_DB, &info) == 0)
        buf_append_str(&path, SYSTEM_DB);
    else if (data != NULL && data[0] == '/')
        buf_printf(&path, "%s/certscour/certscour.db", data);
    else
        buf_printf(&path, "%s/.local/share/certscour/certscour.db", home != NULL ? home : "");
    return buf_take_str(&path);
}

char *app_store_path(const struct app *app)
{
    const char *path = app->common.db;
    if (path == NULL)
        path = getenv("CERTSCOUR_DB");
    if (path == NULL || path[0] == '\0')
        path = config_get(&app->config, "db", "path");
    return path != NULL && path[0] != '\0' ? text_copy(path) : default_store_path();
}

enum cs_err app_open_store(struct app *app, enum store_mode mode)
{
    char *path = app_store_path(app);
    if (path == NULL)
        return diag_fail(&app->diag, CS_E_NOMEM, "out of memory");
    enum cs_err err = store_open(&app->store, path, mode, &app->diag);
    if (err == CS_OK && app->diag.text[0] != '\0')
        app_note("%s", app->diag.text);
    free(path);
    return err;
}

int app_status(struct app *app, enum cs_err err)
{
    if (err == CS_OK)
        return EXIT_DONE;
    app_note("%s", app->diag.text[0] != '\0' ? app->diag.text : cs_err_text(err));
    return err == CS_E_INVALID || err == CS_E_LIMIT ? EXIT_USAGE : EXIT_FAILED;
}

void app_dispose(struct app *app)
{
    store_close(app->store);
    config_dispose(&app->config);
    text_list_dispose(&app->words);
    text_list_dispose(&app->given);
}

struct loading {
    const struct text_list *names; /* NULL = all */
    struct ruleset *set;
    struct diag *diag;
};

static enum cs_err load_rule(void *context, const struct rule_row *row)
{
    struct loading *loading = context;
    if (loading->names != NULL && !text_list_has(loading->names, row->name))
        return CS_OK;
    enum cs_err err =
        ruleset_add(loading->set, row->id, row->name, row->match, &row->owner, row->owner_id, loading->diag);
    if (err != CS_OK)
        diag_prefix(loading->diag, "rule \"%.100s\"", row->name);
    return err;
}

enum cs_err app_load_rules_of(struct app *app, const struct text_list *names, struct ruleset *out)
{
    struct loading loading = {names, out, &app->diag};
    return rule_table_each(app->store, load_rule, &loading, &app->diag);
}

enum cs_err app_load_rules(struct app *app, struct ruleset *out)
{
    return app_load_rules_of(app, NULL, out);
}

static size_t terminal_width(void)
{
    struct winsize size;
    if (isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        return size.ws_col;
    return 0;
}

enum cs_err app_open_listing(struct app *app, const struct list_options *options,
                             const struct listing_column *columns, size_t count, struct listing **out)
{
    return app_open_report(app, options, columns, count, NULL, out);
}

enum cs_err app_open_report(struct app *app, const struct list_options *options,
                            const struct listing_column *columns, size_t count, const struct html_page *page,
                            struct listing **out)
{
    struct listing_options listing = {
        .columns = options->columns,
        .sort = options->sort,
        .limit = options->limit,
        .no_header = options->no_header,
        .width = terminal_width(),
        .page = page,
    };
    const char *separator = options->csv_separator;
    if (separator != NULL && strcmp(separator, "\\t") == 0)
        separator = "\t";
    if (separator != NULL && (strlen(separator) != 1 || strchr("\"\r\n", separator[0]) != NULL))
        return diag_fail(&app->diag, CS_E_INVALID, "--csv-separator: expected one character");
    listing.csv_separator = separator != NULL ? separator[0] : ',';
    enum cs_err err = CS_OK;
    if (options->format != NULL)
        err = listing_format_parse(&listing.format, options->format, &app->diag);
    return err == CS_OK ? listing_open(out, stdout, &listing, columns, count, &app->diag) : err;
}

bool app_was_given(const struct app *app, const char *option)
{
    for (size_t i = 0; i < app->given.count; i++) {
        if (strcmp(app->given.items[i], option) == 0)
            return true;
    }
    return false;
}

int64_t app_now_s(void)
{
    return (int64_t)time(NULL);
}
