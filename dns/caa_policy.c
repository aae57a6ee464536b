// SPDX-License-Identifier: Apache-2.0
#include "dns/caa_policy.h"

#include <string.h>

#include "base/text.h"

#define MAX_DOMAIN 256

const char *caa_verdict_name(enum caa_verdict verdict)
{
    static const char *const names[] = {
        [CAA_ALLOWED] = "allowed",
        [CAA_RESTRICTED] = "restricted",
        [CAA_DENIED] = "denied",
        [CAA_UNKNOWN] = "unknown",
    };
    return names[verdict];
}

/* ---- the grammar of section 4.2 ---- */

struct scanner {
    const char *at;
    const char *end;
};

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static void skip_space(struct scanner *text)
{
    while (text->at < text->end && (*text->at == ' ' || *text->at == '\t'))
        text->at++;
}

static bool take(struct scanner *text, char c)
{
    bool there = text->at < text->end && *text->at == c;
    text->at += there;
    return there;
}

/* (ALPHA / DIGIT) *( *("-") (ALPHA / DIGIT)): a label of a domain, or the tag of a parameter. */
static bool take_label(struct scanner *text)
{
    const char *first = text->at;
    while (text->at < text->end && (is_alnum(*text->at) || *text->at == '-'))
        text->at++;
    return text->at > first && *first != '-' && text->at[-1] != '-';
}

static bool take_domain(struct scanner *text)
{
    do {
        if (!take_label(text))
            return false;
    } while (take(text, '.'));
    return true;
}

/* tag *WSP "=" *WSP value */
static bool take_parameter(struct scanner *text)
{
    if (!take_label(text))
        return false;
    skip_space(text);
    if (!take(text, '='))
        return false;
    skip_space(text);
    while (text->at<text->end && * text->at> ' ' && *text->at <= '~' && *text->at != ';')
        text->at++;
    skip_space(text);
    return true;
}

static bool take_parameters(struct scanner *text)
{
    do {
        skip_space(text);
        if (!take_parameter(text))
            return false;
    } while (take(text, ';'));
    return text->at == text->end;
}

bool caa_value_parse(const char *value, size_t len, char *domain, size_t size, bool *has_parameters)
{
    struct scanner text = {value, value + len};
    domain[0] = '\0';
    *has_parameters = false;
    skip_space(&text);
    const char *first = text.at;
    if (text.at < text.end && *text.at != ';' && !take_domain(&text))
        return false;
    size_t domain_len = (size_t)(text.at - first);
    skip_space(&text);
    if (take(&text, ';')) {
        skip_space(&text);
        *has_parameters = text.at < text.end;
        if (*has_parameters && !take_parameters(&text))
            return false;
    }
    if (text.at != text.end || domain_len >= size)
        return false;
    memcpy(domain, first, domain_len);
    domain[domain_len] = '\0';
    return true;
}

/* ---- the decision ---- */

/* Those of a CA that issues TLS and mail certificates. Beyond them a critical record forbids. */
static bool is_known_tag(const char *tag)
{
    static const char *const known[] = {"issue",     "issuewild",    "iodef",
                                        "issuemail", "contactemail", "contactphone"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (text_equals(tag, known[i]))
            return true;
    }
    return false;
}

static const struct caa_record *find_critical(const struct caa_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        if ((set->records[i].flags & CAA_CRITICAL) != 0 && !is_known_tag(set->records[i].tag))
            return &set->records[i];
    }
    return NULL;
}

static const struct caa_record *find_tag(const struct caa_set *set, const char *tag)
{
    for (size_t i = 0; i < set->count; i++) {
        if (text_equals(set->records[i].tag, tag))
            return &set->records[i];
    }
    return NULL;
}

static bool is_among(const char *domain, const char *const *cas, size_t ca_count)
{
    for (size_t i = 0; i < ca_count; i++) {
        if (text_equals(domain, cas[i]))
            return true;
    }
    return false;
}

/* A record without parameters wins over one with: it lets the CA issue whatever the other says. */
static void decide_by_tag(const struct caa_set *set, const char *tag, const char *const *cas, size_t ca_count,
                          struct caa_decision *out)
{
    bool all_broken = true;
    *out = (struct caa_decision){.verdict = CAA_DENIED, .record = find_tag(set, tag), .missing_tag = tag};
    for (size_t i = 0; i < set->count && out->verdict != CAA_ALLOWED; i++) {
        const struct caa_record *record = &set->records[i];
        char domain[MAX_DOMAIN];
        bool has_parameters;
        if (!text_equals(record->tag, tag))
            continue;
        bool sound =
            caa_value_parse(record->value, record->value_len, domain, sizeof domain, &has_parameters);
        all_broken &= !sound;
        if (sound && is_among(domain, cas, ca_count) && (!has_parameters || out->verdict == CAA_DENIED))
            *out = (struct caa_decision){has_parameters ? CAA_RESTRICTED : CAA_ALLOWED, record, NULL, NULL};
    }
    out->reason = out->verdict == CAA_ALLOWED      ? "the record names the CA"
                  : out->verdict == CAA_RESTRICTED ? "the record names the CA, with conditions"
                  : all_broken                     ? "the value is malformed, which names nobody"
                                                   : "no such record names the CA";
}

void caa_decide(const struct caa_set *set, bool wildcard, const char *const *cas, size_t ca_count,
                struct caa_decision *out)
{
    *out = (struct caa_decision){.verdict = CAA_ALLOWED, .reason = "there is no CAA record"};
    if (set == NULL || set->count == 0)
        return;
    const struct caa_record *critical = find_critical(set);
    const char *tag = wildcard && find_tag(set, "issuewild") != NULL ? "issuewild" : "issue";
    if (critical != NULL)
        *out = (struct caa_decision){CAA_DENIED, critical, "a critical record has a tag that CAs do not know",
                                     NULL};
    else if (find_tag(set, tag) == NULL)
        out->reason = "no CAA record restricts who may issue";
    else
        decide_by_tag(set, tag, cas, ca_count, out);
}
