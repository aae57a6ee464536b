// layers: rules
// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "rules/matcher.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
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
    facts_set_number(&facts, FIELD_PORT, 443);
    if (matcher_compile(&matcher, text, RULES_FILTER, &diag) == CS_OK) {
        bool holds = matcher_holds(matcher, &facts);
        matcher_explain(&why, matcher, &facts);
        struct buf formatted = {0};
        struct matcher *again;
        rules_format(&formatted, matcher_expr(matcher));
        if (matcher_compile(&again, buf_str(&formatted), RULES_FILTER, &diag) == CS_OK) {
            if (matcher_holds(again, &facts) != holds)
                abort(); /* written and read again it means the same */
            matcher_free(again);
        }
        buf_dispose(&formatted);
        matcher_free(matcher);
    } else if (diag.text[0] == '\0') {
        abort();
    }
    buf_dispose(&why);
    free(text);
    return 0;
}
