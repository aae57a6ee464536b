// SPDX-License-Identifier: Apache-2.0
#include "scanner/target_set.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "scanner/host_name.h"
#include "scanner/target_blocks.h"

enum cs_err target_set_new(struct target_set **out)
{
    *out = calloc(1, sizeof **out);
    return *out != NULL ? CS_OK : CS_E_NOMEM;
}

static void dispose_block(struct target_block *block)
{
    ip_set_dispose(&block->addresses);
    port_list_dispose(&block->ports);
    free(block->server_name);
    free(block->host_name);
}

void target_set_free(struct target_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->block_count; i++)
        dispose_block(&set->blocks[i]);
    free(set->blocks);
    free(set);
}

static enum cs_err reserve_block(struct target_set *set)
{
    if (set->block_count < set->block_cap)
        return CS_OK;
    size_t cap = set->block_cap == 0 ? 8 : set->block_cap * 2;
    struct target_block *blocks = realloc(set->blocks, cap * sizeof *blocks);
    if (blocks == NULL)
        return CS_E_NOMEM;
    set->blocks = blocks;
    set->block_cap = cap;
    return CS_OK;
}

static enum cs_err copy_names(struct target_block *block, const char *server_name, const char *host_name)
{
    block->server_name = text_copy(server_name);
    block->host_name = text_copy(host_name);
    bool copied = (server_name == NULL || block->server_name != NULL) &&
                  (host_name == NULL || block->host_name != NULL);
    return copied ? CS_OK : CS_E_NOMEM;
}

enum cs_err target_set_take_block(struct target_set *set, struct ip_set *addresses, struct port_list *ports,
                                  const char *server_name, const char *host_name)
{
    struct target_block block = {.first = set->count, .addresses = *addresses, .ports = *ports};
    *addresses = (struct ip_set){0};
    *ports = (struct port_list){0};
    u128 address_count =
        block.addresses.count > 0 ? ip_set_size(&block.addresses) : 1; /* 1: a name without */
    enum cs_err err = CS_OK;
    if (address_count > TARGET_SET_MAX || address_count * block.ports.count > TARGET_SET_MAX - set->count)
        err = CS_E_LIMIT;
    if (err == CS_OK)
        err = copy_names(&block, server_name, host_name);
    if (err == CS_OK)
        err = reserve_block(set);
    if (err != CS_OK || block.ports.count == 0) {
        dispose_block(&block);
        return err;
    }
    set->blocks[set->block_count++] = block;
    set->count += (uint64_t)address_count * block.ports.count;
    return CS_OK;
}

enum cs_err target_set_addresses(const struct target_set *set, struct ip_set *out)
{
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < set->block_count; i++) {
        const struct ip_set *addresses = &set->blocks[i].addresses;
        for (size_t k = 0; k < addresses->count && err == CS_OK; k++)
            err = ip_set_add(out, addresses->ranges[k]);
    }
    return err == CS_OK ? ip_set_normalize(out) : err;
}

uint64_t target_set_count(const struct target_set *set)
{
    return set->count;
}

static bool has_port(const struct port_list *ports, uint16_t port)
{
    for (size_t i = 0; i < ports->count; i++) {
        if (ports->entries[i].port == port)
            return true;
    }
    return false;
}

bool target_set_has(const struct target_set *set, struct ip ip, uint16_t port)
{
    for (size_t i = 0; i < set->block_count; i++) {
        const struct target_block *block = &set->blocks[i];
        if (ip_set_has(&block->addresses, ip) && has_port(&block->ports, port))
            return true;
    }
    return false;
}

static const struct target_block *block_of(const struct target_set *set, uint64_t index)
{
    size_t low = 0;
    size_t high = set->block_count;
    while (high - low > 1) { /* blocks[low].first <= index */
        size_t middle = (low + high) / 2;
        if (set->blocks[middle].first <= index)
            low = middle;
        else
            high = middle;
    }
    return &set->blocks[low];
}

void target_set_get(const struct target_set *set, uint64_t index, struct target *out)
{
    assert(index < set->count);
    const struct target_block *block = block_of(set, index);
    uint64_t offset = index - block->first;
    struct port_entry port = block->ports.entries[offset % block->ports.count];
    *out = (struct target){
        .has_ip = block->addresses.count > 0,
        .port = port.port,
        .protocol = (enum protocol)port.protocol,
        .server_name = block->server_name,
        .host_name = block->host_name,
    };
    if (out->has_ip)
        out->ip = ip_set_at(&block->addresses, offset / block->ports.count);
}

static void freeze_block(struct json_writer *json, const struct target_block *block)
{
    char range[RANGE_TEXT_SIZE];
    struct buf ports = {0};
    port_list_format(&ports, &block->ports);
    json_begin_object(json);
    json_key(json, "ranges");
    json_begin_array(json);
    for (size_t i = 0; i < block->addresses.count; i++)
        json_string(json, ip_range_format(range, block->addresses.ranges[i]));
    json_end_array(json);
    json_member_string(json, "ports", buf_str(&ports));
    json_member_string(json, "server_name", block->server_name);
    json_member_string(json, "host_name", block->host_name);
    json_end_object(json);
    buf_dispose(&ports);
}

