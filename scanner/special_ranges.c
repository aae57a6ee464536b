// SPDX-License-Identifier: Apache-2.0
#include "scanner/special_ranges.h"

#include <string.h>

static const struct {
    const char *range;
    const char *name;
} special[] = {
    {"0.0.0.0/8", "unspecified"},
    {"169.254.0.0/16", "link-local"},
    {"224.0.0.0/4", "multicast"},
    {"240.0.0.0-255.255.255.254", "reserved"},
    {"255.255.255.255", "broadcast"},
    {"::", "unspecified"},
    {"::2-::fffe:ffff:ffff", "reserved"},
    {"100::-1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"},
    {"4000::-fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"},
    {"fe00::/9", "reserved"},
    {"fe80::/10", "link-local"},
    {"ff00::/8", "multicast"},
};
#define SPECIAL_COUNT (sizeof special / sizeof special[0])

static struct ip_range special_range(size_t i)
{
    struct ip_range range;
    enum cs_err err = ip_range_parse(special[i].range, strlen(special[i].range), &range, NULL);
    (void)err; /* the table is tested */
    return range;
}

static bool overlaps(struct ip_range a, struct ip_range b)
{
    return ip_compare(a.first, b.last) <= 0 && ip_compare(b.first, a.last) <= 0;
}

static void note(struct buf *notes, struct ip_range range, size_t row)
{
    char text[RANGE_TEXT_SIZE];
    buf_printf(notes, "%s: its %s addresses (%s) are left out\n", ip_range_format(text, range),
               special[row].name, special[row].range);
}

enum cs_err special_ranges_add(struct ip_set *set, struct ip_range range, struct buf *notes)
{
    struct ip_set holes = {0};
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < SPECIAL_COUNT && err == CS_OK; i++) {
        struct ip_range hole = special_range(i);
        if (ip_range_within(range, hole)) {
            ip_set_dispose(&holes);
            return ip_set_add(set, range);
        }
        if (!overlaps(range, hole))
            continue;
        note(notes, range, i);
        err = ip_set_add(&holes, hole);
    }
    if (err == CS_OK && holes.count == 0)
        return ip_set_add(set, range);

    struct ip_set rest = {0};
    if (err == CS_OK)
        err = ip_set_normalize(&holes);
    if (err == CS_OK)
        err = ip_set_add(&rest, range);
    if (err == CS_OK)
        err = ip_set_normalize(&rest);
    if (err == CS_OK)
        err = ip_set_subtract(&rest, &holes);
    for (size_t i = 0; i < rest.count && err == CS_OK; i++)
        err = ip_set_add(set, rest.ranges[i]);
    ip_set_dispose(&rest);
    ip_set_dispose(&holes);
    return err;
}

bool special_ranges_has(struct ip ip)
{
    for (size_t i = 0; i < SPECIAL_COUNT; i++) {
        if (ip_range_has(special_range(i), ip))
            return true;
    }
    return false;
}
