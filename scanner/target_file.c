// SPDX-License-Identifier: Apache-2.0
/* Files of targets. Each line tells by its beginning what wrote it: `open tcp` masscan -oL, `Host: ` nmap
 * -oG; a first line that names a column saddr is zmap's CSV; everything else is a TARGET by itself, as zmap's
 * plain output is. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map64.h"
#include "base/text.h"
#include "scanner/host_name.h"
#include "scanner/line_reader.h"
#include "scanner/target_list_inner.h"

#define NO_COLUMN SIZE_MAX

#define MAX_ALIASES 8 /* one behind the other */

struct names_file;

struct target_file {
    struct target_list *list;
    struct names_file *names; /* NULL: the file is none of names */
    struct line_reader reader;
    bool is_csv;
    size_t address_column;
    size_t port_column;    /* zmap: sport, the port that answered */
    size_t verdict_column; /* zmap: success, 1 or 0 */
};

/* White space off both ends, in place of pointer and length. */
static const char *trim(const char *text, size_t *len)
{
    while (*len > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        (*len)--;
    }
    while (*len > 0 && (text[*len - 1] == ' ' || text[*len - 1] == '\t'))
        (*len)--;
    return text;
}

static const char *next_word(const char **at, size_t *len)
{
    *at += strspn(*at, " \t");
    const char *word = *at;
    *len = strcspn(word, " \t");
    *at += *len;
    return word;
}

static enum cs_err add_pair(struct target_file *file, const char *ip, size_t ip_len, const char *port,
                            size_t port_len, struct diag *diag)
{
    struct ip parsed;
    if (ip_parse(ip, ip_len, &parsed) != CS_OK)
        return diag_fail(diag, CS_E_INVALID, "expected an address, found \"%.*s\"",
                         (int)(ip_len < 60 ? ip_len : 60), ip);
    struct buf text = {0};
    buf_printf(&text, "[%.*s]:%.*s", (int)ip_len, ip, (int)port_len, port);
    enum cs_err err = text.err;
    if (err == CS_OK)
        err = target_list_add_text(file->list, buf_str(&text), text.len, true, diag);
    buf_dispose(&text);
    return err;
}

/* open tcp 443 192.0.2.7 1700000000 */
static enum cs_err add_masscan(struct target_file *file, const char *line, struct diag *diag)
{
    size_t state_len;
    size_t protocol_len;
    size_t port_len;
    size_t ip_len;
    const char *at = line;
    const char *state = next_word(&at, &state_len);
    const char *protocol = next_word(&at, &protocol_len);
    const char *port = next_word(&at, &port_len);
    const char *ip = next_word(&at, &ip_len);
    if (state_len != 4 || strncmp(state, "open", 4) != 0 || protocol_len != 3 ||
        strncmp(protocol, "tcp", 3) != 0)
        return CS_OK; /* closed, banner, udp ... */
    return add_pair(file, ip, ip_len, port, port_len, diag);
}

/* One `443/open/tcp//https///` of nmap's list. */
static enum cs_err add_nmap_port(struct target_file *file, const char *ip, size_t ip_len, const char *item,
                                 size_t len, struct diag *diag)
{
    const char *state = memchr(item, '/', len);
    if (state == NULL || strncmp(state, "/open/tcp/", 10) != 0)
        return CS_OK;
    return add_pair(file, ip, ip_len, item, (size_t)(state - item), diag);
}

/* Host: 192.0.2.7 (name)<tab>Ports: 443/open/tcp//https///, 80/closed/tcp//http///<tab>Ignored State: ... */
static enum cs_err add_nmap(struct target_file *file, const char *line, struct diag *diag)
{
    size_t ip_len;
    const char *at = line + strlen("Host: ");
    const char *ip = next_word(&at, &ip_len);
    const char *ports = strstr(at, "Ports: ");
    if (ports == NULL)
        return CS_OK; /* `Status: Up` alone */
    enum cs_err err = CS_OK;
    ports += strlen("Ports: ");
    for (size_t left = strcspn(ports, "\t"); left > 0 && err == CS_OK;) {
        size_t item_len = strcspn(ports, ",\t");
        size_t len = item_len;
        const char *item = trim(ports, &len);
        err = add_nmap_port(file, ip, ip_len, item, len, diag);
        size_t used = item_len < left ? item_len + 1 : left;
        ports += used;
        left -= used;
    }
    return err;
}

/* The `column`th cell of a CSV line (zmap quotes nothing that is of interest here). */
static const char *csv_cell(const char *line, size_t column, size_t *len)
{
    for (; column > 0; column--) {
        line += strcspn(line, ",");
        if (*line == '\0')
            break;
        line++;
    }
    *len = column == 0 ? strcspn(line, ",") : 0;
    return trim(line, len);
}

