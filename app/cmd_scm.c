// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "app/inventory_age.h"
#include "app/scm_route.h"
#include "app/scm_session.h"
#include "base/text.h"
#include "scm/account.h"

static void print_line(const char *name, const char *text)
{
    if (text[0] != '\0')
        printf("%-20s%s\n", name, text);
}

static void print_account(const struct scm_session *session, const struct account *account)
{
    const char *login = auth_login(session->auth);
    char shown[200];
    if (login == NULL)
        puts("account             the administrator whose API key this is (the API does not tell which)");
    else
        printf("account             %s%s%s%s\n", text_printable(shown, sizeof shown, login),
               account->type[0] != '\0' ? " (" : "", account->type, account->type[0] != '\0' ? ")" : "");
    if (login != NULL && !account->known)
        puts("                    (it may not see its own roles and privileges)");
    print_line("roles", buf_str(&account->roles));
    print_line("privileges", buf_str(&account->privileges));
    print_line("password", account->password_state);
    print_line("password until", account->password_expires);
}

/* The calls that each command cannot do without. */
static const struct {
    const char *command;
    enum api_call call;
} uses[] = {
    {"pull organizations", CALL_ORGANIZATIONS},
    {"pull domains", CALL_DOMAINS},
    {"pull certificates", CALL_CERTIFICATES},
    {"pull rules", CALL_RULES},
    {"push rules", CALL_BUCKETS},
    {"pull tasks", CALL_TASKS},
    {"push tasks", CALL_BUCKETS},
    {"pull results", CALL_TASKS},
};

static enum cs_err print_rights(struct app *app, struct client *client)
{
    static const char *const words[] = {
        [RIGHT_YES] = "yes", [RIGHT_NO] = "no", [RIGHT_UNKNOWN] = "not known"};
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < sizeof uses / sizeof uses[0] && err == CS_OK; i++) {
        enum right right;
        struct diag why = {0};
        err = account_may(client, uses[i].call, &right, &why);
        if (err != CS_OK)
            app->diag = why;
        else
            printf("%-20s%s%s%s\n", uses[i].command, words[right], right != RIGHT_YES ? ": " : "",
                   right != RIGHT_YES ? why.text : "");
    }
    return err;
}

/* Nothing is sent to find out: the privileges tell, where SCM shows them. */
static void print_push_right(const struct account *account)
{
    static const char *const needed[] = {"sslManage", "sslImport"};
    struct buf lacking = {0};
    const char *has = buf_str(&account->privileges);
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (!text_contains(has, needed[i]))
            buf_printf(&lacking, "%s%s", lacking.len > 0 ? ", " : "", needed[i]);
    }
    if (!account->known || has[0] == '\0')
        printf("%-20snot known: it takes the privileges sslManage and sslImport, which SCM does not show\n",
               "push assets, undo");
    else if (lacking.len > 0)
        printf("%-20sno: the account lacks %s\n", "push assets, undo", buf_str(&lacking));
    else
        printf("%-20syes, in organizations that have the API enabled\n", "push assets, undo");
    buf_dispose(&lacking);
}

/* The bucket of a Discovery Import has a login of its own. */
static enum cs_err print_bucket_right(struct app *app)
{
    struct scm_session session = {0};
    enum right right = RIGHT_UNKNOWN;
    struct diag why = {0};
    enum cs_err err = scm_session_open_bucket(&session, app);
    if (err == CS_OK)
        err = account_may(&session.client, CALL_OPERATIONS, &right, &why);
    if (err == CS_OK)
        printf("%-20s%s%s%s\n", "discovery-import", right == RIGHT_YES ? "yes (experimental)" : "no",
               right != RIGHT_YES ? ": " : "", why.text);
    scm_session_close(&session);
    return err;
}

static enum cs_err print_push_rights(struct app *app, const struct account *account)
{
    struct scm_route route;
    enum cs_err err = scm_route_read(&route, app);
    if (err == CS_OK && route.discovery)
        return print_bucket_right(app);
    if (err == CS_OK)
        print_push_right(account);
    return err;
}

/* Without a database there is just no inventory. */
static enum cs_err print_ages(struct app *app)
{
    struct diag unused = app->diag;
    enum cs_err err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        return print_inventory(app->store, "inventory           ", &app->diag);
    app->diag = unused;
    puts("inventory           none yet (certscour scm pull, or inventory import)");
    return err == CS_E_NOT_FOUND ? CS_OK : err;
}

static int show_status(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct scm_session session;
    struct account account = {0};
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 0, 0, &status))
        return status;
    enum cs_err err = scm_session_open(&session, app);
    if (err != CS_OK)
        return app_status(app, err);
    printf("SCM                 %s\n", session.base_url);
    err = account_read(&session.client, &account, &app->diag);
    printf("reachable           %s\n", err == CS_OK                 ? "yes"
                                       : session.client.status != 0 ? "yes, but it does not let us in"
                                                                    : "no");
    if (err == CS_OK) {
        print_account(&session, &account);
        err = print_rights(app, &session.client);
    }
    if (err == CS_OK)
        err = print_push_rights(app, &account);
    if (err == CS_OK)
        err = print_ages(app);
    account_dispose(&account);
    scm_session_close(&session);
    return err == CS_E_LIMIT ? (app_status(app, err), EXIT_FAILED) : app_status(app, err);
}

const struct command scm_commands[] = {
    {"scm", "status", "", "is SCM reachable, who am I there, and what may I do", show_status},
    {.name = NULL},
};
