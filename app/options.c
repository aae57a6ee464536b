// SPDX-License-Identifier: Apache-2.0
/* getopt_long over tables: its own option array and letters are made from them. */
#include "app/options.h"

#include <getopt.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

#define MAX_OPTIONS 64
#define FIRST_VALUE 256 /* getopt's return value for the n-th option; letters stay below */
#define HELP_COLUMN 34

struct flat { /* all tables as one */
    const struct command_option *options[MAX_OPTIONS];
    char *values[MAX_OPTIONS];
    struct option getopt_options[MAX_OPTIONS + 2]; /* getopt's own type, with --help and the end */
    char letters[2 * MAX_OPTIONS + 4];
    size_t count;
};

static int argument_of(const struct command_option *option)
{
    if (option->kind == OPTION_FLAG)
        return no_argument;
    return option->kind == OPTION_OPTIONAL ? optional_argument : required_argument;
}

static void flatten(struct flat *flat, const struct option_table *tables)
{
    char *letter = flat->letters;
    *flat = (struct flat){0};
    *letter++ = ':'; /* a missing argument is told apart, and getopt prints nothing itself */
    *letter++ = 'h';
    for (; tables->options != NULL; tables++) {
        for (const struct command_option *option = tables->options; option->name != NULL; option++) {
            flat->getopt_options[flat->count] =
                (struct option){option->name, argument_of(option), NULL, FIRST_VALUE + (int)flat->count};
            flat->options[flat->count] = option;
            flat->values[flat->count++] = (char *)tables->values + option->offset;
            if (option->letter != 0)
                *letter++ = option->letter;
            if (option->letter != 0 && argument_of(option) == required_argument)
                *letter++ = ':';
        }
    }
    flat->getopt_options[flat->count] = (struct option){"help", no_argument, NULL, 'h'};
}

static enum cs_err fail_value(const struct command_option *option, const char *text, const char *allowed,
                              struct diag *diag)
{
    char shown[80];
    diag_set(diag, "--%s \"%s\": %s", option->name, text_printable(shown, sizeof shown, text), allowed);
    return CS_E_INVALID;
}

static enum cs_err set_number(const struct command_option *option, uint32_t *out, const char *text,
                              struct diag *diag)
{
    uint64_t value;
    char allowed[80];
    if (text_to_u64(text, strlen(text), option->high, &value) == CS_OK && value >= option->low) {
        *out = (uint32_t)value;
        return CS_OK;
    }
    snprintf(allowed, sizeof allowed, "expected a whole number from %llu to %llu",
             (unsigned long long)option->low, (unsigned long long)option->high);
    return fail_value(option, text, allowed, diag);
}

/* "3", "0.5": milliseconds, without the rounding of floating point. */
static enum cs_err set_seconds(const struct command_option *option, uint32_t *out, const char *text,
                               struct diag *diag)
{
    size_t whole_len = strcspn(text, ".");
    const char *fraction = text[whole_len] == '.' ? text + whole_len + 1 : "";
    size_t fraction_len = strlen(fraction);
    uint64_t whole;
    uint64_t part = 0;
    bool valid = text_to_u64(text, whole_len, option->high / 1000, &whole) == CS_OK && fraction_len <= 3 &&
                 (fraction_len == 0 || text_to_u64(fraction, fraction_len, 999, &part) == CS_OK);
    for (size_t i = fraction_len; i < 3; i++)
        part *= 10;
    if (valid && whole * 1000 + part >= option->low && whole * 1000 + part <= option->high) {
        *out = (uint32_t)(whole * 1000 + part);
        return CS_OK;
    }
    char allowed[80];
    snprintf(allowed, sizeof allowed, "expected seconds, above 0 and up to %llu",
             (unsigned long long)option->high / 1000);
    return fail_value(option, text, allowed, diag);
}

static enum cs_err set_value(const struct command_option *option, char *value, const char *text,
                             struct diag *diag)
{
    struct option_seed *seed = (struct option_seed *)(void *)value;
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)value = true;
        return CS_OK;
    case OPTION_TEXT:
        *(const char **)(void *)value = text;
        return CS_OK;
    case OPTION_OPTIONAL:
        *(const char **)(void *)value = text != NULL ? text : "";
        return CS_OK;
    case OPTION_LIST:
        return text_list_add((struct text_list *)(void *)value, text);
    case OPTION_NUMBER:
        return set_number(option, (uint32_t *)(void *)value, text, diag);
    case OPTION_SECONDS:
        return set_seconds(option, (uint32_t *)(void *)value, text, diag);
    case OPTION_SEED:
        if (text_to_u64(text, strlen(text), UINT64_MAX, &seed->value) != CS_OK)
            return fail_value(option, text, "expected a whole number", diag);
        seed->given = true;
        return CS_OK;
    }
    return CS_E_INVALID;
}

static int index_of_letter(const struct flat *flat, int letter)
{
    for (size_t i = 0; i < flat->count; i++) {
        if (flat->options[i]->letter == letter)
            return (int)i;
    }
    return -1;
}

