// SPDX-License-Identifier: Apache-2.0
/* RFC 8536, section 3: a header and a block of data in 32 bits, from version 2 on followed by the same in 64
 * bits and by the footer. Only the last block counts. */
#include "schedule/zone.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "schedule/zone_rule.h"

#define MAX_OFFSET_S (26 * 3600)

struct change {
    int64_t at_s;
    int32_t offset_s; /* from then on */
};

struct zone {
    int32_t first_s; /* offset before the first change */
    size_t count;
    bool has_rule; /* for what is behind the last change */
    struct zone_rule rule;
    struct change changes[];
};

struct header {
    uint8_t version; /* '\0' is 1, then '2' ... */
    uint32_t isut_count;
    uint32_t isstd_count;
    uint32_t leap_count;
    uint32_t time_count;
    uint32_t type_count;
    uint32_t char_count;
};

static bool take_header(struct cursor *from, struct header *out)
{
    struct cursor magic;
    struct cursor reserved;
    return cursor_bytes(from, 4, &magic) && memcmp(magic.at, "TZif", 4) == 0 &&
           cursor_u8(from, &out->version) && cursor_bytes(from, 15, &reserved) &&
           cursor_number(from, 4, &out->isut_count) && cursor_number(from, 4, &out->isstd_count) &&
           cursor_number(from, 4, &out->leap_count) && cursor_number(from, 4, &out->time_count) &&
           cursor_number(from, 4, &out->type_count) && cursor_number(from, 4, &out->char_count);
}

struct block {
    struct cursor times;
    struct cursor indexes;
    struct cursor types;
};

/* No count can be more than the bytes there are, so the products below do not overflow. */
static bool take_block(struct cursor *from, const struct header *header, size_t time_size, struct block *out)
{
    struct cursor skipped;
    uint32_t counts[] = {header->isut_count, header->isstd_count, header->leap_count,
                         header->time_count, header->type_count,  header->char_count};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (counts[i] > ZONE_MAX_BYTES)
            return false;
    }
    return cursor_bytes(from, header->time_count * time_size, &out->times) &&
           cursor_bytes(from, header->time_count, &out->indexes) &&
           cursor_bytes(from, header->type_count * (size_t)6, &out->types) &&
           cursor_bytes(from, header->char_count, &skipped) &&
           cursor_bytes(from, header->leap_count * (time_size + 4), &skipped) &&
           cursor_bytes(from, header->isstd_count, &skipped) &&
           cursor_bytes(from, header->isut_count, &skipped);
}

static bool type_offset(const struct block *block, uint32_t index, int32_t *out)
{
    struct cursor type = block->types;
    struct cursor skipped;
    uint32_t bits;
    if (!cursor_bytes(&type, index * (size_t)6, &skipped) || !cursor_number(&type, 4, &bits))
        return false;
    *out = (int32_t)bits;
    return *out >= -MAX_OFFSET_S && *out <= MAX_OFFSET_S;
}

static bool take_time(struct cursor *from, size_t size, int64_t *out)
{
    uint32_t high = 0;
    uint32_t low;
    if ((size == 8 && !cursor_number(from, 4, &high)) || !cursor_number(from, 4, &low))
        return false;
    *out = size == 8 ? (int64_t)((uint64_t)high << 32 | low) : (int32_t)low;
    return true;
}

static bool read_changes(struct zone *zone, struct block *block, uint32_t count, size_t time_size)
{
    if (!type_offset(block, 0, &zone->first_s))
        return false;
    for (; zone->count < count; zone->count++) {
        struct change *change = &zone->changes[zone->count];
        uint8_t index;
        bool valid = take_time(&block->times, time_size, &change->at_s) &&
                     cursor_u8(&block->indexes, &index) && type_offset(block, index, &change->offset_s) &&
                     (zone->count == 0 || change->at_s > change[-1].at_s);
        if (!valid)
            return false;
    }
    return true;
}

/* "\n" RULE "\n"; an empty rule says nothing about what comes. */
static bool read_footer(struct zone *zone, struct cursor from)
{
    const char *text = (const char *)from.at + 1;
    const char *end = from.left > 1 && from.at[0] == '\n' ? memchr(text, '\n', from.left - 1) : NULL;
    if (end == NULL)
        return false;
    zone->has_rule = end > text;
    return end == text || zone_rule_parse(&zone->rule, text, (size_t)(end - text));
}

static bool read_zone(struct zone **out, struct cursor bytes, const char **wrong)
{
    struct header header;
    struct block block;
    size_t time_size = 4;
    *wrong = "it is no TZif file";
    if (!take_header(&bytes, &header))
        return false;
    *wrong = "it is cut off";
    if (!take_block(&bytes, &header, time_size, &block))
        return false;
    if (header.version >= '2') {
        time_size = 8;
        if (!take_header(&bytes, &header) || !take_block(&bytes, &header, time_size, &block))
            return false;
    }
    *wrong = "it counts leap seconds";
    if (header.leap_count > 0)
        return false;
    *wrong = "its transitions are damaged";
    struct zone *zone = calloc(1, sizeof *zone + header.time_count * sizeof zone->changes[0]);
    *out = zone;
    if (zone == NULL || !read_changes(zone, &block, header.time_count, time_size))
        return false;
    *wrong = "its rule for the future is damaged";
    return time_size == 4 || read_footer(zone, bytes);
}

enum cs_err zone_parse(struct zone **out, const uint8_t *bytes, size_t len, struct diag *diag)
{
    const char *wrong = "";
    *out = NULL;
    if (len > ZONE_MAX_BYTES)
        return diag_fail(diag, CS_E_LIMIT, "a time zone file has at most %d bytes", ZONE_MAX_BYTES);
    if (read_zone(out, (struct cursor){bytes, len}, &wrong))
        return CS_OK;
    zone_free(*out);
    *out = NULL;
    return diag_fail(diag, CS_E_MALFORMED, "%s", wrong);
}

void zone_free(struct zone *zone)
{
    free(zone);
}

/* The offset in force at `utc_s`, and the moment at which it ends. */
static int32_t offset_at(const struct zone *zone, int64_t utc_s, int64_t *until_s)
{
    size_t low = 0; /* how many changes are behind us: between low and high */
    size_t high = zone != NULL ? zone->count : 0;
    *until_s = INT64_MAX;
    if (zone == NULL)
        return 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (zone->changes[middle].at_s <= utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == zone->count && zone->has_rule)
        return zone_rule_offset(&zone->rule, utc_s, until_s);
    if (low < zone->count)
        *until_s = zone->changes[low].at_s;
    return low > 0 ? zone->changes[low - 1].offset_s : zone->first_s;
}

int64_t zone_local(const struct zone *zone, int64_t utc_s)
{
    int64_t until_s;
    return utc_s + offset_at(zone, utc_s, &until_s);
}

int64_t zone_utc(const struct zone *zone, int64_t local_s)
{
    int64_t from_s = local_s - MAX_OFFSET_S; /* the clock cannot show it before */
    for (;;) {
        int64_t until_s;
        int32_t offset_s = offset_at(zone, from_s, &until_s);
        int64_t utc_s = local_s - offset_s > from_s ? local_s - offset_s : from_s;
        if (utc_s < until_s)
            return utc_s;
        from_s = until_s;
    }
}
