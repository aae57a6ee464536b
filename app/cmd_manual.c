// SPDX-License-Identifier: Apache-2.0
/* Manual pages (man(7) macros), made from the tables of commands and options: certscour.1, and one page for
 * each name with all its verbs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "app/command_help.h"
#include "base/buf.h"

/* Text as roff shows it: no escape, no request, and a hyphen that can be copied as one. */
static void append_roff(struct buf *page, const char *text)
{
    if (*text == '.' || *text == '\'')
        buf_append_str(page, "\\&");
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            buf_append_str(page, "\\e");
        else if (*text == '-')
            buf_append_str(page, "\\-");
        else
            buf_append_char(page, *text);
    }
}

static void append_styled(struct buf *page, char font, const char *text)
{
    buf_printf(page, "\\f%c", font);
    append_roff(page, text);
    buf_append_str(page, "\\fR");
}

static void append_option(struct buf *page, const struct command_option *option)
{
    char letter[] = {'-', option->letter, '\0'};
    bool optional = option->kind == OPTION_OPTIONAL;
    buf_append_str(page, ".TP\n");
    if (option->letter != 0) {
        append_styled(page, 'B', letter);
        buf_append_str(page, ", ");
    }
    append_styled(page, 'B', "--");
    append_styled(page, 'B', option->name);
    if (option->argument != NULL) {
        buf_append_str(page, optional ? "[=" : " ");
        append_styled(page, 'I', option->argument);
        buf_append_str(page, optional ? "]" : "");
    }
    buf_append_char(page, '\n');
    append_roff(page, option->help);
    buf_append_char(page, '\n');
}

static void append_title(struct buf *page, const char *name, const char *summary)
{
    buf_append_str(page, ".\\\" made by `certscour manual`; do not edit\n.TH ");
    append_roff(page, name);
    buf_append_str(page, " 1 \"\" \"certscour " CERTSCOUR_VERSION "\" \"certscour manual\"\n.SH NAME\n");
    append_roff(page, name);
    buf_append_str(page, " \\- ");
    append_roff(page, summary);
    buf_append_char(page, '\n');
}

struct manual {
    const char *folder;
    struct buf page;
    char name[40]; /* of the page at hand; "" = none is begun */
    enum cs_err err;
    struct diag *diag;
};

static void write_page(struct manual *manual)
{
    char path[4200];
    if (manual->err != CS_OK)
        return;
    if (manual->page.err != CS_OK) {
        manual->err = diag_fail(manual->diag, manual->page.err, "out of memory");
        return;
    }
    snprintf(path, sizeof path, "%s/%s.1", manual->folder, manual->name);
    FILE *file = fopen(path, "w");
    bool written =
        file != NULL && fwrite(buf_str(&manual->page), 1, manual->page.len, file) == manual->page.len;
    if (file != NULL && fclose(file) != 0)
        written = false;
    if (!written)
        manual->err = diag_fail(manual->diag, CS_E_IO, "%s: %s", path, strerror(errno));
    buf_reset(&manual->page);
}

static void end_page(struct manual *manual)
{
    if (manual->name[0] == '\0')
        return;
    buf_append_str(&manual->page, ".SH SEE ALSO\n.BR certscour (1)\n");
    write_page(manual);
}

static void append_command(struct buf *page, const struct command *command, const struct option_table *tables)
{
    buf_append_str(page, ".SH ");
    append_roff(page, command->verb != NULL ? command->verb : "USE");
    buf_append_str(page, "\n.B certscour ");
    append_roff(page, command->name);
    buf_append_char(page, ' ');
    append_roff(page, command->verb != NULL ? command->verb : "");
    buf_append_str(page, "\n");
    append_roff(page, command->arguments[0] != '\0' ? command->arguments : "");
    buf_append_str(page, "\n.PP\n");
    append_roff(page, command->summary);
    buf_append_str(page, ".\n");
    for (; tables->options != NULL; tables++) {
        for (const struct command_option *option = tables->options; option->name != NULL; option++)
            append_option(page, option);
    }
}

