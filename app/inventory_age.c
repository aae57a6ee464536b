// SPDX-License-Identifier: Apache-2.0
#include "app/inventory_age.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/progress.h"
#include "base/buf.h"
#include "db/inventory.h"

struct printing {
    const char *label;
    int64_t now_s;
    bool printed;
};

static void append_age(struct buf *out, int64_t then_s, int64_t now_s)
{
    append_duration(out, then_s < now_s ? (uint64_t)(now_s - then_s) : 0);
}

static enum cs_err print_row(void *context, const struct inventory_row *row)
{
    struct printing *printing = context;
    struct buf line = {0};
    buf_printf(&line, "%s%s %s ", printing->label, row->provider, row->resource);
    if (row->pulled_at_s == 0) {
        buf_append_str(&line, "never pulled whole");
    } else {
        append_count(&line, (uint64_t)row->row_count);
        buf_append_str(&line, ", ");
        append_age(&line, row->pulled_at_s, printing->now_s);
        buf_append_str(&line, " old");
    }
    if (row->failed_at_s != 0) {
        buf_append_str(&line, "; the last pull failed ");
        append_age(&line, row->failed_at_s, printing->now_s);
        buf_append_str(&line, " ago");
    }
    puts(buf_str(&line));
    buf_dispose(&line);
    printing->printed = true;
    return CS_OK;
}

enum cs_err print_inventory(struct store *store, const char *label, struct diag *diag)
{
    struct printing printing = {.label = label, .now_s = app_now_s()};
    enum cs_err err = inventory_each(store, print_row, &printing, diag);
    if (err == CS_OK && !printing.printed)
        printf("%snone yet (certscour scm pull, or inventory import)\n", label);
    return err;
}

struct newest {
    const char *resource;
    int64_t pulled_at_s; /* 0 = never */
};

static enum cs_err take_newest(void *context, const struct inventory_row *row)
{
    struct newest *newest = context;
    if (strcmp(row->resource, newest->resource) == 0 && row->pulled_at_s > newest->pulled_at_s)
        newest->pulled_at_s = row->pulled_at_s;
    return CS_OK;
}

/* `none`: the note where nothing was ever pulled; `old`: what follows the age. */
static enum cs_err note_age(struct store *store, enum inventory_resource resource, const char *none,
                            const char *old, struct diag *diag)
{
    struct newest newest = {.resource = inventory_resource_name(resource)};
    struct buf age = {0};
    const char *how =
        resource == INVENTORY_DOMAINS ? "certscour scm pull" : "certscour scm pull, or inventory import";
    enum cs_err err = inventory_each(store, take_newest, &newest, diag);
    append_age(&age, newest.pulled_at_s, app_now_s());
    if (err == CS_OK && newest.pulled_at_s == 0)
        app_note("%s (%s)", none, how);
    else if (err == CS_OK && app_now_s() - newest.pulled_at_s > INVENTORY_OLD_S)
        app_note("the inventory of %s is %s old%s (%s)",
                 resource == INVENTORY_DOMAINS ? "domains" : "managed certificates", buf_str(&age), old, how);
    buf_dispose(&age);
    return err;
}

enum cs_err note_inventory_age(struct store *store, struct diag *diag)
{
    return note_age(
        store, INVENTORY_CERTIFICATES,
        "there is no inventory of managed certificates yet, so the status of every asset is unknown",
        ": what was issued since counts as unmanaged", diag);
}

enum cs_err note_domain_age(struct store *store, struct diag *diag)
{
    return note_age(store, INVENTORY_DOMAINS, "SCM's domains were never pulled", "", diag);
}
