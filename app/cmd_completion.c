// SPDX-License-Identifier: Apache-2.0
/* What a shell completes: commands, verbs and options, from their tables. Arguments of options and all other
 * words are left to the shell, which offers files. */
#include <stdio.h>
#include <string.h>

#include "app/command_help.h"

/* Each as if in single quotes of a shell: a quote within ends them, stands escaped, and begins them again. */
static void put_quoted(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*text);
    }
}

static void put_names(const char *separator)
{
    for (size_t t = 0; command_tables[t] != NULL; t++) {
        for (const struct command *command = command_tables[t]; command->name != NULL; command++) {
            if (command_is_first_of_name(command))
                printf("%s%s", command->name, separator);
        }
    }
}

/* Of a verb of two words ("push assets") the first is completed. */
static int first_word(const char *verb)
{
    return (int)strcspn(verb, " ");
}

/* Whether `other` has a verb that begins with the first word of the verb of `command`. */
static bool share_first_word(const struct command *other, const struct command *command)
{
    return other->verb != NULL && strcmp(other->name, command->name) == 0 &&
           first_word(other->verb) == first_word(command->verb) &&
           strncmp(other->verb, command->verb, (size_t)first_word(command->verb)) == 0;
}

static bool is_first_of_word(const struct command *command)
{
    for (size_t t = 0; command_tables[t] != NULL; t++) {
        for (const struct command *other = command_tables[t]; other->name != NULL; other++) {
            if (share_first_word(other, command))
                return other == command;
        }
    }
    return false;
}

static void put_verbs(const char *name)
{
    for (size_t t = 0; command_tables[t] != NULL; t++) {
        for (const struct command *command = command_tables[t]; command->name != NULL; command++) {
            if (command->verb != NULL && strcmp(command->name, name) == 0 && is_first_of_word(command))
                printf("%.*s ", first_word(command->verb), command->verb);
        }
    }
}

static void put_second_words(const struct command *first)
{
    for (size_t t = 0; command_tables[t] != NULL; t++) {
        for (const struct command *command = command_tables[t]; command->name != NULL; command++) {
            if (share_first_word(command, first) && strchr(command->verb, ' ') != NULL)
                printf("%s ", command->verb + first_word(command->verb) + 1);
        }
    }
}

/* ---- bash ---- */

static void put_bash_options(void *context, const struct command *command, const struct option_table *tables)
{
    (void)context;
    printf("    '%s %s') words='", command->name, command->verb != NULL ? command->verb : "");
    for (; tables->options != NULL; tables++) {
        for (const struct command_option *option = tables->options; option->name != NULL; option++)
            printf("--%s ", option->name);
    }
    fputs("--help' ;;\n", stdout);
}

static void put_bash_verbs(void)
{
    for (size_t t = 0; command_tables[t] != NULL; t++) {
        for (const struct command *command = command_tables[t]; command->name != NULL; command++) {
            if (command->verb == NULL || !command_is_first_of_name(command))
                continue;
            printf("    %s) words='", command->name);
            put_verbs(command->name);
            fputs("' ;;\n", stdout);
        }
    }
}

static void put_bash_second_words(void)
{
    for (size_t t = 0; command_tables[t] != NULL; t++) {
        for (const struct command *command = command_tables[t]; command->name != NULL; command++) {
            if (command->verb == NULL || strchr(command->verb, ' ') == NULL || !is_first_of_word(command))
                continue;
            printf("    '%s %.*s') words='", command->name, first_word(command->verb), command->verb);
            put_second_words(command);
            fputs("' ;;\n", stdout);
        }
    }
}

static void put_bash(void)
{
    fputs("# made by `certscour completion bash`\n"
          "_certscour() {\n"
          "  local words='' key current=\"${COMP_WORDS[COMP_CWORD]}\" command=\"${COMP_WORDS[1]}\" "
          "verb=\"${COMP_WORDS[2]}\"\n"
          "  if [ \"$COMP_CWORD\" = 1 ]; then\n"
          "    words='",
          stdout);
    put_names(" ");
    fputs("--help --version'\n"
          "  elif [[ $current == -* ]]; then\n"
          "    for key in \"$command $verb ${COMP_WORDS[3]}\" \"$command $verb\" \"$command \"; do\n"
          "      case \"$key\" in\n",
          stdout);
    command_help_each(put_bash_options, NULL);
    fputs("      esac\n"
          "      [ -z \"$words\" ] || break\n"
          "    done\n"
          "  elif [ \"$COMP_CWORD\" = 2 ]; then\n"
          "    case \"$command\" in\n",
          stdout);
    put_bash_verbs();
    fputs("    esac\n"
          "  elif [ \"$COMP_CWORD\" = 3 ]; then\n"
          "    case \"$command $verb\" in\n",
          stdout);
    put_bash_second_words();
    fputs("    esac\n"
          "  fi\n"
          "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
          "}\n"
          "complete -o default -F _certscour certscour\n",
          stdout);
}

/* ---- fish ---- */

static void put_fish_condition(const struct command *command)
{
    printf("complete -c certscour -n '__fish_seen_subcommand_from %s", command->name);
    if (command->verb != NULL)
        printf("; and __fish_seen_subcommand_from %s", command->verb);
    fputs("' ", stdout);
}

static void put_fish_options(void *context, const struct command *command, const struct option_table *tables)
{
    (void)context;
    for (; tables->options != NULL; tables++) {
        for (const struct command_option *option = tables->options; option->name != NULL; option++) {
            put_fish_condition(command);
            if (option->letter != 0)
                printf("-s %c ", option->letter);
            printf("-l %s %s-d '", option->name, option->kind == OPTION_FLAG ? "" : "-r ");
            put_quoted(option->help);
            fputs("'\n", stdout);
        }
    }
}

static void put_fish_command(const struct command *command)
{
    if (command_is_first_of_name(command)) {
        printf("complete -c certscour -f -n '__fish_use_subcommand' -a %s -d '", command->name);
        put_quoted(command->verb == NULL ? command->summary : "");
        fputs("'\n", stdout);
    }
    if (command->verb == NULL || !is_first_of_word(command))
        return;
    printf(
        "complete -c certscour -f -n '__fish_seen_subcommand_from %s; and not __fish_seen_subcommand_from ",
        command->name);
    put_verbs(command->name);
    printf("' -a %.*s -d '", first_word(command->verb), command->verb);
    put_quoted(command->summary);
    fputs("'\n", stdout);
}

static void put_fish(void)
{
    fputs("# made by `certscour completion fish`\n", stdout);
    for (size_t t = 0; command_tables[t] != NULL; t++) {
        for (const struct command *command = command_tables[t]; command->name != NULL; command++)
            put_fish_command(command);
    }
    command_help_each(put_fish_options, NULL);
}

/* zsh runs what was made for bash. */
static void put_zsh(void)
{
    fputs("#compdef certscour\n# made by `certscour completion zsh`\n"
          "autoload -U +X bashcompinit && bashcompinit\n",
          stdout);
    put_bash();
}

static const struct {
    const char *shell;
    void (*put)(void);
} shells[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};

static int complete(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 1, 1, &status))
        return status;
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].shell, app->words.items[0]) == 0) {
            shells[i].put();
            return EXIT_DONE;
        }
    }
    return app_status(app, diag_fail(&app->diag, CS_E_INVALID, "\"%.40s\": allowed are bash, zsh, fish",
                                     app->words.items[0]));
}

const struct command completion_commands[] = {
    {"completion", NULL, "bash|zsh|fish", "prints what the shell needs to complete commands and options",
     complete},
    {.name = NULL},
};
