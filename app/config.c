// SPDX-License-Identifier: Apache-2.0
#include "app/config.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

static const struct {
    const char *section;
    const char *key;
} keys[] = {
    {"db", "path"},
    {"dns", "servers"},
    {"scan", "rate"},
    {"scan", "max-inflight"},
    {"scan", "per-host"},
    {"scan", "per-prefix"},
    {"scan", "ports"},
    {"scan", "source"},
    {"scan", "threads"},
    {"scan", "lane"},
    {"scan", "names-from"},
    {"scan", "max-names"},
    {"scan", "key-types"},
    {"trust", "system"},
    {"trust", "roots"},
    {"findings", "warning"},
    {"findings", "critical"},
    {"scm", "base_url"},
    {"scm", "customer_uri"},
    {"scm", "login"},
    {"scm", "password_file"},
    {"scm", "client_certificate_file"},
    {"scm", "client_key_file"},
    {"scm", "client_id"},
    {"scm", "client_secret_file"},
    {"scm", "token_url"},
    {"scm", "proxy"},
    {"scm", "ca_file"},
    {"scm", "requests_per_s"},
    {"scm", "connect_timeout"},
    {"scm", "timeout"},
    {"scm", "retry_delay"},
    {"scm", "support"},
    {"scm", "asset_route"},
    {"scm", "discovery_url"},
    {"scm", "discovery_token_url"},
    {"scm", "discovery_client_id"},
    {"scm", "discovery_client_secret_file"},
    {"scm", "discovery_import_path"},
    {"scm", "discovery_list_field"},
    {"scm", "discovery_certificate_field"},
    {"scm", "discovery_location_field"},
};
#define KEY_COUNT (sizeof keys / sizeof keys[0])
_Static_assert(KEY_COUNT <= CONFIG_MAX_KEYS, "struct config has room for CONFIG_MAX_KEYS");

struct reading {
    struct config *config;
    FILE *file;
    int line;          /* the one being read */
    char unknown[200]; /* the first key that does not exist */
    int unknown_line;
};

/* fgets that counts, so that an unknown key can be told from another mistake before it. */
static char *next_line(char *text, int size, void *data)
{
    struct reading *reading = data;
    reading->line++;
    return fgets(text, size, reading->file);
}

static int take_pair(void *data, const char *section, const char *name, const char *value)
{
    struct reading *reading = data;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].key, name) == 0) {
            free(reading->config->values[i]);
            reading->config->values[i] = text_copy(value);
            return reading->config->values[i] != NULL;
        }
    }
    if (reading->unknown_line != 0)
        return 0;
    reading->unknown_line = reading->line;
    snprintf(reading->unknown, sizeof reading->unknown, "[%.60s] %.60s", section, name);
    return 0;
}

static enum cs_err read_file(struct config *config, FILE *file, const char *path, struct diag *diag)
{
    struct reading reading = {.config = config, .file = file};
    char shown[240];
    int line = ini_parse_stream(next_line, &reading, take_pair, &reading);
    if (ferror(file) != 0)
        return diag_fail(diag, CS_E_INVALID, "%s: %s", path, strerror(errno));
    if (line == 0)
        return CS_OK;
    if (line < 0)
        return diag_fail(diag, CS_E_NOMEM, "%s: out of memory", path);
    if (reading.unknown_line == line)
        return diag_fail(diag, CS_E_INVALID,
                         "%s:%d: unknown key %s; docs/configuration.md lists the known ones", path, line,
                         text_printable(shown, sizeof shown, reading.unknown));
    return diag_fail(diag, CS_E_INVALID, "%s:%d: expected `key = value` or `[section]`", path, line);
}

static enum cs_err read_path(struct config *config, const char *path, bool required, bool *found,
                             struct diag *diag)
{
    FILE *file = fopen(path, "re");
    *found = file != NULL;
    if (file == NULL && (required || errno != ENOENT))
        return diag_fail(diag, CS_E_INVALID, "%s: %s", path, strerror(errno));
    if (file == NULL)
        return CS_OK;
    enum cs_err err = read_file(config, file, path, diag);
    fclose(file);
    return err;
}

enum cs_err config_read(struct config *config, const char *path, struct diag *diag)
{
    bool found = false;
    const char *home = getenv("HOME");
    struct buf own = {0};
    *config = (struct config){0};
    if (path == NULL)
        path = getenv("CERTSCOUR_CONFIG");
    if (path != NULL && path[0] != '\0')
        return read_path(config, path, true, &found, diag);
    enum cs_err err = CS_OK;
    if (home != NULL && home[0] == '/') {
        buf_printf(&own, "%s/.config/certscour/certscour.conf", home);
        err = read_path(config, buf_str(&own), false, &found, diag);
    }
    if (err == CS_OK && !found)
        err = read_path(config, "/etc/certscour/certscour.conf", false, &found, diag);
    buf_dispose(&own);
    return err;
}

void config_dispose(struct config *config)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        free(config->values[i]);
    *config = (struct config){0};
}

const char *config_get(const struct config *config, const char *section, const char *key)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].key, key) == 0)
            return config->values[i];
    }
    return NULL;
}
