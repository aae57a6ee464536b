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

/* Appends what there is to say of the age, or nothing. `none`: where nothing was ever read; `old`: what
 * follows the age. */
static enum cs_err append_warning(struct store *store, enum inventory_resource resource, const char *none,
                                  const char *old, struct buf *out, struct diag *diag)
{
    struct newest newest = {.resource = inventory_resource_name(resource)};
    bool domains = resource == INVENTORY_DOMAINS;
    const char *how = domains ? "certscour scm pull" : "certscour scm pull, or inventory import";
    enum cs_err err = inventory_each(store, take_newest, &newest, diag);
    if (err != CS_OK)
        return err;
    if (newest.pulled_at_s == 0) {
        buf_printf(out, "%s (%s)", none, how);
    } else if (app_now_s() - newest.pulled_at_s > INVENTORY_OLD_S) {
        buf_printf(out, "the inventory of %s is ", domains ? "domains" : "managed certificates");
        append_age(out, newest.pulled_at_s, app_now_s());
        buf_printf(out, " old%s (%s)", old, how);
    }
    return CS_OK;
}

static enum cs_err note(const struct buf *warning, enum cs_err err)
{
    if (err == CS_OK && warning->len > 0)
        app_note("%s", buf_str(warning));
    return err;
}

enum cs_err append_inventory_warning(struct store *store, struct buf *out, struct diag *diag)
{
    return append_warning(
        store, INVENTORY_CERTIFICATES,
        "there is no inventory of managed certificates yet, so the status of every asset is unknown",
        ": what was issued since counts as unmanaged", out, diag);
}

enum cs_err note_inventory_age(struct store *store, struct diag *diag)
{
    struct buf warning = {0};
    enum cs_err err = append_inventory_warning(store, &warning, diag);
    err = note(&warning, err);
    buf_dispose(&warning);
    return err;
}

enum cs_err note_domain_age(struct store *store, struct diag *diag)
{
    struct buf warning = {0};
    enum cs_err err =
        append_warning(store, INVENTORY_DOMAINS, "SCM's domains were never pulled", "", &warning, diag);
    err = note(&warning, err);
    buf_dispose(&warning);
    return err;
}
