// SPDX-License-Identifier: Apache-2.0
#include "inventory/list_file.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/csv.h"
#include "base/json.h"
#include "base/text.h"
#include "base/text_list.h"
#include "cert/pem.h"

#define UNKNOWN_SHOWN  50 /* members of JSON objects */
#define UNKNOWN_LENGTH 60

struct source {
    struct list_reading *reading;
    FILE *file;
    const char *name;
    struct column_map map; /* of a CSV file */
    struct list_row row;
    struct buf scratch;       /* texts of a JSON object's cells */
    struct text_list unknown; /* names of members, each once */
};

/* ---- one row, whatever it came from ---- */

static void note(struct source *source, size_t line, const char *unit, const char *text)
{
    struct buf out = {0};
    buf_printf(&out, "%s:%s%zu: %s", source->name, unit, line, text);
    source->reading->note(source->reading->context, buf_str(&out));
    buf_dispose(&out);
}

/* `line` in `unit` ("" = lines) is where it stands. */
static enum cs_err take(struct source *source, enum list_verdict verdict, const struct diag *why, size_t line,
                        const char *unit, struct diag *diag)
{
    struct list_reading *reading = source->reading;
    if (reading->stopped != NULL && reading->stopped(reading->context))
        return diag_fail(diag, CS_E_CANCELLED, "interrupted; the inventory is as it was");
    if (why->text[0] != '\0')
        note(source, line, unit, why->text);
    reading->bad += verdict == LIST_BAD;
    reading->no_certificate += verdict == LIST_NO_CERTIFICATE;
    if (verdict != LIST_TAKEN)
        return CS_OK;
    reading->taken++;
    return reading->put(reading->context, &source->row.certificate, diag);
}

static enum cs_err refuse_keyless(const struct source *source, struct diag *diag)
{
    return diag_fail(diag, CS_E_INVALID, "%s: no column tells which certificate a row is; allowed are %s",
                     source->name, COLUMN_KEYS_ALLOWED);
}

/* More names than a person reads are not kept: who sends those sends no list of certificates. */
static enum cs_err remember_unknown(struct source *source, const char *name)
{
    if (source->unknown.count == UNKNOWN_SHOWN)
        return CS_OK;
    for (size_t i = 0; i < source->unknown.count; i++) {
        if (strncmp(source->unknown.items[i], name, UNKNOWN_LENGTH) == 0)
            return CS_OK;
    }
    return text_list_add_n(&source->unknown, name, strnlen(name, UNKNOWN_LENGTH));
}

static void report_unknown(struct source *source, const struct buf *names, int64_t count)
{
    source->reading->unknown_columns += count;
    if (count > 0) {
        struct buf out = {0};
        buf_printf(&out, "%s: columns that are not known are left out: ", source->name);
        text_append_printable(&out, buf_str(names), names->len);
        source->reading->note(source->reading->context, buf_str(&out));
        buf_dispose(&out);
    }
}

/* ---- CSV ---- */

static enum cs_err read_header(struct source *source, const struct csv_reader *csv, struct diag *diag)
{
    struct buf unknown = {0};
    int64_t count = 0;
    for (size_t i = 0; i < csv->count; i++) {
        if (!column_map_add(&source->map, csv_field(csv, i)))
            break; /* CSV_MAX_FIELDS is no more than fits */
        if (source->map.field[i] == COLUMN_UNKNOWN)
            buf_printf(&unknown, "%s%.60s", count++ > 0 ? ", " : "", csv_field(csv, i));
    }
    column_map_end(&source->map);
    if (!column_map_has_key(&source->map)) {
        buf_dispose(&unknown);
        return refuse_keyless(source, diag);
    }
    report_unknown(source, &unknown, count);
    buf_dispose(&unknown);
    return CS_OK;
}

