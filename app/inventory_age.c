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
        printf("%snone yet (certscour scm pull)\n", label);
    return err;
}

static enum cs_err newest_certificates(void *context, const struct inventory_row *row)
{
    int64_t *newest_s = context;
    if (strcmp(row->resource, inventory_resource_name(INVENTORY_CERTIFICATES)) == 0 &&
        row->pulled_at_s > *newest_s)
        *newest_s = row->pulled_at_s;
    return CS_OK;
}

enum cs_err note_inventory_age(struct store *store, struct diag *diag)
{
    int64_t newest_s = 0;
    struct buf age = {0};
    enum cs_err err = inventory_each(store, newest_certificates, &newest_s, diag);
    append_age(&age, newest_s, app_now_s());
    if (err == CS_OK && newest_s == 0)
        app_note("there is no inventory of managed certificates yet, so the status of every asset is unknown "
                 "(certscour scm pull)");
    else if (err == CS_OK && app_now_s() - newest_s > INVENTORY_OLD_S)
        app_note("the inventory of managed certificates is %s old: what was issued since counts as unmanaged "
                 "(certscour scm pull)",
                 buf_str(&age));
    buf_dispose(&age);
    return err;
}
