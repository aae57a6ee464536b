// SPDX-License-Identifier: Apache-2.0
#include "rules/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

/* Enough for any sane expression over a name, and a few milliseconds for an insane one. */
#define MATCH_LIMIT   100000
#define DEPTH_LIMIT   1000
#define HEAP_LIMIT_KB 4096
#define MAX_PATTERN   4096
#define MAX_SUBJECT   65536

struct pattern {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *limits;
};

enum cs_err pattern_compile(struct pattern **out, const char *text, char reason[PATTERN_REASON_SIZE])
{
    int error = 0;
    PCRE2_SIZE offset = 0;
    *out = NULL;
    struct pattern *pattern = calloc(1, sizeof *pattern);
    if (pattern == NULL)
        return CS_E_NOMEM;
    if (strlen(text) > MAX_PATTERN)
        error = PCRE2_ERROR_BADDATA;
    else
        pattern->code =
            pcre2_compile((PCRE2_SPTR)text, strlen(text),
                          PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C,
                          &error, &offset, NULL);
    if (pattern->code == NULL) {
        pcre2_get_error_message(error, (PCRE2_UCHAR *)reason, PATTERN_REASON_SIZE);
        pattern_free(pattern);
        return CS_E_INVALID;
    }
    pattern->data = pcre2_match_data_create(1, NULL);
    pattern->limits = pcre2_match_context_create(NULL);
    if (pattern->data == NULL || pattern->limits == NULL) {
        pattern_free(pattern);
        return CS_E_NOMEM;
    }
    pcre2_set_match_limit(pattern->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(pattern->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(pattern->limits, HEAP_LIMIT_KB);
    *out = pattern;
    return CS_OK;
}

void pattern_free(struct pattern *pattern)
{
    if (pattern == NULL)
        return;
    pcre2_match_context_free(pattern->limits);
    pcre2_match_data_free(pattern->data);
    pcre2_code_free(pattern->code);
    free(pattern);
}

bool pattern_matches(struct pattern *pattern, const char *subject, bool *limited)
{
    size_t len = strnlen(subject, MAX_SUBJECT);
    int rc = pcre2_match(pattern->code, (PCRE2_SPTR)subject, len, 0, 0, pattern->data, pattern->limits);
    *limited = rc < 0 && rc != PCRE2_ERROR_NOMATCH;
    return rc >= 0;
}
