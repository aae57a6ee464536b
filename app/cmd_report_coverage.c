// SPDX-License-Identifier: Apache-2.0
/* certscour report coverage: which scans -> one count for each network among them -> rows. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/coverage.h"
#include "base/text.h"
#include "base/timefmt.h"

enum {
    COLUMN_REPORT,
    COLUMN_NETWORK,
    COLUMN_RANGE,
    COLUMN_ADDRESSES,
    COLUMN_ANSWERED,
    COLUMN_WITH_CERTIFICATES,
    COLUMN_WITH_NAMES,
    COLUMN_NAMES_TRIED,
    COLUMN_ENDPOINTS,
    COLUMN_CERTIFICATES,
    COLUMN_SCM_FOUND,
    COLUMN_SCM_ONLY,
    COLUMN_SCANS,
    COLUMN_LAST_SCAN,
    COLUMN_SCANNED_AT,
    COLUMN_COUNT
};

static const struct listing_column columns[] = {
    [COLUMN_REPORT] = {"report", false},
    [COLUMN_NETWORK] = {"network", false},
    [COLUMN_RANGE] = {"range", true},
    [COLUMN_ADDRESSES] = {"addresses", true},
    [COLUMN_ANSWERED] = {"answered", true},
    [COLUMN_WITH_CERTIFICATES] = {"with_certificates", true},
    [COLUMN_WITH_NAMES] = {"with_names", true},
    [COLUMN_NAMES_TRIED] = {"names_tried", true},
    [COLUMN_ENDPOINTS] = {"endpoints", true},
    [COLUMN_CERTIFICATES] = {"certificates", true},
    [COLUMN_SCM_FOUND] = {"scm_found", true},
    [COLUMN_SCM_ONLY] = {"scm_only", true},
    [COLUMN_SCANS] = {"scans", false},
    [COLUMN_LAST_SCAN] = {"last_scan", true},
    [COLUMN_SCANNED_AT] = {"scanned_at", false},
};

struct coverage_options {
    const char *scan;
    const char *since;
    const char *network;
};

static const struct command_option coverage_option_table[] = {
    {.name = "scan",
     .kind = OPTION_TEXT,
     .argument = "ID",
     .help = "this scan, also one that is not done; default the latest that is",
     .offset = offsetof(struct coverage_options, scan)},
    {.name = "since",
     .kind = OPTION_TEXT,
     .argument = "SCAN|DATE",
     .help = "all scans that are done, from this one or this day on",
     .offset = offsetof(struct coverage_options, since)},
    {.name = "network",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "only scans of this network",
     .offset = offsetof(struct coverage_options, network)},
    {.name = NULL},
};

/* Which scans count. */
struct choice {
    int64_t scan_id;     /* just this one; 0 = by the rest */
    int64_t since_id;    /* 0 = any */
    int64_t since_s;     /* 0 = any */
    bool all;            /* not the latest alone */
    const char *network; /* NULL = any */
};

struct network_scans {
    char *network;
    int64_t *ids; /* newest first */
    size_t count;
    size_t cap;
    int64_t scanned_at_s; /* the newest */
};

struct chosen {
    struct choice choice;
    struct network_scans *networks;
    size_t count;
};

static enum cs_err parse_choice(struct app *app, const struct coverage_options *options, struct choice *out)
{
    uint64_t number;
    *out = (struct choice){.network = options->network, .all = options->since != NULL};
    if (options->scan != NULL && options->since != NULL)
        return diag_fail(&app->diag, CS_E_INVALID, "give --scan or --since, not both");
    if (options->scan != NULL) {
        if (text_to_u64(options->scan, strlen(options->scan), INT64_MAX, &number) != CS_OK || number == 0)
            return diag_fail(&app->diag, CS_E_INVALID, "--scan %.40s: expected the number of a scan",
                             options->scan);
        out->scan_id = (int64_t)number;
    }
    if (options->since == NULL)
        return CS_OK;
    if (text_to_u64(options->since, strlen(options->since), INT64_MAX, &number) == CS_OK && number > 0)
        out->since_id = (int64_t)number;
    else if (timefmt_parse(options->since, &out->since_s) != CS_OK)
        return diag_fail(&app->diag, CS_E_INVALID,
                         "--since %.40s: expected the number of a scan, a date (2027-01-31) or a time",
                         options->since);
    return CS_OK;
}

static enum cs_err find_network(struct chosen *chosen, const char *network, struct network_scans **out)
{
    for (size_t i = 0; i < chosen->count; i++) {
        *out = &chosen->networks[i];
        if (strcmp((*out)->network, network) == 0)
            return CS_OK;
    }
    struct network_scans *more = realloc(chosen->networks, (chosen->count + 1) * sizeof *more);
    if (more == NULL)
        return CS_E_NOMEM;
    chosen->networks = more;
    *out = &more[chosen->count];
    **out = (struct network_scans){.network = text_copy(network)};
    if ((*out)->network == NULL)
        return CS_E_NOMEM;
    chosen->count++;
    return CS_OK;
}

static bool is_wanted(const struct chosen *chosen, const struct scan_row *row)
{
    const struct choice *choice = &chosen->choice;
    if (choice->scan_id != 0)
        return row->id == choice->scan_id;
    if (row->state != SCAN_DONE || (choice->network != NULL && strcmp(choice->network, row->network) != 0))
        return false;
    return choice->all ? row->id >= choice->since_id && row->started_at_s >= choice->since_s
                       : chosen->count == 0; /* the first that is met is the latest */
}

