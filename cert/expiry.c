// SPDX-License-Identifier: Apache-2.0
#include "cert/expiry.h"

#include <string.h>

#include "base/text.h"

#define DAY_S   86400
#define LEAST_S ((int64_t)48 * 3600) /* whoever has to act needs a working day */

const struct expiry_limits expiry_usual = {
    .warning = {.percent = 33, .days = 30},
    .critical = {.percent = 15, .days = 14},
};

static bool parse_part(struct expiry_limit *limit, const char *text, size_t len)
{
    uint64_t number;
    bool is_percent = len > 0 && text[len - 1] == '%';
    uint32_t *part = is_percent ? &limit->percent : &limit->days;
    len -= is_percent || (len > 0 && text[len - 1] == 'd');
    if (*part != 0 || text_to_u64(text, len, is_percent ? 100 : EXPIRY_MAX_DAYS, &number) != CS_OK)
        return false;
    *part = (uint32_t)number;
    return number > 0;
}

bool expiry_limit_parse(struct expiry_limit *out, const char *text)
{
    const char *comma = strchr(text, ',');
    *out = (struct expiry_limit){0};
    if (comma == NULL)
        return parse_part(out, text, strlen(text));
    const char *second = comma + 1 + strspn(comma + 1, " ");
    return parse_part(out, text, (size_t)(comma - text)) && parse_part(out, second, strlen(second));
}

int64_t expiry_limit_most_s(const struct expiry_limit *limit)
{
    int64_t most_s = (int64_t)limit->days * DAY_S;
    if (limit->days == 0)
        return INT64_MAX;
    return most_s > LEAST_S ? most_s : LEAST_S;
}

int64_t expiry_limit_s(const struct expiry_limit *limit, int64_t lifetime_s)
{
    int64_t limit_s = expiry_limit_most_s(limit);
    int64_t part_s = lifetime_s > 0 ? lifetime_s / 100 * limit->percent : 0;
    if (limit->percent != 0 && part_s < limit_s)
        limit_s = part_s;
    return limit_s > LEAST_S ? limit_s : LEAST_S;
}

enum expiry expiry_of(const struct expiry_limits *limits, int64_t not_before_s, int64_t not_after_s,
                      int64_t now_s)
{
    int64_t lifetime_s = not_after_s - not_before_s;
    int64_t left_s = not_after_s - now_s;
    if (left_s < 0)
        return EXPIRY_PAST;
    if (left_s <= expiry_limit_s(&limits->critical, lifetime_s))
        return EXPIRY_CRITICAL;
    return left_s <= expiry_limit_s(&limits->warning, lifetime_s) ? EXPIRY_WARNING : EXPIRY_FINE;
}
