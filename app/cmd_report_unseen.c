// SPDX-License-Identifier: Apache-2.0
/* Managed certificates that should be in our ranges and were never met. Reads what pulls and scans have
 * stored; asks nobody. */
#include <string.h>

#include "app/commands.h"
#include "app/inventory_age.h"
#include "db/assets.h"
#include "db/unseen.h"
#include "scanner/target_blocks.h"

#define MAX_SHOWN 100 /* names, and addresses, of one certificate */

enum {
    COLUMN_COMMON_NAME,
    COLUMN_NAMES,
    COLUMN_ADDRESSES,
    COLUMN_NOT_AFTER,
    COLUMN_DAYS_LEFT,
    COLUMN_ORGANIZATION,
    COLUMN_DEPARTMENT,
    COLUMN_REQUESTER,
    COLUMN_PROVIDER,
    COLUMN_ID,
    COLUMN_STATE,
    COLUMN_SERIAL,
    COLUMN_ISSUER,
    COLUMN_ISSUED,
    COLUMN_RESOLVED,
    COLUMN_COUNT
};

static const struct listing_column columns[] = {
    [COLUMN_COMMON_NAME] = {"common_name", true},
    [COLUMN_NAMES] = {"names", true},
    [COLUMN_ADDRESSES] = {"addresses", true},
    [COLUMN_NOT_AFTER] = {"not_after", true},
    [COLUMN_DAYS_LEFT] = {"days_left", true},
    [COLUMN_ORGANIZATION] = {"owner_organization", true},
    [COLUMN_DEPARTMENT] = {"owner_department", false},
    [COLUMN_REQUESTER] = {"requester", true},
    [COLUMN_PROVIDER] = {"provider", false},
    [COLUMN_ID] = {"scm_id", true},
    [COLUMN_STATE] = {"scm_state", false},
    [COLUMN_SERIAL] = {"serial", false},
    [COLUMN_ISSUER] = {"issuer", false},
    [COLUMN_ISSUED] = {"not_before", false},
    [COLUMN_RESOLVED] = {"resolved_at", false},
};

struct unseen_options {
    struct text_list ranges;
    const char *owner;
};

static const struct command_option unseen_option_table[] = {
    {.name = "range",
     .kind = OPTION_LIST,
     .argument = "RANGE",
     .help = "ours; may be repeated; default is what was scanned so far",
     .offset = offsetof(struct unseen_options, ranges)},
    {.name = "owner",
     .kind = OPTION_TEXT,
     .argument = "OWNER",
     .help = "only those of an organization, or of one department",
     .offset = offsetof(struct unseen_options, owner)},
    {.name = NULL},
};

struct unseen_report {
    struct listing *listing;
    struct text_list names; /* of the certificate at hand */
    struct text_list addresses;
    int64_t id; /* of it; 0 = none yet */
    int64_t now_s;
    struct diag *diag;
};

/* ---- ours ---- */

struct gathering {
    struct ip_set *ranges;
    struct diag *diag;
};

static enum cs_err add_targets(void *context, const char *targets)
{
    struct gathering *gathering = context;
    struct target_set *set;
    enum cs_err err = target_set_thaw(&set, targets, strlen(targets), gathering->diag);
    if (err != CS_OK)
        return err;
    for (size_t b = 0; b < set->block_count && err == CS_OK; b++) {
        const struct ip_set *addresses = &set->blocks[b].addresses;
        for (size_t i = 0; i < addresses->count && err == CS_OK; i++)
            err = ip_set_add(gathering->ranges, addresses->ranges[i]);
    }
    target_set_free(set);
    return err == CS_OK ? ip_set_normalize(gathering->ranges) : err; /* repetitions go at once */
}

static enum cs_err gather_ranges(struct app *app, const struct unseen_options *options, struct ip_set *out)
{
    struct gathering gathering = {out, &app->diag};
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < options->ranges.count && err == CS_OK; i++) {
        const char *text = options->ranges.items[i];
        const char *reason = "";
        struct ip_range range;
        err = ip_range_parse(text, strlen(text), &range, &reason);
        if (err != CS_OK)
            return diag_fail(&app->diag, err, "--range %.80s: %s", text, reason);
        err = ip_set_add(out, range);
    }
    if (err == CS_OK && options->ranges.count == 0)
        err = scanned_targets(app->store, add_targets, &gathering, &app->diag);
    if (err == CS_OK)
        err = ip_set_normalize(out);
    if (err == CS_OK && out->count == 0)
        app_note("nothing was scanned yet, so no range is known to be yours (--range)");
    return err;
}

/* ---- rows ---- */

