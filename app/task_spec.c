// SPDX-License-Identifier: Apache-2.0
#include "app/task_spec.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/scan_job.h"
#include "app/zone_file.h"
#include "base/text.h"
#include "db/rule_table.h"

#define AT(member) offsetof(struct task_options, member)

#define TASK_OPTIONS                                                                                         \
    {.name = "range",                                                                                        \
     .kind = OPTION_LIST,                                                                                    \
     .argument = "R",                                                                                        \
     .help = "what to scan: any TARGET of scan; may be given more than once",                                \
     .offset = AT(ranges)},                                                                                  \
        {.name = "rule",                                                                                     \
         .kind = OPTION_LIST,                                                                                \
         .argument = "NAME",                                                                                 \
         .help = "only these assignment rules, in their own order",                                          \
         .offset = AT(rules)},                                                                               \
        {.name = "frequency",                                                                                \
         .kind = OPTION_TEXT,                                                                                \
         .argument = "F",                                                                                    \
         .help = "manual (default), once, daily, weekly, monthly, quarterly, semiannually, annually",        \
         .offset = AT(frequency)},                                                                           \
        {.name = "at",                                                                                       \
         .kind = OPTION_TEXT,                                                                                \
         .argument = "HH:MM",                                                                                \
         .help = "time of day, default 00:00",                                                               \
         .offset = AT(at)},                                                                                  \
        {.name = "on",                                                                                       \
         .kind = OPTION_TEXT,                                                                                \
         .argument = "DAY",                                                                                  \
         .help = "mon, 15, 03-15 or 2027-03-01, as the frequency wants",                                     \
         .offset = AT(on)},                                                                                  \
        {.name = "timezone",                                                                                 \
         .kind = OPTION_TEXT,                                                                                \
         .argument = "Z",                                                                                    \
         .help = "Europe/Athens; default this host's",                                                       \
         .offset = AT(timezone)},                                                                            \
        {.name = "window",                                                                                   \
         .kind = OPTION_TEXT,                                                                                \
         .argument = "HH:MM-HH:MM",                                                                          \
         .help = "allowed hours: a scan pauses outside them",                                                \
         .offset = AT(window)},                                                                              \
    {                                                                                                        \
        .name = "known-only", .kind = OPTION_FLAG, .help = "look only where something answered before",      \
        .offset = AT(known_only)                                                                             \
    }

const struct command_option task_add_table[] = {TASK_OPTIONS, {.name = NULL}};
const struct command_option task_edit_table[] = {
    TASK_OPTIONS,
    {.name = "rename", .kind = OPTION_TEXT, .argument = "NAME", .help = "another name", .offset = AT(rename)},
    {.name = "unset",
     .kind = OPTION_LIST,
     .argument = "OPTION",
     .help = "take an option back, e.g. --unset window",
     .offset = AT(unset)},
    {.name = NULL},
};

void task_options_dispose(struct task_options *options)
{
    text_list_dispose(&options->ranges);
    text_list_dispose(&options->rules);
    text_list_dispose(&options->unset);
    scan_request_dispose(&options->scan.request);
}

/* ---- from options to a row ---- */

static enum cs_err set_text(char **to, const char *text)
{
    char *copy = text_copy(text);
    if (text != NULL && copy == NULL)
        return CS_E_NOMEM;
    free(*to);
    *to = copy;
    return CS_OK;
}

static enum cs_err set_list(struct text_list *to, const struct text_list *from)
{
    enum cs_err err = CS_OK;
    text_list_dispose(to);
    for (size_t i = 0; i < from->count && err == CS_OK; i++)
        err = text_list_add(to, from->items[i]);
    return err;
}

/* `word` is "--rate=200" or "--flag": is it an option of this name? */
static bool word_is(const char *word, const char *name)
{
    size_t len = strlen(name);
    return strncmp(word + 2, name, len) == 0 && (word[2 + len] == '=' || word[2 + len] == '\0');
}

static void drop_words(struct text_list *words, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < words->count; i++) {
        if (word_is(words->items[i], name))
            free(words->items[i]);
        else
            words->items[kept++] = words->items[i];
    }
    words->count = kept;
}

static bool is_column(const char *name)
{
    return strcmp(name, "ports") == 0 || strcmp(name, "network") == 0 || strcmp(name, "exclude") == 0;
}

/* Of one run alone. */
static enum cs_err check_given(const struct text_list *given, struct diag *diag)
{
    static const char *const alone[] = {"format",  "outcomes", "progress", "resume",
                                        "dry-run", "no-store", NULL};
    for (int i = 0; alone[i] != NULL; i++) {
        if (text_list_has(given, alone[i]))
            return diag_fail(diag, CS_E_INVALID, "--%s belongs to a single scan, not to a task", alone[i]);
    }
    return CS_OK;
}

