// SPDX-License-Identifier: Apache-2.0
#include "app/dns_answers.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum cs_err dns_answers_add(struct dns_answers *answers, const char *name, const struct ip *ips, size_t count,
                            bool answered)
{
    if (answers->count == answers->cap) {
        size_t cap = answers->cap == 0 ? 64 : answers->cap * 2;
        struct dns_answer *more = realloc(answers->items, cap * sizeof *more);
        if (more == NULL)
            return CS_E_NOMEM;
        answers->items = more;
        answers->cap = cap;
    }
    struct dns_answer *item = &answers->items[answers->count];
    *item = (struct dns_answer){text_copy(name), calloc(count + 1, sizeof *ips), count, answered};
    answers->count++;
    if (item->name == NULL || item->ips == NULL)
        return CS_E_NOMEM;
    if (count > 0)
        memcpy(item->ips, ips, count * sizeof *ips);
    return CS_OK;
}

static enum cs_err keep_answer(void *context, const char *name, const struct ip *ips, size_t count,
                               bool answered, const char *reason)
{
    (void)reason;
    return dns_answers_add(context, name, ips, count, answered);
}

enum cs_err dns_answers_ask(struct dns_answers *out, const struct text_list *names,
                            const struct resolver_options *options, struct diag *diag)
{
    *out = (struct dns_answers){0};
    return resolver_run(names, options, keep_answer, out, diag);
}

void dns_answers_dispose(struct dns_answers *answers)
{
    for (size_t i = 0; i < answers->count; i++) {
        free(answers->items[i].name);
        free(answers->items[i].ips);
    }
    free(answers->items);
    *answers = (struct dns_answers){0};
}