static enum cs_err unknown_option(const struct flat *flat, char **argv, struct diag *diag)
{
    char shown[80];
    if (optopt >= FIRST_VALUE && optopt < FIRST_VALUE + (int)flat->count)
        return diag_fail(diag, CS_E_INVALID, "--%s takes no argument",
                         flat->options[optopt - FIRST_VALUE]->name);
    if (optopt != 0 && optopt < FIRST_VALUE)
        return diag_fail(diag, CS_E_INVALID, "unknown option -%c; --help lists what there is", optopt);
    diag_set(diag, "unknown option \"%s\"; --help lists what there is",
             text_printable(shown, sizeof shown, argv[optind - 1]));
    return CS_E_INVALID;
}

static enum cs_err missing_argument(const struct flat *flat, struct diag *diag)
{
    int at = optopt >= FIRST_VALUE ? optopt - FIRST_VALUE : index_of_letter(flat, optopt);
    if (at < 0)
        return diag_fail(diag, CS_E_INVALID, "an option needs an argument");
    const struct command_option *option = flat->options[at];
    return diag_fail(diag, CS_E_INVALID, "--%s needs an argument: %s", option->name, option->argument);
}

static enum cs_err parse(const struct option_table *tables, int argc, char **argv, struct text_list *words,
                         struct text_list *given, struct diag *diag)
{
    struct flat flat;
    enum cs_err err = CS_OK;
    int found;
    flatten(&flat, tables);
    optind = 0; /* begin anew, GNU's way */
    opterr = 0;
    while (err == CS_OK && (found = getopt_long(argc, argv, flat.letters, flat.getopt_options, NULL)) != -1) {
        if (found == 'h')
            return CS_E_CANCELLED;
        if (found == ':')
            return missing_argument(&flat, diag);
        int at = found >= FIRST_VALUE ? found - FIRST_VALUE : index_of_letter(&flat, found);
        if (found == '?' || at < 0)
            return unknown_option(&flat, argv, diag);
        err = set_value(flat.options[at], flat.values[at], optarg, diag);
        if (err == CS_OK && given != NULL)
            err = text_list_add(given, flat.options[at]->name);
    }
    for (; optind < argc && err == CS_OK; optind++)
        err = text_list_add(words, argv[optind]);
    return err;
}

enum cs_err options_parse(const struct option_table *tables, int argc, char **argv, struct text_list *words,
                          struct text_list *given, struct diag *diag)
{
    static pthread_mutex_t getopt_state = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&getopt_state);
    enum cs_err err = parse(tables, argc, argv, words, given, diag);
    pthread_mutex_unlock(&getopt_state);
    return err;
}

static void write_value(const struct command_option *option, const char *value, struct buf *out)
{
    switch (option->kind) {
    case OPTION_TEXT:
    case OPTION_OPTIONAL:
        buf_append_str(out, *(const char *const *)(const void *)value);
        break;
    case OPTION_NUMBER:
        buf_printf(out, "%u", *(const uint32_t *)(const void *)value);
        break;
    case OPTION_SEED:
        buf_printf(out, "%llu", (unsigned long long)((const struct option_seed *)(const void *)value)->value);
        break;
    case OPTION_SECONDS: {
        uint32_t ms = *(const uint32_t *)(const void *)value;
        buf_printf(out, "%u.%03u", ms / 1000, ms % 1000);
        break;
    }
    case OPTION_FLAG: /* have none */
    case OPTION_LIST: /* have several */
        break;
    }
}

static enum cs_err add_word(const struct command_option *option, const char *value, struct text_list *out)
{
    struct buf word = {0};
    buf_printf(&word, option->kind == OPTION_FLAG ? "--%s" : "--%s=", option->name);
    write_value(option, value, &word);
    return text_list_take(out, buf_take_str(&word));
}

static enum cs_err add_list(const struct command_option *option, const struct text_list *values,
                            struct text_list *out)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < values->count && err == CS_OK; i++) {
        struct buf word = {0};
        buf_printf(&word, "--%s=%s", option->name, values->items[i]);
        err = text_list_take(out, buf_take_str(&word));
    }
    return err;
}

enum cs_err options_words(const struct option_table *table, const struct text_list *given,
                          struct text_list *out)
{
    enum cs_err err = CS_OK;
    for (const struct command_option *option = table->options; option->name != NULL && err == CS_OK;
         option++) {
        const char *value = (const char *)table->values + option->offset;
        if (!text_list_has(given, option->name))
            continue;
        err = option->kind == OPTION_LIST
                  ? add_list(option, (const struct text_list *)(const void *)value, out)
                  : add_word(option, value, out);
    }
    return err;
}

static void help_line(FILE *file, const struct command_option *option)
{
    char left[80];
    const char *argument = option->argument != NULL ? option->argument : "";
    const char *before = argument[0] == '\0' ? "" : option->kind == OPTION_OPTIONAL ? "[=" : " ";
    const char *after = option->kind == OPTION_OPTIONAL ? "]" : "";
    char letter[8] = "    ";
    if (option->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(left, sizeof left, "  %s--%s%s%s%s", letter, option->name, before, argument, after);
    if (strlen(left) < HELP_COLUMN)
        fprintf(file, "%-*s%s\n", HELP_COLUMN, left, option->help);
    else
        fprintf(file, "%s\n%*s%s\n", left, HELP_COLUMN, "", option->help);
}

void options_help(FILE *file, const struct option_table *tables)
{
    fputs("\nOptions:\n", file);
    for (; tables->options != NULL; tables++) {
        for (const struct command_option *option = tables->options; option->name != NULL; option++)
            help_line(file, option);
    }
    fputs("  -h, --help                      this text\n", file);
}