/* Commands of one name follow each other, but for names that more than one table has: pages are made name by
 * name. */
static void take_command(void *context, const struct command *command, const struct option_table *tables)
{
    struct manual *manual = context;
    char name[sizeof manual->name];
    snprintf(name, sizeof name, "certscour-%s", command->name);
    if (strcmp(name, manual->name) == 0)
        append_command(&manual->page, command, tables);
}

static void write_command_page(struct manual *manual, const struct command *first)
{
    snprintf(manual->name, sizeof manual->name, "certscour-%s", first->name);
    append_title(&manual->page, manual->name,
                 first->verb != NULL ? "a command of certscour" : first->summary);
    command_help_each(take_command, manual);
    end_page(manual);
}

static const char overview[] = ".SH SYNOPSIS\n.B certscour\n.I COMMAND\n.RI [ ARGUMENTS ]\n"
                               ".SH DESCRIPTION\n"
                               "Sweeps address ranges, takes the certificate chain of every TLS service it "
                               "meets, says by ordered rules whose\n"
                               "certificate it is, and keeps the result in one SQLite file. Each command has "
                               "a manual page of its own and\n"
                               "tells its options with\n.BR \\-\\-help .\n"
                               "Results go to standard output, messages and progress to standard error.\n"
                               ".SH COMMANDS\n";
static const char closing[] =
    ".SH FILES\n"
    ".TP\n.I /var/lib/certscour/certscour.db\nthe database where this file exists, else\n"
    ".IR $XDG_DATA_HOME/certscour/certscour.db ;\n.B \\-\\-db\nand\n.B CERTSCOUR_DB\nname another.\n"
    ".TP\n.IR ~/.config/certscour/certscour.conf \", \" /etc/certscour/certscour.conf\n"
    "the configuration;\n.B \\-\\-config\nand\n.B CERTSCOUR_CONFIG\nname another.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n.B CERTSCOUR_DB\nthe database\n.TP\n.B CERTSCOUR_CONFIG\nthe configuration file\n"
    ".TP\n.B NO_COLOR\nno colour on a terminal\n"
    ".SH EXIT STATUS\n"
    ".TP\n.B 0\ndone\n.TP\n.B 1\nfailed\n.TP\n.B 2\nwrong usage or input\n"
    ".TP\n.B 3\ninterrupted, and can be resumed\n";

static void write_overview(struct manual *manual)
{
    struct buf *page = &manual->page;
    append_title(page, "certscour", "finds the TLS certificates on your networks, and who owns them");
    buf_append_str(page, overview);
    for (size_t t = 0; command_tables[t] != NULL; t++) {
        for (const struct command *command = command_tables[t]; command->name != NULL; command++) {
            buf_append_str(page, ".TP\n.B ");
            append_roff(page, command->name);
            buf_append_char(page, ' ');
            append_roff(page, command->verb != NULL ? command->verb : "");
            buf_append_char(page, '\n');
            append_roff(page, command->summary);
            buf_append_char(page, '\n');
        }
    }
    buf_append_str(page, closing);
    snprintf(manual->name, sizeof manual->name, "certscour");
    write_page(manual);
}

static int write_manual(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 1, 1, &status))
        return status;
    struct manual manual = {.folder = app->words.items[0], .diag = &app->diag};
    if (mkdir(manual.folder, 0777) != 0 && errno != EEXIST)
        manual.err = diag_fail(&app->diag, CS_E_IO, "%s: %s", manual.folder, strerror(errno));
    if (manual.err == CS_OK)
        write_overview(&manual);
    for (size_t t = 0; command_tables[t] != NULL; t++) {
        for (const struct command *first = command_tables[t]; first->name != NULL; first++) {
            if (manual.err == CS_OK && command_is_first_of_name(first))
                write_command_page(&manual, first);
        }
    }
    buf_dispose(&manual.page);
    return app_status(app, manual.err);
}

const struct command manual_commands[] = {
    {"manual", NULL, "FOLDER", "writes the manual pages, one for each command", write_manual},
    {.name = NULL},
};
