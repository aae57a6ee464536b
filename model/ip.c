// SPDX-License-Identifier: Apache-2.0
#include "model/ip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const uint8_t v4_mark[12] = {[10] = 0xFF, [11] = 0xFF};

u128 ip_to_u128(struct ip ip)
{
    u128 value = 0;
    for (size_t i = 0; i < sizeof ip.bytes; i++)
        value = value << 8 | ip.bytes[i];
    return value;
}

struct ip ip_from_u128(u128 value)
{
    struct ip ip;
    for (size_t i = sizeof ip.bytes; i-- > 0; value >>= 8)
        ip.bytes[i] = (uint8_t)value;
    return ip;
}

struct ip ip_from_v4(uint32_t host_order)
{
    return ip_from_u128((u128)0xFFFF << 32 | host_order);
}

bool ip_is_v4(struct ip ip)
{
    return memcmp(ip.bytes, v4_mark, sizeof v4_mark) == 0;
}

int ip_compare(struct ip a, struct ip b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes);
}

struct ip ip_prefix(struct ip ip)
{
    if (ip_is_v4(ip))
        ip.bytes[15] = 0;
    else
        memset(ip.bytes + 8, 0, 8);
    return ip;
}

enum cs_err ip_parse(const char *text, size_t len, struct ip *out)
{
    char copy[IP_TEXT_SIZE];
    if (len == 0 || len >= sizeof copy || memchr(text, '\0', len) != NULL)
        return CS_E_INVALID;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (inet_pton(AF_INET6, copy, out->bytes) == 1)
        return CS_OK;
    memcpy(out->bytes, v4_mark, sizeof v4_mark);
    return inet_pton(AF_INET, copy, out->bytes + sizeof v4_mark) == 1 ? CS_OK : CS_E_INVALID;
}

char *ip_format(char out[IP_TEXT_SIZE], struct ip ip)
{
    if (ip_is_v4(ip))
        inet_ntop(AF_INET, ip.bytes + sizeof v4_mark, out, IP_TEXT_SIZE);
    else
        inet_ntop(AF_INET6, ip.bytes, out, IP_TEXT_SIZE);
    return out;
}

/* All-ones in the lowest `bits` bits. */
static u128 low_mask(unsigned bits)
{
    return bits == 0 ? 0 : ~(u128)0 >> (128 - bits);
}

static enum cs_err parse_prefix(struct ip ip, const char *text, size_t len, struct ip_range *out,
                                const char **reason)
{
    unsigned width = ip_is_v4(ip) ? 32 : 128;
    uint64_t prefix_len;
    if (text_to_u64(text, len, width, &prefix_len) != CS_OK) {
        *reason = width == 32 ? "the prefix length must be a number from 0 to 32"
                              : "the prefix length must be a number from 0 to 128";
        return CS_E_INVALID;
    }
    u128 mask = low_mask(width - (unsigned)prefix_len);
    out->first = ip_from_u128(ip_to_u128(ip) & ~mask);
    out->last = ip_from_u128(ip_to_u128(ip) | mask);
    return CS_OK;
}

enum cs_err ip_range_parse(const char *text, size_t len, struct ip_range *out, const char **reason)
{
    const char *unused;
    reason = reason != NULL ? reason : &unused;
    *reason = "expected an address, address/prefix-length or first-last";
    const char *slash = memchr(text, '/', len);
    const char *dash = memchr(text, '-', len);
    const char *split = slash != NULL ? slash : dash;
    size_t first_len = split != NULL ? (size_t)(split - text) : len;
    if (ip_parse(text, first_len, &out->first) != CS_OK)
        return CS_E_INVALID;
    out->last = out->first;
    if (split == NULL)
        return CS_OK;
    const char *rest = split + 1;
    size_t rest_len = len - first_len - 1;
    if (slash != NULL)
        return parse_prefix(out->first, rest, rest_len, out, reason);
    if (ip_parse(rest, rest_len, &out->last) != CS_OK)
        return CS_E_INVALID;
    if (ip_is_v4(out->first) != ip_is_v4(out->last)) {
        *reason = "both ends of a range must be IPv4, or both IPv6";
        return CS_E_INVALID;
    }
    if (ip_compare(out->first, out->last) > 0) {
        *reason = "the range is reversed: its first address is above its last";
        return CS_E_INVALID;
    }
    return CS_OK;
}

char *ip_range_format(char out[RANGE_TEXT_SIZE], struct ip_range range)
{
    char first[IP_TEXT_SIZE];
    char last[IP_TEXT_SIZE];
    u128 differ = ip_to_u128(range.first) ^ ip_to_u128(range.last);
    unsigned bits = 0;
    while (bits < 128 && low_mask(bits) < differ)
        bits++;
    bool is_prefix = differ == low_mask(bits) && (ip_to_u128(range.first) & differ) == 0;
    unsigned width = ip_is_v4(range.first) ? 32 : 128;
    ip_format(first, range.first);
    if (differ == 0)
        snprintf(out, RANGE_TEXT_SIZE, "%s", first);
    else if (is_prefix && bits <= width)
        snprintf(out, RANGE_TEXT_SIZE, "%s/%u", first, width - bits);
    else
        snprintf(out, RANGE_TEXT_SIZE, "%s-%s", first, ip_format(last, range.last));
    return out;
}

/* Families are compared too: seen as numbers, IPv4 addresses lie inside ::/0. */
bool ip_range_has(struct ip_range range, struct ip ip)
{
    return ip_is_v4(range.first) == ip_is_v4(ip) && ip_compare(range.first, ip) <= 0 &&
           ip_compare(ip, range.last) <= 0;
}

bool ip_range_within(struct ip_range inner, struct ip_range outer)
{
    return ip_range_has(outer, inner.first) && ip_range_has(outer, inner.last);
}

u128 ip_range_count(struct ip_range range)
{
    u128 beyond_first = ip_to_u128(range.last) - ip_to_u128(range.first);
    return beyond_first == ~(u128)0 ? beyond_first : beyond_first + 1;
}
