// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "app/asset_name.h"
#include "app/commands.h"
#include "app/expiry_setting.h"
#include "app/trust_setting.h"
#include "report/cert_show.h"

struct show_options {
    const char *format;
};

static const struct command_option show_option_table[] = {
    {.name = "format",
     .kind = OPTION_TEXT,
     .argument = "F",
     .help = "table (default), json, pem or text",
     .offset = offsetof(struct show_options, format)},
    {.name = NULL},
};

struct leaves { /* the distinct certificates meant */
    size_t count;
    uint8_t storage[16][SHA256_SIZE];
};

static enum cs_err keep_leaf(void *context, const struct asset_row *row)
{
    struct leaves *leaves = context;
    for (size_t i = 0; i < leaves->count; i++) {
        if (memcmp(leaves->storage[i], row->cert.sha256, SHA256_SIZE) == 0)
            return CS_OK;
    }
    if (leaves->count < sizeof leaves->storage / sizeof leaves->storage[0])
        memcpy(leaves->storage[leaves->count++], row->cert.sha256, SHA256_SIZE);
    return CS_OK;
}

/* What is served at an endpoint now, or the certificate named. */
static enum cs_err find_leaves(struct app *app, const struct asset_name *name, struct leaves *leaves)
{
    if (!name->is_endpoint) {
        memcpy(leaves->storage[leaves->count++], name->sha256, SHA256_SIZE);
        return CS_OK;
    }
    struct asset_filter filter = asset_name_filter(name);
    enum cs_err err = assets_each(app->store, &filter, NULL, keep_leaf, leaves, &app->diag);
    if (err == CS_OK && leaves->count == 0)
        return diag_fail(&app->diag, CS_E_NOT_FOUND, "no asset is known at that endpoint");
    return err;
}

static int show(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct show_options options = {.format = "table"};
    struct asset_name name;
    struct leaves leaves = {0};
    struct expiry_limits limits;
    enum cert_show_format format = CERT_SHOW_TABLE;
    if (!app_begin(app, command, argc, argv, show_option_table, &options, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = cert_show_format_parse(&format, options.format, &app->diag);
    if (err == CS_OK)
        err = expiry_setting(app, &limits);
    if (err == CS_OK)
        err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = trust_refresh_for_reading(app);
    if (err == CS_OK)
        err = asset_name_parse(&name, app->store, app->words.items[0], &app->diag);
    if (err == CS_OK)
        err = find_leaves(app, &name, &leaves);
    for (size_t i = 0; i < leaves.count && err == CS_OK; i++)
        err = cert_show(stdout, app->store, leaves.storage[i], format, app_now_s(), &limits, &app->diag);
    return app_status(app, err);
}

const struct command cert_commands[] = {
    {"cert", "show", "SHA256|ENDPOINT [--format F]",
     "shows a certificate, where it is served, since when, and whose it is", show},
    {.name = NULL},
};
