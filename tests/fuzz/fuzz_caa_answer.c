// layers: dns
// SPDX-License-Identifier: Apache-2.0
/* Any message as an answer about CAA records: bounded, with an owner, and writable in both syntaxes. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns/caa.h"
#include "dns/caa_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_set(const struct caa_set *set)
{
    static const char *const cas[] = {"ca.example"};
    struct buf text = {0};
    struct caa_decision decision;
    must(set->owner != NULL && set->count <= CAA_MAX_ANSWER);
    for (size_t i = 0; i < set->count; i++) {
        const struct caa_record *record = &set->records[i];
        must(record->tag[0] != '\0' && strlen(record->tag) <= 255);
        caa_append_text(&text, record);
        caa_append_generic(&text, record);
    }
    must(text.err == CS_OK);
    for (size_t i = 0; i < text.len; i++)
        must(text.data[i] >= ' ' && text.data[i] <= '~');
    for (int wildcard = 0; wildcard < 2; wildcard++) {
        caa_decide(set, wildcard == 1, cas, 1, &decision);
        must(decision.verdict != CAA_UNKNOWN && decision.reason != NULL);
    }
    buf_dispose(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct caa_set set;
    if (caa_answer_parse(&set, "www.example.org", data, size, NULL) == CS_OK)
        check_set(&set);
    else
        must(set.count == 0 && set.owner == NULL);
    caa_set_dispose(&set);
    return 0;
}
