// SPDX-License-Identifier: Apache-2.0
/* certscour COMMAND [VERB] ...: finds the row of the command tables and runs it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "app/commands.h"

/* A line each, so that lists which grew side by side can be merged. */
/* clang-format off */
const struct command *const command_tables[] = {
    scan_commands,
    scan_admin_commands,
    task_commands,
    task_run_commands,
    serve_commands,
    org_commands,
    rule_commands,
    rule_apply_commands,
    rule_file_commands,
    assets_commands,
    cert_commands,
    exclude_commands,
    findings_commands,
    accept_commands,
    roots_commands,
    status_commands,
    scm_commands,
    scm_pull_commands,
    scm_domain_commands,
    inventory_commands,
    scm_push_commands,
    scm_undo_commands,
    scm_log_commands,
    scm_rule_commands,
    scm_task_commands,
    caa_commands,
    report_unseen_commands,
    report_coverage_commands,
    report_changes_commands,
    report_estate_commands,
    report_expiring_commands,
    report_forecast_commands,
    report_unmanaged_commands,
    manual_commands,
    completion_commands,
    NULL,
};
/* clang-format on */

static void usage(FILE *file)
{
    fputs("certscour: finds the TLS certificates on your networks, and who owns them\n\n"
          "usage: certscour COMMAND [ARGUMENTS]   (certscour COMMAND --help tells more)\n\n",
          file);
    for (size_t t = 0; command_tables[t] != NULL; t++) {
        for (const struct command *command = command_tables[t]; command->name != NULL; command++) {
            char name[40];
            snprintf(name, sizeof name, "%s%s%s", command->name, command->verb != NULL ? " " : "",
                     command->verb != NULL ? command->verb : "");
            fprintf(file, "  %-18s%s\n", name, command->summary);
        }
    }
}

/* How many of the words are the verb ("push assets" is two); 0 = they are another one. */
static int verb_words(const char *verb, int argc, char **argv)
{
    int count = 0;
    for (size_t len; count < argc && *verb != '\0'; verb += len + (verb[len] == ' '), count++) {
        len = strcspn(verb, " ");
        if (strlen(argv[count]) != len || strncmp(verb, argv[count], len) != 0)
            return 0;
    }
    return *verb == '\0' ? count : 0;
}

/* The row for these words: with its verb where there is one, else the row without. `*words`: how many they
 * are, name and verb. */
static const struct command *find_command(int argc, char **argv, int *words, bool *known_name)
{
    const struct command *plain = NULL;
    *known_name = false;
    for (size_t t = 0; command_tables[t] != NULL; t++) {
        for (const struct command *command = command_tables[t]; command->name != NULL; command++) {
            if (strcmp(command->name, argv[0]) != 0)
                continue;
            *known_name = true;
            *words = command->verb != NULL ? 1 + verb_words(command->verb, argc - 1, argv + 1) : 1;
            if (command->verb == NULL)
                plain = command;
            else if (*words > 1)
                return command;
        }
    }
    *words = 1;
    return plain;
}

static void list_verbs(FILE *file, const char *name)
{
    for (size_t t = 0; command_tables[t] != NULL; t++) {
        for (const struct command *command = command_tables[t]; command->name != NULL; command++) {
            if (strcmp(command->name, name) == 0)
                fprintf(file, "  certscour %s %s %s\n      %s\n", command->name, command->verb,
                        command->arguments, command->summary);
        }
    }
}

/* A result that could not be written in full is a failure, whatever the command thought of it. */
static int finish(int status)
{
    bool failed = fflush(stdout) != 0;
    if (status != EXIT_DONE || (!failed && ferror(stdout) == 0))
        return status;
    app_note("standard output: %s", failed ? strerror(errno) : "could not be written in full");
    return EXIT_FAILED;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct app app = {0};
    int status = command->run(&app, command, argc, argv);
    app_dispose(&app);
    return finish(status);
}

int main(int argc, char **argv)
{
    bool known_name;
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of write, handled where it happens */
    if (argc < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return finish(EXIT_DONE);
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("certscour " CERTSCOUR_VERSION);
        return finish(EXIT_DONE);
    }
    int words;
    const struct command *command = find_command(argc - 1, argv + 1, &words, &known_name);
    if (command != NULL)
        return run(command, argc - words, argv + words);
    if (!known_name) {
        app_note("there is no command \"%.40s\"; `certscour --help` lists them", argv[1]);
        return EXIT_USAGE;
    }
    bool asked = argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0);
    list_verbs(asked ? stdout : stderr, argv[1]);
    return finish(asked ? EXIT_DONE : EXIT_USAGE);
}