/* The schedule runs elsewhere: files are kept by their full path. */
static enum cs_err make_absolute(struct text_list *paths, struct diag *diag)
{
    for (size_t i = 0; i < paths->count; i++) {
        char shown[200];
        text_printable(shown, sizeof shown, paths->items[i]);
        if (strcmp(paths->items[i], "-") == 0)
            return diag_fail(diag, CS_E_INVALID, "a task cannot read standard input: name a file");
        char *full = realpath(paths->items[i], NULL);
        if (full == NULL)
            return diag_fail(diag, CS_E_INVALID, "%s: %s", shown, strerror(errno));
        free(paths->items[i]);
        paths->items[i] = full;
    }
    return CS_OK;
}

static enum cs_err fill_scan_words(struct app *app, const struct scan_options *options, struct task_row *row)
{
    struct scan_options copy = *options; /* the lists stay the caller's; their items are changed in place */
    const struct option_table table = {scan_option_table, &copy};
    struct text_list words = {0};
    enum cs_err err = make_absolute(&copy.request.target_files, &app->diag);
    if (err == CS_OK)
        err = make_absolute(&copy.request.exclude_files, &app->diag);
    if (err == CS_OK)
        err = make_absolute(&copy.request.names_files, &app->diag);
    if (err == CS_OK)
        err = options_words(&table, &app->given, &words);
    for (size_t i = 0; i < app->given.count && err == CS_OK; i++)
        drop_words(&row->options, app->given.items[i]);
    for (const struct command_option *option = scan_option_table; option->name != NULL; option++) {
        if (is_column(option->name))
            drop_words(&words, option->name);
    }
    for (size_t i = 0; i < words.count && err == CS_OK; i++)
        err = text_list_add(&row->options, words.items[i]);
    text_list_dispose(&words);
    return err;
}

static enum cs_err unset(struct app *app, const char *name, struct task_row *row)
{
    const struct {
        const char *name;
        char **text;
        struct text_list *list;
        bool *flag;
    } members[] = {
        {"ports", &row->ports, NULL, NULL},
        {"network", &row->network, NULL, NULL},
        {"at", &row->at, NULL, NULL},
        {"on", &row->on, NULL, NULL},
        {"timezone", &row->timezone, NULL, NULL},
        {"window", &row->window, NULL, NULL},
        {"frequency", &row->frequency, NULL, NULL},
        {"exclude", NULL, &row->excludes, NULL},
        {"range", NULL, &row->ranges, NULL},
        {"rule", NULL, &row->rules, NULL},
        {"known-only", NULL, NULL, &row->known_only},
    };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (strcmp(members[i].name, name) != 0)
            continue;
        if (members[i].list != NULL)
            text_list_dispose(members[i].list);
        if (members[i].flag != NULL)
            *members[i].flag = false;
        return members[i].text != NULL ? set_text(members[i].text, NULL) : CS_OK;
    }
    size_t before = row->options.count;
    drop_words(&row->options, name);
    if (row->options.count == before)
        return diag_fail(&app->diag, CS_E_INVALID, "--unset %.40s: the task has no such option", name);
    return CS_OK;
}

enum cs_err task_fill(struct app *app, const struct task_options *options, struct task_row *row)
{
    const struct {
        const char *name;
        char **to;
        const char *text;
    } texts[] = {
        {"ports", &row->ports, options->scan.request.ports},
        {"network", &row->network, options->scan.network},
        {"frequency", &row->frequency, options->frequency},
        {"at", &row->at, options->at},
        {"on", &row->on, options->on},
        {"timezone", &row->timezone, options->timezone},
        {"window", &row->window, options->window},
        {"rename", &row->name, options->rename},
    };
    enum cs_err err = check_given(&app->given, &app->diag);
    for (size_t i = 0; i < options->unset.count && err == CS_OK; i++)
        err = unset(app, options->unset.items[i], row);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && err == CS_OK; i++)
        err = app_was_given(app, texts[i].name) ? set_text(texts[i].to, texts[i].text) : CS_OK;
    if (err == CS_OK && app_was_given(app, "range"))
        err = set_list(&row->ranges, &options->ranges);
    if (err == CS_OK && app_was_given(app, "exclude"))
        err = set_list(&row->excludes, &options->scan.request.excludes);
    if (err == CS_OK && app_was_given(app, "rule"))
        err = set_list(&row->rules, &options->rules);
    row->known_only |= options->known_only;
    if (err == CS_OK)
        err = fill_scan_words(app, &options->scan, row);
    if (err == CS_OK && row->frequency == NULL)
        err = set_text(&row->frequency, frequency_name(FREQUENCY_MANUAL));
    return err;
}

/* ---- checks ---- */

