// SPDX-License-Identifier: Apache-2.0
#include "app/command_help.h"

#include <string.h>

void command_help_each(command_help each, void *context)
{
    char name[] = "certscour";
    char help[] = "--help";
    char *argv[] = {name, help, NULL};
    for (size_t t = 0; command_tables[t] != NULL; t++) {
        for (const struct command *command = command_tables[t]; command->name != NULL; command++) {
            struct app app = {.help = each, .help_context = context};
            command->run(&app, command, 2, argv);
            app_dispose(&app);
        }
    }
}

bool command_is_first_of_name(const struct command *command)
{
    for (size_t t = 0; command_tables[t] != NULL; t++) {
        for (const struct command *other = command_tables[t]; other->name != NULL; other++) {
            if (strcmp(other->name, command->name) == 0)
                return other == command;
        }
    }
    return false;
}
