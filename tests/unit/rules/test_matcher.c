// SPDX-License-Identifier: Apache-2.0
#include "rules/matcher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/expr_corpus.h"

static void set_facts(const struct corpus_record *record, struct facts *facts,
                      struct cert_fact_scratch *scratch)
{
    assert_int_equal(cert_record_facts(&record->cert, facts, scratch), CS_OK);
    facts_set_ip(facts, record->endpoint.ip);
    facts_set_number(facts, FIELD_PORT, record->endpoint.port);
    facts_set_text(facts, FIELD_HOST_NAME, record->host_name);
    facts_set_text(facts, FIELD_SERVER_NAME, record->endpoint.server_name);
    facts_set_text(facts, FIELD_NETWORK, record->endpoint.network);
    facts_set_text(facts, FIELD_PROTOCOL, protocol_name(record->endpoint.protocol));
}

static void run_case(const struct expr_corpus *corpus, const struct corpus_case *one)
{
    struct matcher *matcher;
    struct diag diag = {0};
    if (matcher_compile(&matcher, one->expression, RULES_FILTER, &diag) != CS_OK)
        fail_msg("line %u: %s: %s", one->line, one->expression, diag.text);
    for (size_t i = 0; i < corpus->record_count; i++) {
        struct facts facts = {0};
        struct cert_fact_scratch scratch = {0};
        set_facts(&corpus->records[i], &facts, &scratch);
        if (matcher_holds(matcher, &facts) != one->expected[i])
            fail_msg("line %u: %s: wrong for %s", one->line, one->expression, corpus->records[i].name);
        cert_fact_scratch_dispose(&scratch);
    }
    matcher_free(matcher);
}

static void every_expression_of_the_corpus_selects_what_it_says(void **state)
{
    (void)state;
    struct expr_corpus *corpus = expr_corpus_read(TEST_DATA_DIR "/expressions.txt");
    assert_true(corpus->case_count >= 80);
    for (size_t i = 0; i < corpus->case_count; i++)
        run_case(corpus, &corpus->cases[i]);
    expr_corpus_free(corpus);
}

static struct matcher *compiled(const char *text)
{
    struct matcher *matcher = NULL;
    assert_int_equal(matcher_compile(&matcher, text, RULES_ASSIGN, NULL), CS_OK);
    return matcher;
}

static void a_regular_expression_that_explodes_counts_as_no_match(void **state)
{
    (void)state;
    struct matcher *matcher = compiled("common_name matches_regex \"(a+)+$\"");
    char *hostile = malloc(60002);
    memset(hostile, 'a', 60000);
    memcpy(hostile + 60000, "!", 2);
    struct facts facts = {0};
    facts_set_text(&facts, FIELD_COMMON_NAME, hostile);
    assert_false(matcher_holds(matcher, &facts));
    assert_int_equal(matcher_limit_hits(matcher), 1);
    facts_set_text(&facts, FIELD_COMMON_NAME, "baaa");
    assert_true(matcher_holds(matcher, &facts));
    assert_int_equal(matcher_limit_hits(matcher), 1);
    free(hostile);
    matcher_free(matcher);
}

static void a_regular_expression_survives_bytes_that_are_no_utf8(void **state)
{
    (void)state;
    struct matcher *matcher = compiled("common_name matches_regex \"end$\"");
    struct facts facts = {0};
    facts_set_text(&facts, FIELD_COMMON_NAME, "\xff\xfe end");
    assert_true(matcher_holds(matcher, &facts));
    matcher_free(matcher);
}

static void an_explanation_names_the_test_that_failed_and_what_it_saw(void **state)
{
    (void)state;
    struct matcher *matcher = compiled("port = 443 and common_name ends_with \"mydomain.be\"");
    struct facts facts = {0};
    struct buf why = {0};
    facts_set_number(&facts, FIELD_PORT, 443);
    facts_set_text(&facts, FIELD_COMMON_NAME, "www.example.org\x1b[2J");
    matcher_explain(&why, matcher, &facts);
    assert_non_null(
        strstr(buf_str(&why), "common_name ends_with mydomain.be fails: it is \"www.example.org\\x1b[2J\""));
    assert_null(strstr(buf_str(&why), "port"));
    buf_reset(&why);
    facts_set_text(&facts, FIELD_COMMON_NAME, "a.mydomain.be");
    matcher_explain(&why, matcher, &facts);
    assert_non_null(strstr(buf_str(&why), "port equals 443 holds: it is 443"));
    buf_dispose(&why);
    matcher_free(matcher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_expression_of_the_corpus_selects_what_it_says),
        cmocka_unit_test(a_regular_expression_that_explodes_counts_as_no_match),
        cmocka_unit_test(a_regular_expression_survives_bytes_that_are_no_utf8),
        cmocka_unit_test(an_explanation_names_the_test_that_failed_and_what_it_saw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
