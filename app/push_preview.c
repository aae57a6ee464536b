// SPDX-License-Identifier: Apache-2.0
#include "app/push_preview.h"

#include <inttypes.h>
#include <stdio.h>

#include "app/progress.h"
#include "base/text.h"
#include "model/owner.h"

/* ---- the listing ---- */

enum {
    COLUMN_ENDPOINT,
    COLUMN_NETWORK,
    COLUMN_HOST_NAME,
    COLUMN_COMMON_NAME,
    COLUMN_ISSUER,
    COLUMN_NOT_AFTER,
    COLUMN_SHA256,
    COLUMN_OWNER,
    COLUMN_ORGANIZATION_ID,
    COLUMN_ACTION,
    COLUMN_SCM_ID,
    COLUMN_LAST_ERROR,
    COLUMN_COUNT
};

static const struct listing_column columns[] = {
    [COLUMN_ENDPOINT] = {"endpoint", true},
    [COLUMN_NETWORK] = {"network", false},
    [COLUMN_HOST_NAME] = {"host_name", false},
    [COLUMN_COMMON_NAME] = {"common_name", true},
    [COLUMN_ISSUER] = {"issuer_common_name", true},
    [COLUMN_NOT_AFTER] = {"not_after", true},
    [COLUMN_SHA256] = {"sha256", false},
    [COLUMN_OWNER] = {"owner", true},
    [COLUMN_ORGANIZATION_ID] = {"scm_organization_id", true},
    [COLUMN_ACTION] = {"action", true},
    [COLUMN_SCM_ID] = {"scm_id", false},
    [COLUMN_LAST_ERROR] = {"last_error", false},
};

struct listing_rows {
    struct listing *listing;
    struct diag *diag;
};

static enum cs_err list_row(void *context, const struct push_plan_row *row)
{
    struct listing_rows *rows = context;
    struct listing *listing = rows->listing;
    struct buf owner = {0};
    char endpoint[ENDPOINT_TEXT_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    owner_append(&owner, row->organization, row->department);
    hex_encode(hex, row->sha256, SHA256_SIZE);
    listing_text(listing, COLUMN_ENDPOINT, endpoint_format(endpoint, &row->endpoint));
    listing_text(listing, COLUMN_NETWORK, row->endpoint.network);
    listing_text(listing, COLUMN_HOST_NAME, row->host_name);
    listing_text(listing, COLUMN_COMMON_NAME, row->common_name);
    listing_text(listing, COLUMN_ISSUER, row->issuer_common_name);
    listing_time(listing, COLUMN_NOT_AFTER, row->not_after_s);
    listing_text(listing, COLUMN_SHA256, hex);
    listing_text(listing, COLUMN_OWNER, buf_str(&owner));
    listing_int(listing, COLUMN_ORGANIZATION_ID, row->organization_id);
    listing_text(listing, COLUMN_ACTION, row->known_id != 0 ? "location" : "certificate+location");
    if (row->known_id != 0)
        listing_int(listing, COLUMN_SCM_ID, row->known_id);
    listing_text(listing, COLUMN_LAST_ERROR, row->last_error);
    buf_dispose(&owner);
    return listing_end_row(listing, rows->diag);
}

enum cs_err push_preview_list(struct app *app, struct push_plan *plan, const struct list_options *options)
{
    struct listing_rows rows = {.diag = &app->diag};
    enum cs_err err = app_open_listing(app, options, columns, COLUMN_COUNT, &rows.listing);
    if (err != CS_OK)
        return err;
    err = push_plan_each(plan, list_row, &rows, &app->diag);
    return listing_close(rows.listing, err, &app->diag);
}

/* ---- what, and for whom ---- */

static const char *const reasons[PUSH_VERDICT_COUNT] = {
    [PUSH_NOBODY] = "that nobody owns (certscour rule add)",
    [PUSH_MALFORMED] = "whose certificate cannot be decoded",
    [PUSH_CA] = "with a CA certificate, which is never sent",
    [PUSH_DONE] = "that an earlier push has sent",
    [PUSH_MANAGED] = "that SCM manages (--include managed)",
    [PUSH_EXTERNAL] = "whose certificate SCM knows (--include external)",
    [PUSH_SELF_SIGNED] = "with a self-signed certificate (--include self-signed)",
    [PUSH_EXPIRED] = "whose certificate has expired (--include expired)",
    [PUSH_LATER] = "beyond --limit",
};

struct noting {
    const struct scm_route *route;
    struct push_totals *totals;
    int64_t left_out[PUSH_VERDICT_COUNT];
};

static enum cs_err note_count(void *context, const struct push_plan_count *count)
{
    struct noting *noting = context;
    struct buf owner = {0};
    char shown[2 * OWNER_MAX_NAME + 8] = "nobody";
    if (count->organization != NULL) {
        owner_append(&owner, count->organization, count->department);
        text_printable(shown, sizeof shown, buf_str(&owner));
    }
    buf_dispose(&owner);
    if (count->verdict == PUSH_SEND) {
        app_note("%s (SCM's %" PRId64 "): %" PRId64 " certificates to be created, %" PRId64
                 " known there, at %" PRId64 " endpoints",
                 shown, count->organization_id, count->imports, count->certificates - count->imports,
                 count->assets);
        noting->totals->imports += count->imports;
        noting->totals->known += count->certificates - count->imports;
        noting->totals->locations += count->assets;
    } else if (count->verdict == PUSH_OWNER_UNKNOWN) {
        app_note("left out: %" PRId64 " assets of %s, which SCM does not know under that name", count->assets,
                 shown);
    } else {
        noting->left_out[count->verdict] += count->assets;
    }
    return CS_OK;
}

static void note_route(const struct scm_route *route)
{
    if (route->discovery)
        app_note("route discovery-import (EXPERIMENTAL: SCM's call is not confirmed): the certificates go "
                 "into the "
                 "bucket of discovery_client_id with their endpoints, and SCM's own rules assign them; once "
                 "completed this cannot be undone");
    else
        app_note(
            "route import: this creates SSL certificates in SCM's inventory, each with a custom location for "
            "every endpoint, visible to the administrators of these organizations; whether SCM counts them "
            "for licences is not documented");
}

enum cs_err push_preview_note(struct app *app, struct push_plan *plan, const struct scm_route *route,
                              struct push_totals *totals)
{
    struct noting noting = {.route = route, .totals = totals};
    *totals = (struct push_totals){0};
    note_route(route);
    enum cs_err err = push_plan_counts(plan, note_count, &noting, &app->diag);
    for (size_t i = 0; i < PUSH_VERDICT_COUNT && err == CS_OK; i++) {
        if (noting.left_out[i] > 0 && reasons[i] != NULL)
            app_note("left out: %" PRId64 " assets %s", noting.left_out[i], reasons[i]);
    }
    if (err == CS_OK && totals->locations == 0)
        app_note("there is nothing to be sent");
    return err;
}