static enum cs_err check_name(const char *name, struct diag *diag)
{
    char shown[256];
    if (name[0] == '\0' || strlen(name) > 100 || strcmp(text_printable(shown, sizeof shown, name), name) != 0)
        return diag_fail(diag, CS_E_INVALID, "a task's name has 1 to 100 bytes of printable UTF-8");
    return CS_OK;
}

static enum cs_err keep_rule_name(void *context, const struct rule_row *row)
{
    return text_list_add(context, row->name);
}

static enum cs_err check_rules(struct app *app, const struct text_list *rules)
{
    struct text_list known = {0};
    char shown[160];
    enum cs_err err = rule_table_each(app->store, keep_rule_name, &known, &app->diag);
    for (size_t i = 0; i < rules->count && err == CS_OK; i++) {
        if (!text_list_has(&known, rules->items[i]))
            err = diag_fail(&app->diag, CS_E_NOT_FOUND,
                            "there is no rule \"%s\"; `certscour rule list` shows all",
                            text_printable(shown, sizeof shown, rules->items[i]));
    }
    text_list_dispose(&known);
    return err;
}

/* Ranges, ports, exclusions and files, as a scan reads them, but without a look-up. */
static enum cs_err check_targets(struct app *app, struct scan_options *options)
{
    struct target_set *targets = NULL;
    struct buf notes = {0};
    options->request.dry_run = true;
    enum cs_err err = scan_request_targets(&options->request, NULL, 0, &targets, NULL, &notes, &app->diag);
    target_set_free(targets);
    buf_dispose(&notes);
    return err;
}

static bool has_target_file(const struct text_list *words)
{
    for (size_t i = 0; i < words->count; i++) {
        if (word_is(words->items[i], "targets"))
            return true;
    }
    return false;
}

enum cs_err task_check(struct app *app, const struct task_row *row)
{
    struct scan_options options = SCAN_OPTIONS_DEFAULT;
    struct scan_job job = {.app = app, .options = &options};
    struct task_clock clock = {0};
    enum cs_err err = check_name(row->name, &app->diag);
    if (err == CS_OK && row->ranges.count == 0 && !has_target_file(&row->options))
        err = diag_fail(&app->diag, CS_E_INVALID, "give the task a --range, or a file of targets with -i");
    if (err == CS_OK)
        err = task_clock_load(&clock, row, &app->diag);
    if (err == CS_OK)
        err = task_scan_options(app, row, &options);
    if (err == CS_OK)
        err = scan_job_check(&job);
    if (err == CS_OK)
        err = check_targets(app, &options);
    if (err == CS_OK)
        err = check_rules(app, &row->rules);
    task_clock_dispose(&clock);
    scan_request_dispose(&options.request);
    scan_job_dispose(&job);
    return err;
}

/* ---- from a row to a scan ---- */

static enum cs_err parse_words(struct app *app, const struct text_list *options, struct scan_options *out)
{
    const struct option_table tables[] = {{scan_option_table, out}, {NULL, NULL}};
    struct text_list words = {0};
    char **argv = calloc(options->count + 2, sizeof *argv);
    static char program[] = "task";
    if (argv == NULL)
        return diag_fail(&app->diag, CS_E_NOMEM, "out of memory");
    argv[0] = program;
    for (size_t i = 0; i < options->count; i++)
        argv[i + 1] = options->items[i];
    text_list_dispose(&app->given); /* what counts now is what the task gives */
    enum cs_err err = options_parse(tables, (int)options->count + 1, argv, &words, &app->given, &app->diag);
    free(argv);
    text_list_dispose(&words);
    return err;
}

enum cs_err task_scan_options(struct app *app, const struct task_row *row, struct scan_options *out)
{
    enum cs_err err = parse_words(app, &row->options, out);
    if (err == CS_OK)
        err = set_list(&out->request.targets, &row->ranges);
    if (err == CS_OK)
        err = set_list(&out->request.excludes, &row->excludes);
    out->request.ports = row->ports;
    out->network = row->network;
    return err == CS_OK ? scan_options_defaults(app, out) : err;
}

/* ---- the clock ---- */

enum cs_err task_clock_load(struct task_clock *out, const struct task_row *row, struct diag *diag)
{
    const struct schedule_words words = {row->frequency, row->at, row->on, row->window};
    *out = (struct task_clock){0};
    enum cs_err err = schedule_parse(&out->schedule, &words, diag);
    return err == CS_OK ? zone_load(&out->zone, row->timezone, diag) : err;
}

void task_clock_dispose(struct task_clock *clock)
{
    zone_free(clock->zone);
    clock->zone = NULL;
}

bool task_next_run(const struct task_row *row, const struct task_clock *clock, int64_t *out_s)
{
    if (!row->enabled || !schedule_next(&clock->schedule, clock->zone, row->scheduled_at_s, out_s))
        return false;
    *out_s = schedule_opens_at(&clock->schedule, clock->zone, *out_s);
    return true;
}
