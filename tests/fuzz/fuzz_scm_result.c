// layers: scm
// SPDX-License-Identifier: Apache-2.0
/* A run of SCM's discovery and a row of what it found: text is bounded, hashes and serial numbers have the
 * one form they are compared in. */
#include <stdlib.h>
#include <string.h>

#include "scm/task_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static bool is_hex(const char *text)
{
    return strlen(text) % 2 == 0 && strspn(text, "0123456789abcdef") == strlen(text);
}

static void check_result(const struct json_value *root)
{
    static struct result_reply result;
    if (reply_result(&result, root) != CS_OK)
        return;
    const struct discovered_row *row = &result.row;
    must(row->port > 0 && row->managed_id >= 0);
    must(strlen(row->host) < sizeof result.host);
    must(is_hex(row->hash) && (row->hash[0] == '\0' || strlen(row->hash) == 40 || strlen(row->hash) == 64));
    must(row->serial == NULL || (row->serial[0] != '\0' && is_hex(row->serial)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_value *root;
    struct run_reply run;
    if (json_parse(&root, (const char *)data, size, NULL) != CS_OK)
        return 0;
    check_result(root);
    if (reply_run(&run, root) == CS_OK)
        must(run.id[0] != '\0' && strlen(run.id) < sizeof run.id);
    json_free(root);
    return 0;
}