enum cs_err target_set_freeze(const struct target_set *set, struct buf *out)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_begin_object(&json);
    json_key(&json, "blocks");
    json_begin_array(&json);
    for (size_t i = 0; i < set->block_count; i++)
        freeze_block(&json, &set->blocks[i]);
    json_end_array(&json);
    json_end_object(&json);
    return out->err;
}

static enum cs_err thaw_ranges(const struct json_value *ranges, struct ip_set *out)
{
    enum cs_err err = json_is_array(ranges) ? CS_OK : CS_E_MALFORMED;
    const struct json_value *item = json_array_first(ranges);
    for (; item != NULL && err == CS_OK; item = json_next(item)) {
        const char *text = json_to_string(item);
        struct ip_range range;
        if (text == NULL || ip_range_parse(text, strlen(text), &range, NULL) != CS_OK)
            return CS_E_MALFORMED;
        err = ip_set_add(out, range);
    }
    return err == CS_OK ? ip_set_normalize(out) : err;
}

static bool is_name_or_null(const struct json_value *value)
{
    const char *text = json_to_string(value);
    return json_is_null(value) || (text != NULL && host_name_is_normal(text));
}

static enum cs_err thaw_block(struct target_set *set, const struct json_value *json)
{
    struct ip_set addresses = {0};
    struct port_list ports = {0};
    const char *port_text = json_to_string(json_get(json, "ports"));
    const struct json_value *server_name = json_get(json, "server_name");
    const struct json_value *host_name = json_get(json, "host_name");
    enum cs_err err = thaw_ranges(json_get(json, "ranges"), &addresses);
    if (err == CS_OK && (port_text == NULL || port_list_parse(&ports, port_text, NULL) != CS_OK))
        err = CS_E_MALFORMED;
    bool nowhere = addresses.count == 0 && json_to_string(host_name) == NULL;
    if (err == CS_OK && (nowhere || !is_name_or_null(server_name) || !is_name_or_null(host_name)))
        err = CS_E_MALFORMED;
    if (err == CS_OK)
        err = target_set_take_block(set, &addresses, &ports, json_to_string(server_name),
                                    json_to_string(host_name));
    ip_set_dispose(&addresses);
    port_list_dispose(&ports);
    return err;
}

enum cs_err target_set_thaw(struct target_set **out, const char *text, size_t len, struct diag *diag)
{
    struct json_value *root = NULL;
    struct target_set *set = NULL;
    *out = NULL;
    enum cs_err err = json_parse(&root, text, len, diag);
    if (err != CS_OK)
        return err;
    err = target_set_new(&set);
    const struct json_value *blocks = json_get(root, "blocks");
    const struct json_value *block = json_array_first(blocks);
    for (; block != NULL && err == CS_OK; block = json_next(block))
        err = thaw_block(set, block);
    json_free(root);
    if (err == CS_OK && set->count == 0)
        err = CS_E_MALFORMED;
    if (err != CS_OK) {
        target_set_free(set);
        return diag_fail(diag, err, "the frozen targets of the scan: %s", cs_err_text(err));
    }
    *out = set;
    return CS_OK;
}

static void describe_block(const struct target_block *block, struct buf *out)
{
    char range[RANGE_TEXT_SIZE];
    size_t shown = block->addresses.count < 4 ? block->addresses.count : 4;
    for (size_t i = 0; i < shown; i++)
        buf_printf(out, "%s%s", i > 0 ? ", " : "", ip_range_format(range, block->addresses.ranges[i]));
    if (shown < block->addresses.count)
        buf_printf(out, " and %zu more ranges", block->addresses.count - shown);
    if (block->host_name != NULL)
        buf_printf(out, "%s%s", shown > 0 ? " as " : "", block->host_name);
    if (shown > 0)
        buf_printf(out, " (%" PRIu64 " addresses)", (uint64_t)ip_set_size(&block->addresses));
    buf_append_str(out, " x ports ");
    size_t before = out->len;
    port_list_format(out, &block->ports);
    if (out->len - before > 60) {
        out->len = before;
        buf_printf(out, "%zu", block->ports.count);
    }
    if (block->server_name != NULL && block->host_name == NULL)
        buf_printf(out, ", server name %s", block->server_name);
    buf_append_char(out, '\n');
}

void target_set_describe(const struct target_set *set, struct buf *out, size_t max_lines)
{
    for (size_t i = 0; i < set->block_count && i < max_lines; i++)
        describe_block(&set->blocks[i], out);
    if (set->block_count > max_lines)
        buf_printf(out, "and %zu more blocks\n", set->block_count - max_lines);
}