static bool read_csv_header(struct target_file *file, const char *line)
{
    const struct {
        const char *name;
        size_t *column;
    } wanted[] = {
        {"saddr", &file->address_column},
        {"sport", &file->port_column},
        {"success", &file->verdict_column},
    };
    size_t columns = 1;
    for (const char *at = line; *at != '\0'; at++)
        columns += *at == ',';
    for (size_t w = 0; w < sizeof wanted / sizeof wanted[0]; w++) {
        *wanted[w].column = NO_COLUMN;
        for (size_t i = 0; i < columns; i++) {
            size_t len;
            const char *cell = csv_cell(line, i, &len);
            if (len == strlen(wanted[w].name) && strncmp(cell, wanted[w].name, len) == 0)
                *wanted[w].column = i;
        }
    }
    file->is_csv = file->address_column != NO_COLUMN;
    return file->is_csv;
}

static enum cs_err add_csv(struct target_file *file, const char *line, struct diag *diag)
{
    size_t ip_len;
    size_t len;
    if (file->verdict_column != NO_COLUMN && csv_cell(line, file->verdict_column, &len)[0] == '0')
        return CS_OK;
    const char *ip = csv_cell(line, file->address_column, &ip_len);
    if (file->port_column == NO_COLUMN)
        return target_list_add_text(file->list, ip, ip_len, true, diag);
    const char *port = csv_cell(line, file->port_column, &len);
    return add_pair(file, ip, ip_len, port, len, diag);
}

static bool begins_with(const char *line, const char *const *beginnings)
{
    for (; *beginnings != NULL; beginnings++) {
        if (strncmp(line, *beginnings, strlen(*beginnings)) == 0)
            return true;
    }
    return false;
}

static enum cs_err add_line(struct target_file *file, char *line, struct diag *diag)
{
    static const char *const masscan[] = {"open tcp ", "open udp ", "closed ", "banner ", NULL};
    static const char *const nmap[] = {"Host: ", NULL};
    size_t len = strlen(line);
    const char *text = trim(line, &len);
    if (begins_with(text, masscan)) /* a # in a banner or version begins no comment */
        return add_masscan(file, text, diag);
    if (begins_with(text, nmap))
        return add_nmap(file, text, diag);
    line[strcspn(line, "#")] = '\0';
    len = strlen(line);
    text = trim(line, &len);
    if (len == 0)
        return CS_OK;
    if (file->is_csv)
        return add_csv(file, text, diag);
    if (strstr(text, "saddr") != NULL && read_csv_header(file, text))
        return CS_OK;
    return target_list_add_text(file->list, text, len, true, diag);
}

typedef enum cs_err (*take_line)(struct target_file *file, char *line, struct diag *diag);

static enum cs_err each_line(struct target_list *list, FILE *file, const char *name, struct names_file *names,
                             take_line take, struct diag *diag)
{
    struct target_file state = {.list = list, .names = names, .reader = {.file = file, .name = name}};
    bool more = true;
    enum cs_err err = CS_OK;
    while (err == CS_OK) {
        err = line_reader_next(&state.reader, &more, diag);
        if (err != CS_OK || !more)
            break;
        if (state.reader.line.len == 0)
            continue;
        err = take(&state, (char *)state.reader.line.data, diag);
        if (err != CS_OK)
            diag_prefix(diag, "%s:%zu", name, state.reader.number);
    }
    line_reader_dispose(&state.reader);
    return err;
}

enum cs_err target_list_add_file(struct target_list *list, FILE *file, const char *name, struct diag *diag)
{
    return each_line(list, file, name, NULL, add_line, diag);
}

static enum cs_err exclude_line(struct target_file *file, char *line, struct diag *diag)
{
    line[strcspn(line, "#")] = '\0';
    size_t len = strlen(line);
    char *text = line + (trim(line, &len) - line);
    text[len] = '\0';
    return len > 0 ? target_list_exclude(file->list, text, diag) : CS_OK;
}

enum cs_err target_list_exclude_file(struct target_list *list, FILE *file, const char *name,
                                     struct diag *diag)
{
    return each_line(list, file, name, NULL, exclude_line, diag);
}

/* ---- names: lines `address name`, or a zone as named-compilezone prints it ---- */

struct names_file {
    struct text_list aliases; /* each with what it stands for at the same place in `targets` */
    struct text_list targets;
    struct map64 alias_numbers; /* by hash of the alias */
};

