// SPDX-License-Identifier: Apache-2.0
#include "scanner/port_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Each set and what it adds to the one before it. Raw-print (9100, 515) and control-system ports (102, 502,
 * 20000, 44818, 1911) are in no set: a stray connection there prints paper or stops a machine. */
static const struct {
    const char *name;
    const char *includes; /* another set, or NULL */
    const char *ports;
} sets[] = {
    {"quick", NULL, "443,8443,636,993,995,465,3389/rdp,25/smtp,587/smtp"},
    {"campus", "quick",
     "9443,4443,10443,389/ldap,3269,143/imap,110/pop3,21/ftp,990,853,2083,5061,5986,6443,8883"},
    {"deep", "campus",
     "5432/postgres,3306/mysql,1433/tds,5671,8006,8089,9090,10000,5480,631,989,992,563,6697,2376,5222/xmpp,"
     "5269/xmpp-server,4190/sieve,119/nntp,24/lmtp,6667/irc"},
};
#define SET_COUNT (sizeof sets / sizeof sets[0])

static enum cs_err parse_port(const char *text, size_t len, uint16_t *out, struct diag *diag)
{
    uint64_t port;
    *out = 0;
    if (text_to_u64(text, len, 65535, &port) != CS_OK || port == 0) {
        char shown[64];
        char *copy = text_copy_n(text, len);
        diag_set(diag, "port \"%s\": a port is a number from 1 to 65535",
                 copy != NULL ? text_printable(shown, sizeof shown, copy) : "");
        free(copy);
        return CS_E_INVALID;
    }
    *out = (uint16_t)port;
    return CS_OK;
}

static enum cs_err unknown_protocol(const char *text, size_t len, struct diag *diag)
{
    struct buf allowed = {0};
    char shown[64];
    char *copy = text_copy_n(text, len);
    for (int i = 0; i < PROTOCOL_COUNT; i++)
        buf_printf(&allowed, "%s%s", i > 0 ? ", " : "", protocol_name((enum protocol)i));
    diag_set(diag, "unknown protocol \"%s\"; known are %s",
             copy != NULL ? text_printable(shown, sizeof shown, copy) : "", buf_str(&allowed));
    free(copy);
    buf_dispose(&allowed);
    return CS_E_INVALID;
}

/* The protocol `ports` (text of a set) gives to `port`; false if it does not name it. */
static bool find_in_set(const char *ports, uint16_t port, enum protocol *out)
{
    for (const char *at = ports; *at != '\0'; at += *at == ',') {
        size_t len = strcspn(at, ",");
        size_t port_len = strcspn(at, ",/");
        uint64_t value;
        if (text_to_u64(at, port_len, 65535, &value) == CS_OK && value == port) {
            *out = PROTOCOL_TLS;
            return port_len == len || protocol_parse(at + port_len + 1, len - port_len - 1, out) == CS_OK;
        }
        at += len;
    }
    return false;
}

enum protocol port_default_protocol(uint16_t port)
{
    enum protocol protocol;
    for (size_t i = 0; i < SET_COUNT; i++) {
        if (find_in_set(sets[i].ports, port, &protocol))
            return protocol;
    }
    return PROTOCOL_AUTO;
}

bool port_is_usual_for_tls(uint16_t port)
{
    enum protocol protocol;
    for (size_t i = 0; i < SET_COUNT; i++) {
        if (find_in_set(sets[i].ports, port, &protocol))
            return protocol == PROTOCOL_TLS;
    }
    return false;
}

enum cs_err port_entry_parse(struct port_entry *out, const char *text, size_t len, struct diag *diag)
{
    const char *slash = memchr(text, '/', len);
    size_t port_len = slash != NULL ? (size_t)(slash - text) : len;
    enum protocol protocol;
    enum cs_err err = parse_port(text, port_len, &out->port, diag);
    if (err != CS_OK)
        return err;
    protocol = port_default_protocol(out->port);
    if (slash != NULL && protocol_parse(slash + 1, len - port_len - 1, &protocol) != CS_OK)
        return unknown_protocol(slash + 1, len - port_len - 1, diag);
    out->protocol = (uint8_t)protocol;
    return CS_OK;
}

static unsigned order_of(struct port_entry entry)
{
    return (unsigned)entry.port << 8 | entry.protocol;
}

enum cs_err port_list_add(struct port_list *list, struct port_entry entry)
{
    size_t low = 0;
    size_t high = list->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (order_of(list->entries[middle]) < order_of(entry))
            low = middle + 1;
        else
            high = middle;
    }
    if (low < list->count && order_of(list->entries[low]) == order_of(entry))
        return CS_OK;
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 32 : list->cap * 2;
        struct port_entry *entries = realloc(list->entries, cap * sizeof *entries);
        if (entries == NULL)
            return CS_E_NOMEM;
        list->entries = entries;
        list->cap = cap;
    }
    memmove(&list->entries[low + 1], &list->entries[low], (list->count - low) * sizeof *list->entries);
    list->entries[low] = entry;
    list->count++;
    return CS_OK;
}