static enum cs_err choose(void *context, const struct scan_row *row)
{
    struct chosen *chosen = context;
    struct network_scans *scans;
    if (!is_wanted(chosen, row))
        return CS_OK;
    enum cs_err err = find_network(chosen, row->network, &scans);
    if (err != CS_OK)
        return err;
    if (scans->count == scans->cap) {
        size_t cap = scans->cap == 0 ? 16 : scans->cap * 2;
        int64_t *ids = realloc(scans->ids, cap * sizeof *ids);
        if (ids == NULL)
            return CS_E_NOMEM;
        scans->ids = ids;
        scans->cap = cap;
    }
    if (scans->count == 0)
        scans->scanned_at_s = row->ended_at_s != 0 ? row->ended_at_s : row->started_at_s;
    scans->ids[scans->count++] = row->id;
    return CS_OK;
}

struct adding {
    struct coverage *coverage;
    struct diag *diag;
};

static enum cs_err add_scan(void *context, const struct scan_row *row)
{
    struct adding *adding = context;
    return coverage_add_scan(adding->coverage, row, adding->diag);
}

static enum cs_err add_words(struct app *app, struct coverage *coverage)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < app->words.count && err == CS_OK; i++) {
        const char *text = app->words.items[i];
        const char *reason = NULL;
        struct ip_range range;
        if (ip_range_parse(text, strlen(text), &range, &reason) != CS_OK)
            return diag_fail(&app->diag, CS_E_INVALID, "\"%.80s\": %s", text, reason);
        err = coverage_add_range(coverage, range);
    }
    return err;
}

static enum cs_err put_rows(struct app *app, const struct network_scans *scans,
                            const struct coverage_row *rows, size_t count, struct listing *listing)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < count && err == CS_OK; i++) {
        char range[RANGE_TEXT_SIZE];
        const struct coverage_row *row = &rows[i];
        listing_text(listing, COLUMN_REPORT, "coverage");
        listing_text(listing, COLUMN_NETWORK, scans->network);
        listing_text(listing, COLUMN_RANGE, ip_range_format(range, row->range));
        listing_int(listing, COLUMN_ADDRESSES,
                    row->addresses < INT64_MAX ? (int64_t)row->addresses : INT64_MAX);
        listing_int(listing, COLUMN_ANSWERED, (int64_t)row->answered);
        listing_int(listing, COLUMN_WITH_CERTIFICATES, (int64_t)row->with_certificates);
        listing_int(listing, COLUMN_WITH_NAMES, (int64_t)row->with_names);
        listing_int(listing, COLUMN_NAMES_TRIED, (int64_t)row->names_tried);
        listing_int(listing, COLUMN_ENDPOINTS, (int64_t)row->endpoints);
        listing_int(listing, COLUMN_CERTIFICATES, (int64_t)row->certificates);
        if (row->discovery_known) {
            listing_int(listing, COLUMN_SCM_FOUND, (int64_t)row->discovered);
            listing_int(listing, COLUMN_SCM_ONLY, (int64_t)row->not_met);
        }
        listing_int(listing, COLUMN_SCANS, (int64_t)scans->count);
        listing_int(listing, COLUMN_LAST_SCAN, scans->ids[0]);
        listing_time(listing, COLUMN_SCANNED_AT, scans->scanned_at_s);
        err = listing_end_row(listing, &app->diag);
    }
    return err;
}

static enum cs_err report_network(struct app *app, const struct network_scans *scans, struct listing *listing)
{
    struct adding adding = {.diag = &app->diag};
    const struct coverage_row *rows = NULL;
    size_t count = 0;
    enum cs_err err = coverage_new(&adding.coverage, app->store, scans->network);
    if (err != CS_OK)
        return diag_fail(&app->diag, err, "out of memory");
    for (size_t i = 0; i < scans->count && err == CS_OK; i++)
        err = scans_get(app->store, scans->ids[i], add_scan, &adding, &app->diag);
    if (err == CS_OK)
        err = add_words(app, adding.coverage);
    if (err == CS_OK)
        err = coverage_count(adding.coverage, &rows, &count, &app->diag);
    if (err == CS_OK)
        err = put_rows(app, scans, rows, count, listing);
    coverage_free(adding.coverage);
    return err;
}

static enum cs_err report(struct app *app, const struct coverage_options *options,
                          const struct list_options *list)
{
    struct chosen chosen = {0};
    struct listing *listing = NULL;
    enum cs_err err = parse_choice(app, options, &chosen.choice);
    if (err == CS_OK)
        err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = scans_each(app->store, choose, &chosen, &app->diag);
    if (err == CS_OK && chosen.count == 0)
        err = diag_fail(&app->diag, CS_E_NOT_FOUND,
                        "there is no such scan that is done; `certscour scan list` "
                        "shows them, --scan takes others too");
    if (err == CS_OK)
        err = app_open_listing(app, list, columns, COLUMN_COUNT, &listing);
    if (err == CS_OK) {
        for (size_t i = 0; i < chosen.count && err == CS_OK; i++)
            err = report_network(app, &chosen.networks[i], listing);
        err = listing_close(listing, err, &app->diag);
    }
    for (size_t i = 0; i < chosen.count; i++) {
        free(chosen.networks[i].network);
        free(chosen.networks[i].ids);
    }
    free(chosen.networks);
    return err;
}

static int coverage(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct coverage_options options = {0};
    struct list_options list = {0};
    if (!app_begin(app, command, argc, argv, coverage_option_table, &options, true, &list, 0, SIZE_MAX,
                   &status))
        return status;
    return app_status(app, report(app, &options, &list));
}

const struct command report_coverage_commands[] = {
    {"report", "coverage", "[RANGE...] [options]",
     "how many addresses of each range answered, how many have names, how many names were tried", coverage},
    {.name = NULL},
};