static enum cs_err send_name(struct target_list *list, struct ip ip, const char *normal)
{
    struct given_name *name = NULL;
    enum cs_err err = target_list_name(list, normal, &name);
    return err == CS_OK ? ip_set_add(&name->sent_to, (struct ip_range){ip, ip}) : err;
}

static bool word_is(const char *word, size_t len, const char *expected)
{
    return strlen(expected) == len && strncasecmp(word, expected, len) == 0;
}

static uint64_t key_of(const char *name)
{
    return hash_bytes(name, strlen(name), 0);
}

static enum cs_err add_alias(struct names_file *names, const char *alias, const char *target)
{
    enum cs_err err = map64_add(&names->alias_numbers, key_of(alias), (uint32_t)names->aliases.count);
    if (err == CS_OK)
        err = text_list_add(&names->aliases, alias);
    return err == CS_OK ? text_list_add(&names->targets, target) : err;
}

/* RFC 1035, 5.1, one record a line with owner, TTL and class: what has an address or stands for another name
 * is of use. False: the line is none of a zone. */
static bool take_record(struct target_file *file, const char *line, enum cs_err *err)
{
    char owner[ENDPOINT_MAX_NAME + 1];
    char target[ENDPOINT_MAX_NAME + 1];
    struct ip ip;
    struct diag why;
    const char *at = line;
    const char *words[5];
    size_t lens[5];
    uint64_t ttl;
    for (int i = 0; i < 5; i++)
        words[i] = next_word(&at, &lens[i]);
    if (lens[4] == 0 || words[0][lens[0] - 1] != '.' ||
        text_to_u64(words[1], lens[1], UINT32_MAX, &ttl) != CS_OK || !word_is(words[2], lens[2], "IN"))
        return false;
    if (host_name_normalize(owner, words[0], lens[0], &why) != CS_OK)
        return true; /* a wildcard, a service */
    bool has_address = word_is(words[3], lens[3], "A") || word_is(words[3], lens[3], "AAAA");
    if (has_address && ip_parse(words[4], lens[4], &ip) == CS_OK)
        *err = send_name(file->list, ip, owner);
    else if (word_is(words[3], lens[3], "CNAME") &&
             host_name_normalize(target, words[4], lens[4], &why) == CS_OK)
        *err = add_alias(file->names, owner, target);
    return true;
}

static enum cs_err add_sent_name(struct target_file *file, char *line, struct diag *diag)
{
    char normal[ENDPOINT_MAX_NAME + 1];
    struct ip ip;
    size_t ip_len;
    size_t name_len;
    enum cs_err err = CS_OK;
    line[strcspn(line, "#;")] = '\0';
    const char *at = line;
    const char *ip_text = next_word(&at, &ip_len);
    const char *name_text = next_word(&at, &name_len);
    if (ip_len == 0 || take_record(file, line, &err))
        return err;
    if (ip_parse(ip_text, ip_len, &ip) != CS_OK || name_len == 0 || at[strspn(at, " \t")] != '\0')
        return diag_fail(diag, CS_E_INVALID,
                         "expected `address name`, or a record of a zone as named-compilezone prints it");
    err = host_name_normalize(normal, name_text, name_len, diag);
    return err == CS_OK ? send_name(file->list, ip, normal) : err;
}

/* An alias is where what it stands for is, as far as this file knows. */
static enum cs_err resolve_alias(struct target_list *list, const struct names_file *names, size_t number)
{
    const char *end = names->targets.items[number];
    uint32_t next;
    for (int i = 0; i < MAX_ALIASES && map64_get(&names->alias_numbers, key_of(end), &next); i++)
        end = names->targets.items[next];
    struct given_name *from = NULL;
    struct given_name *to = NULL;
    enum cs_err err = target_list_name(list, end, &from);
    if (err == CS_OK)
        err = target_list_name(list, names->aliases.items[number], &to);
    if (err == CS_OK)
        err = target_list_name(list, end, &from); /* which may have moved */
    for (size_t i = 0; err == CS_OK && from != to && i < from->sent_to.count; i++)
        err = ip_set_add(&to->sent_to, from->sent_to.ranges[i]);
    return err;
}

enum cs_err target_list_add_names_file(struct target_list *list, FILE *file, const char *name,
                                       struct diag *diag)
{
    struct names_file names = {0};
    enum cs_err err = each_line(list, file, name, &names, add_sent_name, diag);
    for (size_t i = 0; i < names.aliases.count && err == CS_OK; i++)
        err = resolve_alias(list, &names, i);
    text_list_dispose(&names.aliases);
    text_list_dispose(&names.targets);
    map64_dispose(&names.alias_numbers);
    return err;
}