static enum cs_err add_range(struct port_list *list, const char *text, size_t len, struct diag *diag)
{
    const char *dash = memchr(text, '-', len);
    const char *slash = memchr(text, '/', len);
    size_t last_len = len - (size_t)(dash + 1 - text) - (slash != NULL ? (size_t)(text + len - slash) : 0);
    uint16_t first;
    uint16_t last;
    enum protocol protocol = PROTOCOL_TLS;
    enum cs_err err = parse_port(text, (size_t)(dash - text), &first, diag);
    if (err == CS_OK)
        err = parse_port(dash + 1, last_len, &last, diag);
    if (err != CS_OK)
        return err;
    if (slash != NULL && protocol_parse(slash + 1, (size_t)(text + len - slash - 1), &protocol) != CS_OK)
        return unknown_protocol(slash + 1, (size_t)(text + len - slash - 1), diag);
    if (first > last)
        return diag_fail(diag, CS_E_INVALID, "port range \"%.*s\" is reversed", (int)len, text);
    for (unsigned port = first; port <= last && err == CS_OK; port++) {
        if (slash == NULL)
            protocol = port_default_protocol((uint16_t)port);
        err = port_list_add(list, (struct port_entry){(uint16_t)port, (uint8_t)protocol});
    }
    return err;
}

static enum cs_err add_set(struct port_list *list, const char *name, size_t len, struct diag *diag)
{
    for (size_t i = 0; i < SET_COUNT; i++) {
        if (strlen(sets[i].name) != len || strncmp(sets[i].name, name, len) != 0)
            continue;
        enum cs_err err = CS_OK;
        if (sets[i].includes != NULL)
            err = port_list_parse(list, sets[i].includes, diag);
        return err == CS_OK ? port_list_parse(list, sets[i].ports, diag) : err;
    }
    char shown[64];
    char *copy = text_copy_n(name, len);
    diag_set(diag, "unknown port set \"%s\"; known are quick, campus, deep",
             copy != NULL ? text_printable(shown, sizeof shown, copy) : "");
    free(copy);
    return CS_E_INVALID;
}

static enum cs_err add_item(struct port_list *list, const char *item, size_t len, struct diag *diag)
{
    if (len == 0)
        return diag_fail(diag, CS_E_INVALID, "a port list has an empty item");
    if (item[0] < '0' || item[0] > '9')
        return add_set(list, item, len, diag);
    const char *slash = memchr(item, '/', len);
    size_t number_len = slash != NULL ? (size_t)(slash - item) : len;
    if (memchr(item, '-', number_len) != NULL)
        return add_range(list, item, len, diag);
    struct port_entry entry = {0};
    enum cs_err err = port_entry_parse(&entry, item, len, diag);
    return err == CS_OK ? port_list_add(list, entry) : err;
}

enum cs_err port_list_parse(struct port_list *list, const char *text, struct diag *diag)
{
    for (;;) {
        size_t len = strcspn(text, ",");
        size_t skip = strspn(text, " ");
        size_t item_len = skip < len ? len - skip : 0;
        while (item_len > 0 && text[skip + item_len - 1] == ' ')
            item_len--;
        enum cs_err err = add_item(list, text + (item_len > 0 ? skip : 0), item_len, diag);
        if (err != CS_OK || text[len] == '\0')
            return err;
        text += len + 1;
    }
}

/* How many entries from `at` on are consecutive ports that are written the same way. */
static size_t run_length(const struct port_list *list, size_t at, bool bare)
{
    size_t count = 1;
    for (; at + count < list->count; count++) {
        struct port_entry entry = list->entries[at + count];
        bool is_bare = entry.protocol == port_default_protocol(entry.port);
        if (entry.port != list->entries[at].port + count || is_bare != bare)
            break;
        if (!bare && entry.protocol != list->entries[at].protocol)
            break;
    }
    return count;
}

void port_list_format(struct buf *out, const struct port_list *list)
{
    for (size_t i = 0; i < list->count;) {
        struct port_entry entry = list->entries[i];
        bool bare = entry.protocol == port_default_protocol(entry.port);
        size_t run = run_length(list, i, bare);
        buf_printf(out, i > 0 ? ",%u" : "%u", entry.port);
        if (run > 1)
            buf_printf(out, "-%u", entry.port + (unsigned)run - 1);
        if (!bare)
            buf_printf(out, "/%s", protocol_name((enum protocol)entry.protocol));
        i += run;
    }
}

void port_list_dispose(struct port_list *list)
{
    free(list->entries);
    *list = (struct port_list){0};
}
