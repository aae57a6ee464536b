// SPDX-License-Identifier: Apache-2.0
#include "rules/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Enough for any sane expression over a name, and a few milliseconds for an insane one. PCRE2 counts its
 * steps anew at each place of the subject where a match may begin, so the longer the subject, the fewer steps
 * each place gets: all of them together stay below MAX_STEPS. */
#define MAX_STEPS       4000000
#define MAX_PLACE_STEPS 20000
#define DEPTH_LIMIT     1000
#define HEAP_LIMIT_KB   4096
#define MAX_PATTERN     4096
#define MAX_SUBJECT     16384 /* no name is so long; a cut one could match where the whole does not */

struct pattern {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *limits;
};

enum cs_err pattern_compile(struct pattern **out, const char *text, char reason[PATTERN_REASON_SIZE])
{
    *out = NULL;
    if (strlen(text) > MAX_PATTERN) {
        snprintf(reason, PATTERN_REASON_SIZE, "it is longer than %d bytes", MAX_PATTERN);
        return CS_E_INVALID;
    }
    struct pattern *pattern = calloc(1, sizeof *pattern);
    if (pattern == NULL)
        return CS_E_NOMEM;
    int error = 0;
    PCRE2_SIZE offset = 0;
    pattern->code =
        pcre2_compile((PCRE2_SPTR)text, strlen(text),
                      PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C, &error,
                      &offset, NULL);
    if (pattern->code == NULL) {
        char message[PATTERN_REASON_SIZE - 30];
        pcre2_get_error_message(error, (PCRE2_UCHAR *)message, sizeof message);
        snprintf(reason, PATTERN_REASON_SIZE, "%s (at byte %zu of it)", message, (size_t)offset + 1);
        pattern_free(pattern);
        return CS_E_INVALID;
    }
    pattern->data = pcre2_match_data_create(1, NULL);
    pattern->limits = pcre2_match_context_create(NULL);
    if (pattern->data == NULL || pattern->limits == NULL) {
        pattern_free(pattern);
        return CS_E_NOMEM;
    }
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
    size_t len = strlen(subject);
    *limited = len > MAX_SUBJECT;
    if (*limited)
        return false;
    uint32_t steps = MAX_STEPS / (uint32_t)(len + 1);
    pcre2_set_match_limit(pattern->limits, steps < MAX_PLACE_STEPS ? steps : MAX_PLACE_STEPS);
    int rc = pcre2_match(pattern->code, (PCRE2_SPTR)subject, len, 0, 0, pattern->data, pattern->limits);
    *limited = rc < 0 && rc != PCRE2_ERROR_NOMATCH;
    return rc >= 0;
}
