// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "app/commands.h"
#include "app/trust_setting.h"
#include "db/chain_verdicts.h"

static int apply(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    size_t stale = 0;
    struct trust *trust = NULL;
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 0, 0, &status))
        return status;
    enum cs_err err = trust_setting(app, &trust);
    if (err == CS_OK && trust == NULL)
        return app_status(app, diag_fail(&app->diag, CS_E_INVALID, "there are no roots to judge chains by"));
    if (err == CS_OK)
        err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = chain_verdicts_stale(app->store, trust, SIZE_MAX >> 1, &stale, &app->diag);
    if (err == CS_OK)
        err = chain_verdicts_refresh(app->store, trust, app_now_s(), &app->diag);
    if (err == CS_OK)
        printf("%zu roots are trusted; %zu chains were judged by them again\n", trust_count(trust), stale);
    trust_free(trust);
    return app_status(app, err);
}

const struct command roots_commands[] = {
    {"roots", "apply", "", "judges all stored chains again, by the root certificates of today", apply},
    {.name = NULL},
};