static void choose_cells(const struct column_map *map, const struct csv_reader *csv,
                         const char *cells[COLUMN_IGNORED])
{
    unsigned rank[COLUMN_IGNORED] = {0};
    memset(cells, 0, COLUMN_IGNORED * sizeof cells[0]);
    for (size_t i = 0; i < map->count; i++) {
        enum column_field field = map->field[i];
        const char *cell = csv_field(csv, i);
        if (field >= COLUMN_IGNORED || cell[0] == '\0' ||
            (cells[field] != NULL && rank[field] <= map->rank[i]))
            continue;
        cells[field] = cell;
        rank[field] = map->rank[i];
    }
}

static enum cs_err read_csv(struct source *source, struct diag *diag)
{
    struct csv_reader *csv = calloc(1, sizeof *csv);
    const char *cells[COLUMN_IGNORED];
    bool more = false;
    if (csv == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    csv->file = source->file;
    enum cs_err err = csv_next(csv, &more, diag);
    if (err == CS_OK)
        err = more ? read_header(source, csv, diag) : refuse_keyless(source, diag);
    else
        diag_prefix(diag, "%s", source->name);
    while (err == CS_OK) {
        struct diag why;
        err = csv_next(csv, &more, diag);
        if (err != CS_OK)
            diag_prefix(diag, "%s", source->name);
        if (err != CS_OK || !more)
            break;
        choose_cells(&source->map, csv, cells);
        enum list_verdict verdict = list_row_read(&source->row, cells, &why);
        err = take(source, verdict, &why, csv->line, "", diag);
    }
    csv_dispose(csv);
    free(csv);
    return err;
}

/* ---- whole files: JSON, PEM, DER ---- */

static enum cs_err read_whole(struct source *source, struct buf *out, struct diag *diag)
{
    uint8_t part[16384];
    size_t len;
    buf_init(out, LIST_MAX_WHOLE);
    while ((len = fread(part, 1, sizeof part, source->file)) > 0 && out->err == CS_OK)
        buf_append(out, part, len);
    if (ferror(source->file) != 0)
        return diag_fail(diag, CS_E_IO, "%s: %s", source->name, strerror(errno));
    if (out->err == CS_E_LIMIT)
        return diag_fail(diag, CS_E_INVALID, "%s: more than %zu MiB; export it as CSV", source->name,
                         LIST_MAX_WHOLE >> 20);
    return out->err == CS_OK ? CS_OK : diag_fail(diag, out->err, "out of memory");
}

static void append_cell(struct buf *out, const struct json_value *value);

/* ["a", "b"] and [{"fqdn": "a"}] -> "a b". */
static void append_items(struct buf *out, const struct json_value *list)
{
    for (const struct json_value *item = json_array_first(list); item != NULL; item = json_next(item)) {
        append_cell(out, item);
        buf_append_char(out, ' ');
    }
}

static void append_cell(struct buf *out, const struct json_value *value)
{
    const char *text = json_to_string(value);
    int64_t number;
    bool truth;
    if (text != NULL)
        buf_append_str(out, text);
    else if (json_to_int(value, &number))
        buf_printf(out, "%" PRId64, number);
    else if (json_to_bool(value, &truth))
        buf_append_str(out, truth ? "true" : "false");
    else if (json_is_array(value) || json_is_object(value))
        append_items(out, value);
}

/* Cells are written one after the other and only then pointed to, for the buffer may move. */
static enum cs_err read_object(struct source *source, const struct json_value *object, struct list_row *row,
                               struct diag *why, enum list_verdict *verdict)
{
    size_t at[COLUMN_IGNORED] = {0};
    unsigned rank[COLUMN_IGNORED] = {0};
    const char *cells[COLUMN_IGNORED] = {NULL};
    bool has_status = json_get(object, "status") != NULL;
    enum cs_err err = CS_OK;
    buf_reset(&source->scratch);
    buf_append_char(&source->scratch, '\0'); /* so that 0 is "none" */
    for (const struct json_value *member = json_array_first(object); member != NULL && err == CS_OK;
         member = json_next(member)) {
        unsigned here;
        enum column_field field = column_of(json_name(member), &here);
        size_t begin = source->scratch.len;
        if (field == COLUMN_UNKNOWN)
            err = remember_unknown(source, json_name(member));
        if (field >= COLUMN_IGNORED || (at[field] != 0 && rank[field] <= here) ||
            (has_status && text_equals(json_name(member), "state")))
            continue;
        append_cell(&source->scratch, member);
        if (source->scratch.len == begin)
            continue;
        buf_append_char(&source->scratch, '\0');
        at[field] = begin;
        rank[field] = here;
    }
    for (size_t i = 0; i < COLUMN_IGNORED && source->scratch.err == CS_OK; i++)
        cells[i] = at[i] != 0 ? (const char *)source->scratch.data + at[i] : NULL;
    *verdict = list_row_read(row, cells, why);
    return err == CS_OK ? source->scratch.err : err;
}

static const struct json_value *find_rows(const struct json_value *root)
{
    static const char *const names[] = {"reports", "certificates", "items", "results", "data", "orders"};
    if (json_is_array(root))
        return root;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (json_is_array(json_get(root, names[i])))
            return json_get(root, names[i]);
    }
    return NULL;
}

