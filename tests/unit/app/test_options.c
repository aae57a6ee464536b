// SPDX-License-Identifier: Apache-2.0
#include "app/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct values {
    bool all;
    const char *owner;
    const char *expiring;
    struct text_list exclude;
    uint32_t rate;
    struct option_seed seed;
    uint32_t timeout_ms;
};

static const struct command_option options[] = {
    {.name = "all",
     .letter = 'a',
     .kind = OPTION_FLAG,
     .help = "all of them",
     .offset = offsetof(struct values, all)},
    {.name = "owner",
     .kind = OPTION_TEXT,
     .argument = "OWNER",
     .help = "whose",
     .offset = offsetof(struct values, owner)},
    {.name = "expiring",
     .kind = OPTION_OPTIONAL,
     .argument = "30d",
     .help = "soon",
     .offset = offsetof(struct values, expiring)},
    {.name = "exclude",
     .letter = 'x',
     .kind = OPTION_LIST,
     .argument = "RANGE",
     .help = "never there",
     .offset = offsetof(struct values, exclude)},
    {.name = "rate",
     .kind = OPTION_NUMBER,
     .argument = "N",
     .help = "connections a second",
     .offset = offsetof(struct values, rate),
     .low = 1,
     .high = 1000},
    {.name = "seed",
     .kind = OPTION_SEED,
     .argument = "N",
     .help = "order",
     .offset = offsetof(struct values, seed)},
    {.name = "timeout",
     .kind = OPTION_SECONDS,
     .argument = "S",
     .help = "patience",
     .offset = offsetof(struct values, timeout_ms),
     .low = 1,
     .high = 3600000},
    {.name = NULL},
};

struct parsed {
    struct values values;
    struct text_list words;
    struct text_list given;
    struct diag diag;
    enum cs_err err;
};

#define MAX_WORDS 16

/* Parses `certscour WORDS...`; the words end with NULL. */
static struct parsed parse(const char *const *words)
{
    struct parsed parsed = {0};
    const struct option_table tables[] = {{options, &parsed.values}, {NULL, NULL}};
    char *argv[MAX_WORDS + 2] = {strdup("certscour")};
    int argc = 1;
    for (; words[argc - 1] != NULL; argc++)
        argv[argc] = (char *)words[argc - 1];
    parsed.err = options_parse(tables, argc, argv, &parsed.words, &parsed.given, &parsed.diag);
    free(argv[0]);
    return parsed;
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static void forget(struct parsed *parsed)
{
    text_list_dispose(&parsed->values.exclude);
    text_list_dispose(&parsed->words);
    text_list_dispose(&parsed->given);
}

static void is_refused(struct parsed parsed, const char *message)
{
    assert_int_equal(parsed.err, CS_E_INVALID);
    assert_string_equal(parsed.diag.text, message);
    forget(&parsed);
}

static void options_stand_anywhere_between_words(void **state)
{
    (void)state;
    struct parsed parsed = PARSE("first", "--all", "second", "--owner", "A/b", "third");
    assert_int_equal(parsed.err, CS_OK);
    assert_true(parsed.values.all);
    assert_string_equal(parsed.values.owner, "A/b");
    assert_int_equal(parsed.words.count, 3);
    assert_string_equal(parsed.words.items[0], "first");
    assert_string_equal(parsed.words.items[2], "third");
    assert_int_equal(parsed.given.count, 2);
    assert_string_equal(parsed.given.items[0], "all");
    assert_string_equal(parsed.given.items[1], "owner");
    forget(&parsed);
}

static void nothing_given_leaves_the_values_alone(void **state)
{
    (void)state;
    struct parsed parsed = PARSE("word");
    assert_int_equal(parsed.err, CS_OK);
    assert_false(parsed.values.all);
    assert_null(parsed.values.owner);
    assert_null(parsed.values.expiring);
    assert_false(parsed.values.seed.given);
    assert_int_equal(parsed.given.count, 0);
    forget(&parsed);
}

static void an_argument_follows_a_space_or_an_equals_sign(void **state)
{
    (void)state;
    struct parsed parsed = PARSE("--owner=A=b", "--rate", "7");
    assert_int_equal(parsed.err, CS_OK);
    assert_string_equal(parsed.values.owner, "A=b");
    assert_int_equal(parsed.values.rate, 7);
    forget(&parsed);
}

static void letters_stand_for_long_names(void **state)
{
    (void)state;
    struct parsed parsed = PARSE("-ax", "192.0.2.0/24", "-x198.51.100.1");
    assert_int_equal(parsed.err, CS_OK);
    assert_true(parsed.values.all);
    assert_int_equal(parsed.values.exclude.count, 2);
    assert_string_equal(parsed.values.exclude.items[1], "198.51.100.1");
    assert_string_equal(parsed.given.items[1], "exclude");
    forget(&parsed);
    is_refused(PARSE("-q"), "unknown option -q; --help lists what there is");
    is_refused(PARSE("-x"), "--exclude needs an argument: RANGE");
}

static void an_optional_argument_needs_its_equals_sign(void **state)
{
    (void)state;
    struct parsed parsed = PARSE("--expiring", "7d");
    assert_string_equal(parsed.values.expiring, "");
    assert_string_equal(parsed.words.items[0], "7d");
    forget(&parsed);
    parsed = PARSE("--expiring=7d");
    assert_string_equal(parsed.values.expiring, "7d");
    forget(&parsed);
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    struct parsed parsed = PARSE("--", "--all");
    assert_int_equal(parsed.err, CS_OK);
    assert_false(parsed.values.all);
    assert_string_equal(parsed.words.items[0], "--all");
    forget(&parsed);
}

static void a_lone_dash_is_a_word(void **state)
{
    (void)state;
    struct parsed parsed = PARSE("-");
    assert_int_equal(parsed.err, CS_OK);
    assert_string_equal(parsed.words.items[0], "-");
    forget(&parsed);
}

static void numbers_keep_to_their_range(void **state)
{
    (void)state;
    static const char *const wrong[] = {"0", "1001", "-1", "", "1x", "0x10", " 1", "99999999999999999999"};
    struct parsed parsed = PARSE("--rate", "1000");
    assert_int_equal(parsed.values.rate, 1000);
    forget(&parsed);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char message[120];
        snprintf(message, sizeof message, "--rate \"%s\": expected a whole number from 1 to 1000", wrong[i]);
        is_refused(PARSE("--rate", wrong[i]), message);
    }
}

