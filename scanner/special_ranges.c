// SPDX-License-Identifier: Apache-2.0
#include "scanner/special_ranges.h"

#define V4(a, b, c, d) ((u128)0xFFFF << 32 | (u128)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define V6(group)      ((u128)(group) << 112)                 /* group:: */
#define V6_2(g1, g2)   ((u128)(g1) << 112 | (u128)(g2) << 96) /* g1:g2:: */

/* As numbers, for every one of a million listed targets is held against them. */
static const struct {
    u128 first;
    u128 last;
    const char *name;
} special[] = {
    {V4(0, 0, 0, 0), V4(0, 255, 255, 255), "unspecified"},
    {V4(169, 254, 0, 0), V4(169, 254, 255, 255), "link-local"},
    {V4(224, 0, 0, 0), V4(239, 255, 255, 255), "multicast"},
    {V4(240, 0, 0, 0), V4(255, 255, 255, 254), "reserved"},
    {V4(255, 255, 255, 255), V4(255, 255, 255, 255), "broadcast"},
    {0, 0, "unspecified"},                                            /* ::; ::1 is ordinary */
    {2, V4(0, 0, 0, 0) - 1, "reserved"},                              /* up to IPv4 */
    {V4(255, 255, 255, 255) + 1, V6_2(0x64, 0xFF9B) - 1, "reserved"}, /* 64:ff9b::/32: RFC 6052, RFC 8215 */
    {V6_2(0x64, 0xFF9C), V6(0x2000) - 1, "reserved"},
    {V6(0x4000), V6(0xFC00) - 1, "reserved"},
    {V6(0xFE00), V6(0xFE80) - 1, "reserved"},
    {V6(0xFE80), V6(0xFEC0) - 1, "link-local"},
    {V6(0xFF00), ~(u128)0, "multicast"},
};
#define SPECIAL_COUNT (sizeof special / sizeof special[0])

static struct ip_range special_range(size_t i)
{
    return (struct ip_range){ip_from_u128(special[i].first), ip_from_u128(special[i].last)};
}

static void note(struct buf *notes, struct ip_range range, size_t row)
{
    char text[RANGE_TEXT_SIZE];
    char hole[RANGE_TEXT_SIZE];
    buf_printf(notes, "%s: its %s addresses (%s) are left out\n", ip_range_format(text, range),
               special[row].name, ip_range_format(hole, special_range(row)));
}

enum cs_err special_ranges_add(struct ip_set *set, struct ip_range range, struct buf *notes)
{
    struct ip_set holes = {0};
    enum cs_err err = CS_OK;
    u128 first = ip_to_u128(range.first);
    u128 last = ip_to_u128(range.last);
    for (size_t i = 0; i < SPECIAL_COUNT && err == CS_OK; i++) {
        if (special[i].first <= first && last <= special[i].last) {
            ip_set_dispose(&holes);
            return ip_set_add(set, range);
        }
        if (special[i].first > last || special[i].last < first)
            continue;
        struct ip_range hole = special_range(i);
        if (ip_is_v4(hole.first) != ip_is_v4(range.first))
            continue; /* ::/0 means IPv6 alone */
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
        if (special[i].first <= ip_to_u128(ip) && ip_to_u128(ip) <= special[i].last)
            return true;
    }
    return false;
}
