// layers: rules
// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "rules/matcher.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Written and read again it is the same: same text, same meaning. Only its size may be in the way. */
static void check_format(struct matcher *matcher, const struct facts *facts)
{
    struct matcher *again;
    struct buf once = {0};
    struct buf twice = {0};
    rules_format(&once, matcher_expr(matcher));
    enum cs_err err = matcher_compile(&again, buf_str(&once), RULES_FILTER, NULL);
    if (err != CS_OK && once.len <= RULES_MAX_TEXT)
        abort();
    if (err == CS_OK) {
        rules_format(&twice, matcher_expr(again));
        if (strcmp(buf_str(&once), buf_str(&twice)) != 0 ||
            matcher_holds(matcher, facts) != matcher_holds(again, facts))
            abort();
        matcher_free(again);
    }
    buf_dispose(&once);
    buf_dispose(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"www.example.org", "example.org", "caf\xC3\xA9.example"};
    struct facts facts = {0};
    struct matcher *matcher;
    struct diag diag = {0};
    struct buf why = {0};
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    facts_set_text(&facts, FIELD_COMMON_NAME, "www.example.org");
    facts_set_texts(&facts, FIELD_NAME, names, sizeof names / sizeof names[0]);
    facts_set_number(&facts, FIELD_PORT, 443);
    facts_set_ip(&facts, ip_from_v4(0xC0000201u));
    if (matcher_compile(&matcher, text, RULES_FILTER, &diag) == CS_OK) {
        matcher_explain(&why, matcher, &facts);
        if (why.len == 0)
            abort();
        check_format(matcher, &facts);
        matcher_free(matcher);
    } else if (diag.text[0] == '\0') {
        abort();
    }
    buf_dispose(&why);
    free(text);
    return 0;
}