static void report_members(struct source *source)
{
    struct buf names = {0};
    for (size_t i = 0; i < source->unknown.count; i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", source->unknown.items[i]);
    report_unknown(source, &names, (int64_t)source->unknown.count);
    buf_dispose(&names);
}

static enum cs_err read_json(struct source *source, const struct buf *text, struct diag *diag)
{
    struct json_value *root;
    size_t number = 0;
    enum cs_err err = json_parse(&root, buf_str(text), text->len, diag);
    if (err != CS_OK) {
        diag_prefix(diag, "%s", source->name);
        return err == CS_E_MALFORMED ? CS_E_INVALID : err;
    }
    const struct json_value *rows = find_rows(root);
    if (rows == NULL)
        err = diag_fail(diag, CS_E_INVALID,
                        "%s: expected an array of objects, alone or under reports, certificates, items, "
                        "results, data or orders",
                        source->name);
    for (const struct json_value *item = json_array_first(rows); item != NULL && err == CS_OK;
         item = json_next(item)) {
        struct diag why = {0};
        enum list_verdict verdict = LIST_BAD;
        number++;
        if (json_is_object(item))
            err = read_object(source, item, &source->row, &why, &verdict);
        else
            diag_set(&why, "expected an object");
        err = err == CS_OK ? take(source, verdict, &why, number, "entry ", diag)
                           : diag_fail(diag, err, "out of memory");
    }
    json_free(root);
    if (err == CS_OK)
        report_members(source);
    return err;
}

static enum cs_err read_pem(struct source *source, const struct buf *text, struct diag *diag)
{
    struct buf der = {0};
    const char *at = buf_str(text);
    size_t left = text->len;
    size_t number = 0;
    bool more = true;
    enum cs_err err = CS_OK;
    while (err == CS_OK) {
        struct diag why = {0};
        enum list_verdict verdict = LIST_BAD;
        enum cs_err read = pem_next(&at, &left, &der, &more);
        if (!more)
            break;
        number++;
        if (read == CS_OK)
            verdict = list_row_decode(&source->row, der.data, der.len, &why);
        else
            diag_set(&why, "the block is not closed, not Base64 or too long");
        err = take(source, verdict, &why, number, "certificate ", diag);
    }
    buf_dispose(&der);
    return err;
}

static enum cs_err read_der(struct source *source, const struct buf *bytes, struct diag *diag)
{
    struct diag why;
    enum list_verdict verdict = list_row_decode(&source->row, bytes->data, bytes->len, &why);
    return take(source, verdict, &why, 1, "certificate ", diag);
}

/* ---- which of them ---- */

static bool holds_pem(const char *text)
{
    return strstr(text, "-----BEGIN CERTIFICATE-----") != NULL;
}

/* A CSV file may have PEM in its cells; a bundle has it at the beginning of a line, with no separator before
 * it. */
static enum cs_err read_by_content(struct source *source, struct diag *diag)
{
    struct buf whole = {0};
    char head[16384];
    size_t len = fread(head, 1, sizeof head - 1, source->file);
    head[len] = '\0';
    const char *first = head + strspn(head, " \t\r\n\xEF\xBB\xBF");
    size_t line = strcspn(first, "\r\n");
    bool json = *first == '{' || *first == '[';
    bool der = len > 1 && (uint8_t)head[0] == 0x30 && ((uint8_t)head[1] & 0x80) != 0;
    bool pem = holds_pem(head) && memchr(first, ',', line) == NULL && memchr(first, ';', line) == NULL &&
               memchr(first, '\t', line) == NULL && first[0] != '"';
    if (fseek(source->file, 0, SEEK_SET) != 0)
        return diag_fail(diag, CS_E_INVALID, "%s: expected a file, not a pipe", source->name);
    if (!json && !der && !pem)
        return read_csv(source, diag);
    enum cs_err err = read_whole(source, &whole, diag);
    if (err == CS_OK)
        err = json  ? read_json(source, &whole, diag)
              : der ? read_der(source, &whole, diag)
                    : read_pem(source, &whole, diag);
    buf_dispose(&whole);
    return err;
}

enum cs_err list_read_stream(struct list_reading *reading, FILE *file, const char *name, struct diag *diag)
{
    struct source *source = calloc(1, sizeof *source);
    int64_t before = reading->taken;
    if (source == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    source->reading = reading;
    source->file = file;
    source->name = name;
    enum cs_err err = read_by_content(source, diag);
    if (err == CS_OK && reading->taken == before)
        err = diag_fail(diag, CS_E_INVALID, "%s: there is no certificate in it that could be used", name);
    list_row_dispose(&source->row);
    buf_dispose(&source->scratch);
    text_list_dispose(&source->unknown);
    free(source);
    return err;
}

static enum cs_err read_file(struct list_reading *reading, const char *path, struct diag *diag)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return diag_fail(diag, errno == ENOENT ? CS_E_INVALID : CS_E_IO, "%s: %s", path, strerror(errno));
    enum cs_err err = list_read_stream(reading, file, path, diag);
    fclose(file);
    return err;
}

static enum cs_err read_directory(struct list_reading *reading, const char *path, struct diag *diag)
{
    struct dirent **entries;
    enum cs_err err = CS_OK;
    int count = scandir(path, &entries, NULL, alphasort);
    size_t files = 0;
    if (count < 0)
        return diag_fail(diag, CS_E_IO, "%s: %s", path, strerror(errno));
    for (int i = 0; i < count; i++) {
        struct buf file = {0};
        struct stat info;
        buf_printf(&file, "%s/%s", path, entries[i]->d_name);
        if (err == CS_OK && entries[i]->d_name[0] != '.' && stat(buf_str(&file), &info) == 0 &&
            S_ISREG(info.st_mode)) {
            files++;
            err = read_file(reading, buf_str(&file), diag);
        }
        buf_dispose(&file);
        free(entries[i]);
    }
    free(entries);
    if (err == CS_OK && files == 0)
        err = diag_fail(diag, CS_E_INVALID, "%s: there is no file in this directory", path);
    return err;
}

enum cs_err list_read(struct list_reading *reading, const char *path, struct diag *diag)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return diag_fail(diag, errno == ENOENT ? CS_E_INVALID : CS_E_IO, "%s: %s", path, strerror(errno));
    return S_ISDIR(info.st_mode) ? read_directory(reading, path, diag) : read_file(reading, path, diag);
}