static enum cs_err end_certificate(struct unseen_report *report)
{
    if (report->id == 0)
        return CS_OK;
    listing_texts(report->listing, COLUMN_NAMES, text_list_view(&report->names), report->names.count);
    listing_texts(report->listing, COLUMN_ADDRESSES, text_list_view(&report->addresses),
                  report->addresses.count);
    text_list_dispose(&report->names);
    text_list_dispose(&report->addresses);
    report->id = 0;
    return listing_end_row(report->listing, report->diag);
}

static void begin_certificate(struct unseen_report *report, const struct unseen_row *row)
{
    struct listing *listing = report->listing;
    report->id = row->id;
    listing_text(listing, COLUMN_COMMON_NAME, row->common_name);
    if (row->expires_s != 0) {
        listing_time(listing, COLUMN_NOT_AFTER, row->expires_s);
        listing_int(listing, COLUMN_DAYS_LEFT, asset_days_left(row->expires_s, report->now_s));
    }
    if (row->issued_s != 0)
        listing_time(listing, COLUMN_ISSUED, row->issued_s);
    listing_text(listing, COLUMN_ORGANIZATION, row->owner_organization);
    listing_text(listing, COLUMN_DEPARTMENT, row->owner_department);
    listing_text(listing, COLUMN_REQUESTER, row->requester);
    listing_text(listing, COLUMN_PROVIDER, row->provider);
    listing_int(listing, COLUMN_ID, row->external_id);
    listing_text(listing, COLUMN_STATE, row->state);
    listing_text(listing, COLUMN_SERIAL, row->serial);
    listing_text(listing, COLUMN_ISSUER, row->issuer);
    listing_time(listing, COLUMN_RESOLVED, row->resolved_at_s);
}

static enum cs_err add_once(struct text_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], text) == 0)
            return CS_OK;
    }
    return list->count < MAX_SHOWN ? text_list_add(list, text) : CS_OK;
}

static enum cs_err take_row(void *context, const struct unseen_row *row)
{
    struct unseen_report *report = context;
    char ip[IP_TEXT_SIZE];
    enum cs_err err = row->id != report->id ? end_certificate(report) : CS_OK;
    if (err != CS_OK)
        return err;
    if (row->id != report->id)
        begin_certificate(report, row);
    err = add_once(&report->names, row->name);
    return err == CS_OK ? add_once(&report->addresses, ip_format(ip, row->ip)) : err;
}

/* ---- the command ---- */

static enum cs_err note_what_is_missing(struct app *app)
{
    int64_t resolved;
    enum cs_err err = note_inventory_age(app->store, &app->diag);
    if (err == CS_OK)
        err = unseen_count_resolved(app->store, &resolved, &app->diag);
    if (err == CS_OK && resolved == 0)
        app_note("no name of the inventory has a known address: `certscour scm pull --resolve` or "
                 "`certscour scan --names-from ptr,seen,scm` asks the DNS");
    return err;
}

static enum cs_err print_report(struct app *app, const struct unseen_options *options,
                                const struct list_options *shape)
{
    struct owner_name owner;
    struct ip_set ranges = {0};
    struct unseen_report report = {.now_s = app_now_s(), .diag = &app->diag};
    struct unseen_filter filter = {.now_s = report.now_s};
    enum cs_err err = CS_OK;
    if (options->owner != NULL) {
        err = owner_parse(&owner, options->owner, &app->diag);
        filter.owner = &owner;
    }
    if (err == CS_OK)
        err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = gather_ranges(app, options, &ranges);
    if (err == CS_OK)
        err = note_what_is_missing(app);
    if (err == CS_OK)
        err = app_open_listing(app, shape, columns, COLUMN_COUNT, &report.listing);
    if (err == CS_OK) {
        filter.ranges = ranges.ranges;
        filter.range_count = ranges.count;
        err = unseen_each(app->store, &filter, take_row, &report, &app->diag);
        if (err == CS_OK)
            err = end_certificate(&report);
        err = listing_close(report.listing, err, &app->diag);
    }
    text_list_dispose(&report.names);
    text_list_dispose(&report.addresses);
    ip_set_dispose(&ranges);
    return err;
}

static int unseen(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct unseen_options options = {0};
    struct list_options shape = {0};
    if (app_begin(app, command, argc, argv, unseen_option_table, &options, true, &shape, 0, 0, &status))
        status = app_status(app, print_report(app, &options, &shape));
    text_list_dispose(&options.ranges);
    return status;
}

const struct command report_unseen_commands[] = {
    {"report", "unseen", "[--range RANGE...] [--owner OWNER] [options]",
     "managed certificates whose names point to your ranges, but which no scan has met", unseen},
    {.name = NULL},
};
