// SPDX-License-Identifier: Apache-2.0
#include "app/name_answers.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "db/scan_names.h"

enum cs_err name_answers_add(struct name_answers *answers, const char *name, const struct ip *ips,
                             size_t count, bool answered)
{
    if (answers->count == answers->cap) {
        size_t cap = answers->cap == 0 ? 64 : answers->cap * 2;
        struct name_answer *more = realloc(answers->items, cap * sizeof *more);
        if (more == NULL)
            return CS_E_NOMEM;
        answers->items = more;
        answers->cap = cap;
    }
    struct name_answer *item = &answers->items[answers->count];
    *item = (struct name_answer){text_copy(name), calloc(count + 1, sizeof *ips), count, answered};
    answers->count++;
    if (item->name == NULL || item->ips == NULL)
        return CS_E_NOMEM;
    if (count > 0)
        memcpy(item->ips, ips, count * sizeof *ips);
    return CS_OK;
}

void name_answers_dispose(struct name_answers *answers)
{
    for (size_t i = 0; i < answers->count; i++) {
        free(answers->items[i].name);
        free(answers->items[i].ips);
    }
    free(answers->items);
    *answers = (struct name_answers){0};
}

enum cs_err name_answers_store(const struct name_answers *answers, struct store *store, int64_t scan_id,
                               const char *network, int64_t now_s, struct diag *diag)
{
    enum cs_err err = answers->count > 0 ? store_begin(store, diag) : CS_OK;
    if (err != CS_OK || answers->count == 0)
        return err;
    for (size_t i = 0; i < answers->count && err == CS_OK; i++) {
        const struct name_answer *item = &answers->items[i];
        if (item->answered)
            err = scan_names_resolved(store, scan_id, network, item->name, item->ips, item->count, NULL,
                                      now_s, diag);
    }
    if (err == CS_OK)
        err = store_commit(store, diag);
    if (err != CS_OK)
        store_rollback(store);
    return err;
}