static void a_seed_has_64_bits(void **state)
{
    (void)state;
    struct parsed parsed = PARSE("--seed", "18446744073709551615");
    assert_true(parsed.values.seed.given);
    assert_true(parsed.values.seed.value == UINT64_MAX);
    forget(&parsed);
    is_refused(PARSE("--seed", "18446744073709551616"),
               "--seed \"18446744073709551616\": expected a whole number");
}

static void seconds_may_have_fractions(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t ms;
    } right[] = {{"3", 3000}, {"0.5", 500}, {"0.001", 1}, {"2.25", 2250}, {"3600", 3600000}, {"1.", 1000}};
    static const char *const wrong[] = {"0", "0.000", "3600.001", "3601", "-1",
                                        "",  ".5",    "1.0000",   "1.x",  "1e3"};
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        struct parsed parsed = PARSE("--timeout", right[i].text);
        assert_int_equal(parsed.err, CS_OK);
        assert_int_equal(parsed.values.timeout_ms, right[i].ms);
        forget(&parsed);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char message[120];
        snprintf(message, sizeof message, "--timeout \"%s\": expected seconds, above 0 and up to 3600",
                 wrong[i]);
        is_refused(PARSE("--timeout", wrong[i]), message);
    }
}

static void what_is_unknown_is_named(void **state)
{
    (void)state;
    is_refused(PARSE("--colour"), "unknown option \"--colour\"; --help lists what there is");
    is_refused(PARSE("--colour=red"), "unknown option \"--colour=red\"; --help lists what there is");
    is_refused(PARSE("word", "--\x1b[31m"), "unknown option \"--\\x1b[31m\"; --help lists what there is");
    is_refused(PARSE("--all=1"), "--all takes no argument");
    is_refused(PARSE("--owner"), "--owner needs an argument: OWNER");
}

static void help_is_asked_for_long_or_short(void **state)
{
    (void)state;
    struct parsed parsed = PARSE("--help");
    assert_int_equal(parsed.err, CS_E_CANCELLED);
    forget(&parsed);
    parsed = PARSE("word", "-h");
    assert_int_equal(parsed.err, CS_E_CANCELLED);
    forget(&parsed);
}

static void parsing_twice_begins_anew(void **state)
{
    (void)state;
    is_refused(PARSE("-aq"), "unknown option -q; --help lists what there is"); /* stops inside a bundle */
    struct parsed parsed = PARSE("--all", "word");
    assert_int_equal(parsed.err, CS_OK);
    assert_int_equal(parsed.words.count, 1);
    forget(&parsed);
}

static void help_is_made_from_the_table(void **state)
{
    (void)state;
    static const struct command_option wide[] = {
        {.name = "a-name-that-leaves-no-room", .kind = OPTION_TEXT, .argument = "ARGUMENT", .help = "below"},
        {.name = NULL},
    };
    struct values values;
    const struct option_table tables[] = {{options, &values}, {wide, &values}, {NULL, NULL}};
    char *text = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&text, &len);
    assert_non_null(file);
    options_help(file, tables);
    fclose(file);
    assert_string_equal(text, "\nOptions:\n"
                              "  -a, --all                       all of them\n"
                              "      --owner OWNER               whose\n"
                              "      --expiring[=30d]            soon\n"
                              "  -x, --exclude RANGE             never there\n"
                              "      --rate N                    connections a second\n"
                              "      --seed N                    order\n"
                              "      --timeout S                 patience\n"
                              "      --a-name-that-leaves-no-room ARGUMENT\n"
                              "                                  below\n"
                              "  -h, --help                      this text\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere_between_words),
        cmocka_unit_test(nothing_given_leaves_the_values_alone),
        cmocka_unit_test(an_argument_follows_a_space_or_an_equals_sign),
        cmocka_unit_test(letters_stand_for_long_names),
        cmocka_unit_test(an_optional_argument_needs_its_equals_sign),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(a_lone_dash_is_a_word),
        cmocka_unit_test(numbers_keep_to_their_range),
        cmocka_unit_test(a_seed_has_64_bits),
        cmocka_unit_test(seconds_may_have_fractions),
        cmocka_unit_test(what_is_unknown_is_named),
        cmocka_unit_test(help_is_asked_for_long_or_short),
        cmocka_unit_test(parsing_twice_begins_anew),
        cmocka_unit_test(help_is_made_from_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
