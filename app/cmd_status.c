// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "app/commands.h"
#include "app/inventory_age.h"
#include "app/progress.h"
#include "base/timefmt.h"
#include "db/assets.h"
#include "db/inventory.h"
#include "db/scans.h"
#include "scanner/scanner.h"

static enum cs_err print_scan(void *context, const struct scan_row *row)
{
    char time[TIMEFMT_SIZE];
    bool *printed = context;
    if (*printed)
        return CS_OK;
    *printed = true;
    printf("last scan       %" PRId64 ", %s, started %s, %" PRIu64 " of %" PRIu64 " targets: %s\n", row->id,
           scan_state_name(row->state), timefmt_rfc3339(time, row->started_at_s), row->attempt_count,
           row->target_count, row->summary);
    return CS_OK;
}

static enum cs_err print_store(struct app *app)
{
    struct store_counts counts;
    struct buf size = {0};
    bool printed = false;
    enum cs_err err = store_count(app->store, &counts, &app->diag);
    if (err != CS_OK)
        return err;
    append_count(&size, (uint64_t)counts.size_bytes / 1024);
    printf("database        %s, %s KiB\n", store_path(app->store), buf_str(&size));
    printf("assets          %" PRId64 " live (%" PRId64 " of nobody), %" PRId64 " gone; %" PRId64
           " certificates at %" PRId64 " endpoints\n",
           counts.assets_live, counts.unassigned, counts.assets_gone, counts.certificates, counts.endpoints);
    printf("rules           %" PRId64 "\n", counts.rules);
    err = scans_each(app->store, print_scan, &printed, &app->diag);
    if (err == CS_OK && !printed)
        puts("last scan       none yet");
    if (err == CS_OK)
        err = print_inventory(app->store, "inventory       ", &app->diag);
    buf_dispose(&size);
    return err;
}

static int show(struct app *app, const struct command *command, int argc, char **argv)
{
    int status;
    struct rlimit files = {0};
    struct stat info;
    if (!app_begin(app, command, argc, argv, NULL, NULL, false, NULL, 0, 0, &status))
        return status;
    printf("version         %s\n", CERTSCOUR_VERSION);
    char *path = app_store_path(app);
    enum cs_err err = CS_OK;
    if (path != NULL && stat(path, &info) != 0) {
        printf("database        none yet (%s)\n", path);
    } else {
        err = app_open_store(app, STORE_READ);
        if (err == CS_OK)
            err = print_store(app);
    }
    free(path);
    getrlimit(RLIMIT_NOFILE, &files);
    printf("limits          %u connections/s, %u at once, %u for each host, %u for each /24 or /64; %llu "
           "open files\n",
           scan_limits_default.rate_per_s, scan_limits_inflight(&scan_limits_default),
           scan_limits_default.per_host, scan_limits_default.per_prefix, (unsigned long long)files.rlim_max);
    return app_status(app, err);
}

const struct command status_commands[] = {
    {"status", NULL, "", "version, database, last scan, limits in force", show},
    {.name = NULL},
};
