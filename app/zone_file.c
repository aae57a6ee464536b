// SPDX-License-Identifier: Apache-2.0
#include "app/zone_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define ZONE_FOLDER "/usr/share/zoneinfo"

/* A path below the folder, and nothing else. */
static bool is_zone_name(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    size_t len = strlen(name);
    return len > 0 && len < 64 && strspn(name, allowed) == len && name[0] != '/' && name[len - 1] != '/';
}

static enum cs_err read_zone(struct zone **out, const char *path, const char *shown, struct diag *diag)
{
    FILE *file = fopen(path, "re");
    uint8_t *bytes = malloc(ZONE_MAX_BYTES + 1);
    enum cs_err err = CS_OK;
    if (bytes == NULL)
        err = diag_fail(diag, CS_E_NOMEM, "out of memory");
    else if (file == NULL)
        err = diag_fail(diag, CS_E_INVALID,
                        "time zone %s: %s; expected is a name like Europe/Athens or UTC (package tzdata)",
                        shown, strerror(errno));
    else {
        size_t len = fread(bytes, 1, ZONE_MAX_BYTES + 1, file);
        err = zone_parse(out, bytes, len, diag);
        if (err != CS_OK && err != CS_E_NOMEM) {
            diag_prefix(diag, "time zone %s (%s)", shown, path);
            err = CS_E_INVALID;
        }
    }
    if (file != NULL)
        fclose(file);
    free(bytes);
    return err;
}

enum cs_err zone_load(struct zone **out, const char *name, struct diag *diag)
{
    char path[sizeof ZONE_FOLDER + 70];
    char shown[80];
    *out = NULL;
    if (name == NULL) {
        name = getenv("TZ");
        name = name != NULL && name[0] == ':' ? name + 1 : name;
        if (name == NULL || !is_zone_name(name)) {
            FILE *there = fopen("/etc/localtime", "re");
            if (there == NULL)
                return CS_OK;
            fclose(there);
            return read_zone(out, "/etc/localtime", "of this host", diag);
        }
    }
    text_printable(shown, sizeof shown, name);
    if (!is_zone_name(name))
        return diag_fail(diag, CS_E_INVALID, "time zone %s: expected a name like Europe/Athens or UTC",
                         shown);
    snprintf(path, sizeof path, ZONE_FOLDER "/%s", name);
    return read_zone(out, path, shown, diag);
}
