// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "db/scans.h"

enum {
    COLUMN_ID,
    COLUMN_STATE,
    COLUMN_STARTED,
    COLUMN_ENDED,
    COLUMN_TARGETS,
    COLUMN_DONE,
    COLUMN_CERTIFICATES,
    COLUMN_NETWORK,
    COLUMN_WHAT,
    COLUMN_COUNT
};

static const struct listing_column columns[] = {
    [COLUMN_ID] = {"scan", true},
    [COLUMN_STATE] = {"state", true},
    [COLUMN_STARTED] = {"started_at", true},
    [COLUMN_ENDED] = {"ended_at", false},
    [COLUMN_TARGETS] = {"targets", true},
    [COLUMN_DONE] = {"done", true},
    [COLUMN_CERTIFICATES] = {"certificates", true},
    [COLUMN_NETWORK] = {"network", false},
    [COLUMN_WHAT] = {"what", true},
};

struct scan_listing {
    struct listing *listing;
    struct diag *diag;
};

static enum cs_err list_scan(void *context, const struct scan_row *row)
{
    struct scan_listing *list = context;
    listing_int(list->listing, COLUMN_ID, row->id);
    listing_text(list->listing, COLUMN_STATE, scan_state_name(row->state));
    listing_time(list->listing, COLUMN_STARTED, row->started_at_s);
    if (row->ended_at_s != 0)
        listing_time(list->listing, COLUMN_ENDED, row->ended_at_s);
    listing_int(list->listing, COLUMN_TARGETS, (int64_t)row->target_count);
    listing_int(list->listing, COLUMN_DONE, (int64_t)row->attempt_count);
    listing_int(list->listing, COLUMN_CERTIFICATES, (int64_t)row->outcomes[OUTCOME_CERTIFICATE]);
    listing_text(list->listing, COLUMN_NETWORK, row->network);
    listing_text(list->listing, COLUMN_WHAT, row->summary);
    return listing_end_row(list->listing, list->diag);
}

static int list(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct list_options options = {0};
    struct scan_listing scans = {.diag = &app->diag};
    if (!app_begin(app, command, argc, argv, NULL, NULL, true, &options, 0, 0, &status))
        return status;
    enum cs_err err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = app_open_listing(app, &options, columns, COLUMN_COUNT, &scans.listing);
    if (err != CS_OK)
        return app_status(app, err);
    err = scans_each(app->store, list_scan, &scans, &app->diag);
    return app_status(app, listing_close(scans.listing, err, &app->diag));
}

static enum cs_err parse_id(struct app *app, int64_t *id)
{
    uint64_t value;
    const char *text = app->words.items[0];
    if (text_to_u64(text, strlen(text), INT64_MAX, &value) != CS_OK || value == 0)
        return diag_fail(&app->diag, CS_E_INVALID, "\"%.40s\": expected the number of a scan", text);
    *id = (int64_t)value;
    return CS_OK;
}

struct show_options {
    const char *format;
};

static const struct command_option show_option_table[] = {
    {.name = "format",
     .kind = OPTION_TEXT,
     .argument = "F",
     .help = "table (default) or json",
     .offset = offsetof(struct show_options, format)},
    {.name = NULL},
};

static enum cs_err show_json(void *context, const struct scan_row *row)
{
    struct buf out = {0};
    struct json_writer json;
    (void)context;
    json_writer_init(&json, &out);
    json_begin_object(&json);
    json_member_int(&json, "scan", row->id);
    json_member_string(&json, "state", scan_state_name(row->state));
    json_member_string(&json, "network", row->network);
    json_member_string(&json, "what", row->summary);
    json_key(&json, "started_at");
    json_time(&json, row->started_at_s);
    json_key(&json, "ended_at");
    if (row->ended_at_s != 0)
        json_time(&json, row->ended_at_s);
    else
        json_null(&json);
    json_key(&json, "seed");
    json_uint(&json, row->seed);
    json_member_int(&json, "shard", (int64_t)row->shard_index + 1);
    json_member_int(&json, "shards", row->shard_count);
    json_member_int(&json, "targets", (int64_t)row->target_count);
    json_member_int(&json, "done", (int64_t)row->attempt_count);
    json_key(&json, "outcomes");
    json_begin_object(&json);
    for (int i = 0; i < OUTCOME_COUNT; i++)
        json_member_int(&json, outcome_name((enum outcome)i), (int64_t)row->outcomes[i]);
    json_end_object(&json);
    json_end_object(&json);
    puts(buf_str(&out));
    enum cs_err err = out.err;
    buf_dispose(&out);
    return err;
}

static enum cs_err show_table(void *context, const struct scan_row *row)
{
    char time[TIMEFMT_SIZE];
    (void)context;
    printf("scan       %" PRId64 "\nstate      %s\nwhat       %s\nstarted    %s\n", row->id,
           scan_state_name(row->state), row->summary, timefmt_rfc3339(time, row->started_at_s));
    if (row->ended_at_s != 0)
        printf("ended      %s\n", timefmt_rfc3339(time, row->ended_at_s));
    if (row->shard_count > 1)
        printf("shard      %" PRIu32 " of %" PRIu32 "\n", row->shard_index + 1, row->shard_count);
    printf("targets    %" PRIu64 "\ndone       %" PRIu64 "\n", row->target_count, row->attempt_count);
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        if (row->outcomes[i] > 0)
            printf("           %" PRIu64 " %s\n", row->outcomes[i], outcome_name((enum outcome)i));
    }
    return CS_OK;
}

static int show(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    int64_t id;
    struct show_options options = {.format = "table"};
    if (!app_begin(app, command, argc, argv, show_option_table, &options, false, NULL, 1, 1, &status))
        return status;
    bool is_json = strcmp(options.format, "json") == 0;
    enum cs_err err = parse_id(app, &id);
    if (err == CS_OK && !is_json && strcmp(options.format, "table") != 0)
        err = diag_fail(&app->diag, CS_E_INVALID, "--format %.40s: allowed are table, json", options.format);
    if (err == CS_OK)
        err = app_open_store(app, STORE_READ);
    if (err == CS_OK)
        err = scans_get(app->store, id, is_json ? show_json : show_table, NULL, &app->diag);
    return app_status(app, err);
}

static int stop(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    int64_t id;
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 1, 1, &status))
        return status;
    enum cs_err err = parse_id(app, &id);
    if (err == CS_OK)
        err = app_open_store(app, STORE_WRITE);
    if (err == CS_OK)
        err = scans_request_stop(app->store, id, &app->diag);
    if (err == CS_OK)
        app_note("scan %" PRId64 " finishes what is under way, then stops; `certscour scan --resume %" PRId64
                 "` goes on",
                 id, id);
    return app_status(app, err);
}

const struct command scan_admin_commands[] = {
    {"scan", "list", "[options]", "lists scans, the newest first", list},
    {"scan", "show", "ID [--format table|json]", "shows one scan and its outcomes", show},
    {"scan", "stop", "ID", "stops a running scan; it can be resumed", stop},
    {.name = NULL},
};
