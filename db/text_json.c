// SPDX-License-Identifier: Apache-2.0
#include "db/text_json.h"

#include <string.h>

#include "base/json.h"
#include "base/json_writer.h"

void text_json_append(struct buf *out, const struct text_list *list)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_begin_array(&json);
    for (size_t i = 0; i < list->count; i++)
        json_string(&json, list->items[i]);
    json_end_array(&json);
}

enum cs_err text_json_read(struct text_list *out, const char *text, struct diag *diag)
{
    struct json_value *root;
    enum cs_err err = json_parse(&root, text, strlen(text), diag);
    if (err != CS_OK)
        return err;
    if (!json_is_array(root))
        err = diag_fail(diag, CS_E_MALFORMED, "expected an array of texts");
    for (const struct json_value *item = json_array_first(root); item != NULL && err == CS_OK;
         item = json_next(item)) {
        const char *word = json_to_string(item);
        err = word != NULL ? text_list_add(out, word)
                           : diag_fail(diag, CS_E_MALFORMED, "expected an array of texts");
    }
    json_free(root);
    return err;
}
