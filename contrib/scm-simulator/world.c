// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static bool read_all(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "re");
    char bytes[8192];
    size_t len;
    if (file == NULL)
        return false;
    while ((len = fread(bytes, 1, sizeof bytes, file)) > 0)
        buf_append(out, bytes, len);
    bool good = ferror(file) == 0 && out->err == CS_OK;
    fclose(file);
    return good;
}

bool world_load(struct world *world, const char *path)
{
    struct buf text = {0};
    *world = (struct world){.faults = cJSON_CreateArray(), .log = cJSON_CreateArray()};
    if (!read_all(path, &text)) {
        perror(path);
        buf_dispose(&text);
        return false;
    }
    world->tenant = cJSON_Parse(buf_str(&text));
    buf_dispose(&text);
    if (!cJSON_IsObject(world->tenant)) {
        fprintf(stderr, "scm-simulator: %s: expected a JSON object, see contrib/scm-simulator/README.md\n",
                path);
        return false;
    }
    return true;
}

void world_free(struct world *world)
{
    cJSON_Delete(world->tenant);
    cJSON_Delete(world->faults);
    cJSON_Delete(world->log);
}

const cJSON *world_list(const struct world *world, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(world->tenant, name);
}

cJSON *world_array(struct world *world, const char *name)
{
    cJSON *array = cJSON_GetObjectItemCaseSensitive(world->tenant, name);
    return cJSON_IsArray(array) ? array : cJSON_AddArrayToObject(world->tenant, name);
}

const char *world_text(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

int world_number(const cJSON *object, const char *name, int missing)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? item->valueint : missing;
}
