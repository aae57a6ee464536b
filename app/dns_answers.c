// SPDX-License-Identifier: Apache-2.0
#include "app/dns_answers.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static enum cs_err keep_answer(void *context, const char *name, const struct ip *ips, size_t count,
                               bool answered, const char *reason)
{
    struct dns_answers *answers = context;
    (void)reason;
    struct dns_answer *item = &answers->items[answers->count];
    *item = (struct dns_answer){text_copy(name), calloc(count + 1, sizeof *ips), count, answered};
    answers->count++;
    if (item->name == NULL || item->ips == NULL)
        return CS_E_NOMEM;
    memcpy(item->ips, ips, count * sizeof *ips);
    return CS_OK;
}

enum cs_err dns_answers_ask(struct dns_answers *out, const struct text_list *names,
                            const struct resolver_options *options, struct diag *diag)
{
    *out = (struct dns_answers){.items = calloc(names->count + 1, sizeof *out->items)};
    return out->items != NULL ? resolver_run(names, options, keep_answer, out, diag) : CS_E_NOMEM;
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
