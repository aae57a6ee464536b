// SPDX-License-Identifier: Apache-2.0
/* The tables of commands and options as somebody else reads them: each command is run with --help, which
 * hands its tables over instead of printing them. For manual pages and completions. */
#ifndef APP_COMMAND_HELP_H
#define APP_COMMAND_HELP_H

#include "app/commands.h"

typedef void (*command_help)(void *context, const struct command *command, const struct option_table *tables);

/* Every command with its options, in the order of the tables. */
void command_help_each(command_help each, void *context);

/* The first command of its name, which a name that has verbs shows several times. */
bool command_is_first_of_name(const struct command *command);

#endif
