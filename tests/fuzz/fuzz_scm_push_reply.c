// layers: scm
// SPDX-License-Identifier: Apache-2.0
/* Answers to an import and lists of locations: whatever comes, each item has one outcome with what belongs to
 * it, no id counts for two, and errors are printable. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scm/push_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ITEMS 3

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_result(const struct import_result *results, size_t at)
{
    const struct import_result *result = &results[at];
    bool has_id = result->outcome == IMPORT_CREATED || result->outcome == IMPORT_THERE;
    must(has_id == (result->id > 0));
    must((result->outcome == IMPORT_REFUSED) == (result->error[0] != '\0'));
    for (const char *c = result->error; *c != '\0'; c++)
        must((unsigned char)*c >= ' ' && *c != 0x7F);
    for (size_t i = 0; i < at; i++)
        must(!has_id || results[i].id != result->id);
}

static void check_import(const struct json_value *root, size_t count)
{
    const struct push_item items[ITEMS] = {{.serial = "0e01"}, {.serial = "02"}, {.serial = ""}};
    struct import_result results[ITEMS];
    import_reply(results, items, count, root);
    for (size_t i = 0; i < count; i++)
        check_result(results, i);
}

static void check_locations(const struct json_value *root)
{
    struct push_place place = {.ip = {{[10] = 0xFF, 0xFF, 192, 0, 2, 7}}, .port = 443};
    struct location_reply found = location_find(root, &place, "push 1");
    must(found.id >= 0 && (found.found || (!found.ours && found.id == 0)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_value *root;
    if (json_parse(&root, (const char *)data, size, NULL) != CS_OK)
        return 0;
    for (size_t count = 1; count <= ITEMS; count++)
        check_import(root, count);
    check_locations(root);
    json_free(root);
    return 0;
}
