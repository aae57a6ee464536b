// layers: scm
// SPDX-License-Identifier: Apache-2.0
/* A network discovery task as SCM sends it: what becomes a task here has ranges that are no option and ports
 * that are numbers, is disabled, and says when it runs whole or not at all. */
#include <stdlib.h>
#include <string.h>

#include "scm/task_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_row(const struct task_row *row)
{
    must(!row->enabled && row->external_id == 1 && row->name[0] != '\0' && row->ranges.count > 0);
    for (size_t i = 0; i < row->ranges.count; i++)
        must(row->ranges.items[i][0] != '-' && strpbrk(row->ranges.items[i], " ,#\n") == NULL);
    must(row->ports == NULL ||
         (row->ports[0] != '\0' && strspn(row->ports, "0123456789,-") == strlen(row->ports)));
    bool manual = strcmp(row->frequency, "manual") == 0;
    must(manual == (row->at == NULL) && manual == (row->timezone == NULL));
    must(!manual || row->on == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_value *root;
    struct task_reply reply;
    struct task_row row;
    struct buf note = {0};
    if (json_parse(&root, (const char *)data, size, NULL) != CS_OK)
        return 0;
    if (reply_task(&reply, 1, root) == CS_OK) {
        if (task_from_reply(&row, &reply, &note, NULL) == CS_OK)
            check_row(&row);
        task_row_dispose(&row);
    }
    task_reply_dispose(&reply);
    buf_dispose(&note);
    json_free(root);
    return 0;
}
