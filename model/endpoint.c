// SPDX-License-Identifier: Apache-2.0
#include "model/endpoint.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"

char *endpoint_format(char out[ENDPOINT_TEXT_SIZE], const struct endpoint *endpoint)
{
    char ip[IP_TEXT_SIZE];
    bool bare = endpoint->protocol == PROTOCOL_TLS;
    snprintf(out, ENDPOINT_TEXT_SIZE, ip_is_v4(endpoint->ip) ? "%s:%u%s%s%s%.253s" : "[%s]:%u%s%s%s%.253s",
             ip_format(ip, endpoint->ip), endpoint->port, bare ? "" : "/",
             bare ? "" : protocol_name(endpoint->protocol), endpoint->server_name != NULL ? "#" : "",
             endpoint->server_name != NULL ? endpoint->server_name : "");
    return out;
}

static enum cs_err take_name(const char *text, char name[ENDPOINT_MAX_NAME + 1])
{
    size_t len = strlen(text);
    if (len == 0 || len > ENDPOINT_MAX_NAME)
        return CS_E_INVALID;
    for (size_t i = 0; i <= len; i++)
        name[i] = text_lower(text[i]);
    return CS_OK;
}

/* [v6]:REST or v4:REST; NULL if there is no address. */
static const char *take_address(const char *text, struct ip *out)
{
    bool bracketed = text[0] == '[';
    const char *end = strchr(text, bracketed ? ']' : ':');
    if (end == NULL)
        return NULL;
    const char *start = text + bracketed;
    if (ip_parse(start, (size_t)(end - start), out) != CS_OK)
        return NULL;
    end += bracketed;
    return *end == ':' ? end + 1 : NULL;
}

enum cs_err endpoint_parse(const char *text, struct endpoint *out, char name[ENDPOINT_MAX_NAME + 1])
{
    *out = (struct endpoint){.network = ""};
    const char *at = take_address(text, &out->ip);
    if (at == NULL)
        return CS_E_INVALID;
    size_t port_len = strcspn(at, "/#");
    uint64_t port;
    if (text_to_u64(at, port_len, 65535, &port) != CS_OK || port == 0)
        return CS_E_INVALID;
    out->port = (uint16_t)port;
    at += port_len;
    if (*at == '/') {
        size_t protocol_len = strcspn(++at, "#");
        if (protocol_parse(at, protocol_len, &out->protocol) != CS_OK || out->protocol == PROTOCOL_AUTO)
            return CS_E_INVALID;
        at += protocol_len;
    }
    if (*at == '\0')
        return CS_OK;
    out->server_name = name;
    return take_name(at + 1, name);
}

static uint64_t hash_name(const char *name, uint64_t seed)
{
    char lower[ENDPOINT_MAX_NAME + 1];
    size_t len = name != NULL ? strnlen(name, ENDPOINT_MAX_NAME) : 0;
    for (size_t i = 0; i < len; i++)
        lower[i] = text_lower(name[i]);
    return hash_bytes(lower, len, seed);
}

uint64_t endpoint_hash(const struct endpoint *endpoint)
{
    uint64_t hash = hash_bytes(endpoint->ip.bytes, sizeof endpoint->ip.bytes,
                               (uint64_t)endpoint->port << 8 | (uint64_t)endpoint->protocol);
    hash = hash_bytes(endpoint->network, strlen(endpoint->network), hash);
    return hash_name(endpoint->server_name, hash);
}
