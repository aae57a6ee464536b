// layers: scm
// SPDX-License-Identifier: Apache-2.0
/* An assignment rule and a bucket as SCM sends them: a rule that is told here is one that the language takes
 * whole, and goes back to SCM as filters that ask the same. */
#include <stdlib.h>
#include <string.h>

#include "rules/parse.h"
#include "scm/rule_order.h"
#include "scm/rule_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_back(const struct expr *expr, const char *match)
{
    static struct scm_filters filters;
    struct buf back = {0};
    if (scm_filters_from_expr(&filters, expr, NULL) != CS_OK)
        return; /* it has grown beyond what SCM takes */
    for (size_t i = 0; i < filters.count; i++) {
        struct scm_filter filter = {filters.items[i].type, filters.items[i].match, filters.items[i].value};
        must(scm_filter_to_text(&back, &filter, NULL) == CS_OK);
    }
    must(scm_match_same(match, buf_str(&back)));
    buf_dispose(&back);
}

static void check_rule(const struct json_value *root)
{
    struct rule_reply rule;
    struct expr *expr = NULL;
    if (reply_rule(&rule, 1, root) == CS_OK) {
        must(rule.filters != NULL && strlen(rule.name) < sizeof rule.name);
        must(rule.match != NULL || rule.reason.text[0] != '\0');
        if (rule.match != NULL && rules_parse(&expr, rule.match, RULES_ASSIGN, NULL) == CS_OK) {
            check_back(expr, rule.match);
            expr_free(expr);
        }
    }
    rule_reply_dispose(&rule);
}

static void check_bucket(const struct json_value *root)
{
    struct bucket_reply bucket;
    if (reply_bucket(&bucket, root) == CS_OK) {
        must(bucket.id[0] != '\0' && bucket.name[0] != '\0' && bucket.rule_count <= BUCKET_RULES);
        for (size_t i = 0; i < bucket.rule_count; i++)
            must(bucket.rules[i] > 0 && !rule_order_has(bucket.rules, i, bucket.rules[i]));
    }
    bucket_reply_dispose(&bucket);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_value *root;
    if (json_parse(&root, (const char *)data, size, NULL) != CS_OK)
        return 0;
    check_rule(root);
    check_bucket(root);
    json_free(root);
    return 0;
}
