// SPDX-License-Identifier: Apache-2.0
/* A row is kept as its cells until it is written. jsonl, csv and json write at once; a table holds the first
 * rows back to choose its widths; sorting holds all. */
#include "report/listing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "base/timefmt.h"

#define TABLE_LOOKAHEAD 1000
#define MAX_CELL_WIDTH  100 /* of a table */
#define MAX_COLUMNS     64

enum cell_kind { CELL_NULL, CELL_TEXT, CELL_NUMBER, CELL_BOOL, CELL_TIME, CELL_LIST };

struct cell {
    enum cell_kind kind;
    int64_t number;
    size_t at;  /* of its text in the row's buffer */
    size_t len; /* a list: its items with a NUL behind each */
};

struct row {
    struct cell cells[MAX_COLUMNS];
    struct buf text;
};

struct listing {
    FILE *file;
    struct listing_options options;
    const struct listing_column *columns;
    size_t column_count;
    size_t shown[MAX_COLUMNS]; /* indexes of columns, in order */
    size_t shown_count;
    size_t sort_column; /* SIZE_MAX = none */
    bool descending;
    struct row *held; /* rows not yet written */
    size_t held_count;
    size_t held_cap;
    size_t held_bytes;
    size_t widths[MAX_COLUMNS];
    bool widths_known;
    struct row current;
    struct buf line;
    struct buf cell; /* of CSV, while it is made */
    uint64_t taken;  /* rows ended */
    uint64_t written;
};

enum cs_err listing_format_parse(enum listing_format *out, const char *text, struct diag *diag)
{
    static const char *const names[] = {"table", "json", "jsonl", "csv", "html"};
    for (int i = 0; i < 5; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (enum listing_format)i;
            return CS_OK;
        }
    }
    return diag_fail(diag, CS_E_INVALID, "--format %.40s: allowed are table, json, jsonl, csv, html", text);
}

/* ---- columns ---- */

static enum cs_err find_column(const struct listing *listing, const char *name, size_t len, size_t *out,
                               struct diag *diag)
{
    for (size_t i = 0; i < listing->column_count; i++) {
        if (strlen(listing->columns[i].name) == len && strncmp(listing->columns[i].name, name, len) == 0) {
            *out = i;
            return CS_OK;
        }
    }
    struct buf all = {0};
    for (size_t i = 0; i < listing->column_count; i++)
        buf_printf(&all, "%s%s", i > 0 ? ", " : "", listing->columns[i].name);
    diag_set(diag, "no column \"%.*s\"; there are %s", (int)(len < 40 ? len : 40), name, buf_str(&all));
    buf_dispose(&all);
    return CS_E_INVALID;
}

static enum cs_err choose_columns(struct listing *listing, struct diag *diag)
{
    const char *at = listing->options.columns;
    if (at == NULL) {
        for (size_t i = 0; i < listing->column_count; i++) {
            bool reads = listing->options.format == LISTING_TABLE || listing->options.format == LISTING_HTML;
            if (!reads || listing->columns[i].in_table)
                listing->shown[listing->shown_count++] = i;
        }
        return CS_OK;
    }
    for (;;) {
        size_t len = strcspn(at, ",");
        if (listing->shown_count == MAX_COLUMNS)
            return diag_fail(diag, CS_E_INVALID, "more than %d columns", MAX_COLUMNS);
        enum cs_err err = find_column(listing, at, len, &listing->shown[listing->shown_count], diag);
        if (err != CS_OK)
            return err;
        listing->shown_count++;
        if (at[len] == '\0')
            return CS_OK;
        at += len + 1;
    }
}

static enum cs_err choose_sort(struct listing *listing, struct diag *diag)
{
    const char *name = listing->options.sort;
    listing->sort_column = SIZE_MAX;
    if (name == NULL)
        return CS_OK;
    listing->descending = name[0] == '-';
    name += listing->descending;
    return find_column(listing, name, strlen(name), &listing->sort_column, diag);
}

static void free_listing(struct listing *listing)
{
    for (size_t i = 0; i < listing->held_count; i++)
        buf_dispose(&listing->held[i].text);
    free(listing->held);
    buf_dispose(&listing->current.text);
    buf_dispose(&listing->line);
    buf_dispose(&listing->cell);
    free(listing);
}

static void write_csv_header(struct listing *listing);
static void write_page_head(struct listing *listing);

enum cs_err listing_open(struct listing **out, FILE *file, const struct listing_options *options,
                         const struct listing_column *columns, size_t count, struct diag *diag)
{
    *out = NULL;
    struct listing *listing = calloc(1, sizeof *listing);
    if (listing == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    listing->file = file;
    listing->options = *options;
    listing->columns = columns;
    listing->column_count = count;
    if (listing->options.csv_separator == 0)
        listing->options.csv_separator = ',';
    enum cs_err err = choose_columns(listing, diag);
    if (err == CS_OK)
        err = choose_sort(listing, diag);
    if (err != CS_OK) {
        free_listing(listing);
        return err;
    }
    if (options->format == LISTING_CSV && !options->no_header)
        write_csv_header(listing);
    if (options->format == LISTING_HTML)
        write_page_head(listing);
    *out = listing;
    return CS_OK;
}

/* ---- cells ---- */

bool listing_wants(const struct listing *listing, size_t column)
{
    for (size_t i = 0; i < listing->shown_count; i++) {
        if (listing->shown[i] == column)
            return true;
    }
    return column == listing->sort_column;
}

void listing_text(struct listing *listing, size_t column, const char *text)
{
    if (text == NULL)
        return;
    size_t len = strlen(text);
    listing->current.cells[column] =
        (struct cell){.kind = CELL_TEXT, .at = listing->current.text.len, .len = len};
    buf_append(&listing->current.text, text, len);
}

static void set_number(struct listing *listing, size_t column, enum cell_kind kind, int64_t number)
{
    listing->current.cells[column] = (struct cell){.kind = kind, .number = number};
}

void listing_int(struct listing *listing, size_t column, int64_t number)
{
    set_number(listing, column, CELL_NUMBER, number);
}

void listing_bool(struct listing *listing, size_t column, bool value)
{
    set_number(listing, column, CELL_BOOL, value);
}

void listing_time(struct listing *listing, size_t column, int64_t time_s)
{
    set_number(listing, column, CELL_TIME, time_s);
}

void listing_texts(struct listing *listing, size_t column, const char *const *texts, size_t count)
{
    size_t at = listing->current.text.len;
    if (!listing_wants(listing, column))
        return;
    for (size_t i = 0; i < count; i++)
        buf_append(&listing->current.text, texts[i], strlen(texts[i]) + 1);
    listing->current.cells[column] =
        (struct cell){.kind = CELL_LIST, .at = at, .len = listing->current.text.len - at};
}

/* ---- one cell as text ---- */

static const char *cell_bytes(const struct row *row, const struct cell *cell)
{
    return buf_str(&row->text) + cell->at;
}

/* The plain text of a cell for tables and CSV, before it is made harmless. */
static void append_plain(struct buf *out, const struct row *row, const struct cell *cell)
{
    char time[TIMEFMT_SIZE];
    switch (cell->kind) {
    case CELL_NULL:
        break;
    case CELL_TEXT:
        buf_append(out, cell_bytes(row, cell), cell->len);
        break;
    case CELL_NUMBER:
        buf_printf(out, "%" PRId64, cell->number);
        break;
    case CELL_BOOL:
        buf_append_str(out, cell->number != 0 ? "true" : "false");
        break;
    case CELL_TIME:
        buf_append_str(out, timefmt_rfc3339(time, cell->number));
        break;
    case CELL_LIST:
        for (size_t at = 0; at < cell->len; at += strlen(cell_bytes(row, cell) + at) + 1) {
            buf_append_str(out, at > 0 ? " " : "");
            buf_append_str(out, cell_bytes(row, cell) + at);
        }
    }
}

static void write_json_cell(struct json_writer *json, const struct row *row, const struct cell *cell)
{
    switch (cell->kind) {
    case CELL_NULL:
        json_null(json);
        break;
    case CELL_TEXT:
        json_string_n(json, cell_bytes(row, cell), cell->len);
        break;
    case CELL_NUMBER:
        json_int(json, cell->number);
        break;
    case CELL_BOOL:
        json_bool(json, cell->number != 0);
        break;
    case CELL_TIME:
        json_time(json, cell->number);
        break;
    case CELL_LIST:
        json_begin_array(json);
        for (size_t at = 0; at < cell->len; at += strlen(cell_bytes(row, cell) + at) + 1)
            json_string(json, cell_bytes(row, cell) + at);
        json_end_array(json);
    }
}

/* Escapes control bytes but for those that CSV has a way to carry: a listing may end on a terminal. */
static void append_csv_text(struct buf *out, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t end = at;
        while (end < len && text[end] != '\n' && text[end] != '\t')
            end++;
        text_append_printable(out, text + at, end - at);
        if (end < len)
            buf_append_char(out, text[end]);
        at = end + 1;
    }
}

/* RFC 4180; and a cell that a spreadsheet would run as a formula gets an apostrophe. Numbers stay numbers. */
static void append_csv(struct listing *listing, const char *text, size_t len, bool is_number)
{
    struct buf *out = &listing->line;
    struct buf *clean = &listing->cell;
    bool formula = len > 0 && !is_number && strchr("=+-@\t", text[0]) != NULL;
    buf_reset(clean);
    if (formula)
        buf_append_char(clean, '\'');
    append_csv_text(clean, text, len);
    bool quoted = memchr(buf_str(clean), '"', clean->len) != NULL ||
                  memchr(buf_str(clean), '\n', clean->len) != NULL ||
                  memchr(buf_str(clean), listing->options.csv_separator, clean->len) != NULL;
    if (!quoted) {
        buf_append(out, clean->data, clean->len);
    } else {
        buf_append_char(out, '"');
        for (size_t i = 0; i < clean->len; i++) {
            if (clean->data[i] == '"')
                buf_append_char(out, '"');
            buf_append_char(out, (char)clean->data[i]);
        }
        buf_append_char(out, '"');
    }
}

/* ---- rows ---- */

static void write_csv_header(struct listing *listing)
{
    buf_reset(&listing->line);
    for (size_t i = 0; i < listing->shown_count; i++) {
        const char *name = listing->columns[listing->shown[i]].name;
        if (i > 0)
            buf_append_char(&listing->line, listing->options.csv_separator);
        append_csv(listing, name, strlen(name), false);
    }
    buf_append_str(&listing->line, "\r\n");
    fwrite(listing->line.data, 1, listing->line.len, listing->file);
}

static void csv_row(struct listing *listing, const struct row *row)
{
    struct buf text = {0};
    for (size_t i = 0; i < listing->shown_count; i++) {
        const struct cell *cell = &row->cells[listing->shown[i]];
        if (i > 0)
            buf_append_char(&listing->line, listing->options.csv_separator);
        if (cell->kind == CELL_NULL)
            continue;
        buf_reset(&text);
        append_plain(&text, row, cell);
        append_csv(listing, buf_str(&text), text.len, cell->kind == CELL_NUMBER);
    }
    buf_append_str(&listing->line, "\r\n");
    buf_dispose(&text);
}

static void write_page_head(struct listing *listing)
{
    static const struct html_page bare = {.title = "certscour"};
    const char *names[MAX_COLUMNS];
    for (size_t i = 0; i < listing->shown_count; i++)
        names[i] = listing->columns[listing->shown[i]].name;
    html_begin(&listing->line, listing->options.page != NULL ? listing->options.page : &bare, names,
               listing->shown_count);
    fwrite(listing->line.data, 1, listing->line.len, listing->file);
}

static void html_row(struct listing *listing, const struct row *row)
{
    struct buf text = {0};
    char date[TIMEFMT_SIZE];
    html_begin_row(&listing->line);
    for (size_t i = 0; i < listing->shown_count; i++) {
        const struct cell *cell = &row->cells[listing->shown[i]];
        buf_reset(&text);
        if (cell->kind == CELL_TIME)
            buf_append_str(&text, timefmt_date(date, cell->number));
        else
            append_plain(&text, row, cell);
        html_cell(&listing->line, buf_str(&text), text.len, cell->kind == CELL_NUMBER);
    }
    html_end_row(&listing->line);
    buf_dispose(&text);
}

static void json_row(struct listing *listing, const struct row *row)
{
    struct json_writer json;
    if (listing->options.format == LISTING_JSON)
        buf_append_str(&listing->line, listing->written == 0 ? "[\n" : ",\n");
    json_writer_init(&json, &listing->line);
    json_begin_object(&json);
    for (size_t i = 0; i < listing->shown_count; i++) {
        json_key(&json, listing->columns[listing->shown[i]].name);
        write_json_cell(&json, row, &row->cells[listing->shown[i]]);
    }
    json_end_object(&json);
    if (listing->options.format == LISTING_JSONL)
        buf_append_char(&listing->line, '\n');
}

/* What a table shows in a cell: dates without their clock, cut at the widest a cell may be. */
static void append_table_text(struct buf *out, const struct row *row, const struct cell *cell, size_t width)
{
    struct buf plain = {0};
    struct buf safe = {0};
    char date[TIMEFMT_SIZE];
    if (cell->kind == CELL_TIME)
        buf_append_str(&plain, timefmt_date(date, cell->number));
    else if (cell->kind == CELL_NULL)
        buf_append_char(&plain, '-');
    else
        append_plain(&plain, row, cell);
    text_append_printable(&safe, buf_str(&plain), plain.len);
    if (utf8_columns(buf_str(&safe)) > width) {
        size_t columns = 0;
        size_t at = 0;
        while (columns + 1 < width && at < safe.len) {
            at += utf8_length(safe.data + at, safe.len - at);
            columns++;
        }
        safe.len = at;
        buf_append_str(&safe, "…");
    }
    buf_append(out, safe.data, safe.len);
    buf_dispose(&plain);
    buf_dispose(&safe);
}

static void table_cell(struct listing *listing, const char *text, size_t column, bool is_number, bool is_last)
{
    size_t used = utf8_columns(text);
    size_t pad = listing->widths[column] > used ? listing->widths[column] - used : 0;
    buf_printf(&listing->line, "%*s%s", is_number ? (int)pad : 0, "", text);
    if (!is_last)
        buf_printf(&listing->line, "%*s", (is_number ? 0 : (int)pad) + 2, "");
}

static void table_row(struct listing *listing, const struct row *row)
{
    struct buf text = {0};
    for (size_t i = 0; i < listing->shown_count; i++) {
        const struct cell *cell = &row->cells[listing->shown[i]];
        buf_reset(&text);
        append_table_text(&text, row, cell, listing->widths[i]);
        table_cell(listing, buf_str(&text), i, cell->kind == CELL_NUMBER, i + 1 == listing->shown_count);
    }
    while (listing->line.len > 0 && listing->line.data[listing->line.len - 1] == ' ')
        listing->line.len--; /* nothing hangs over the end of a line */
    buf_append_char(&listing->line, '\n');
    buf_dispose(&text);
}

/* Takes from the widest column until the row fits the terminal. */
static void fit_widths(struct listing *listing)
{
    size_t total = 0;
    for (size_t i = 0; i < listing->shown_count; i++)
        total += listing->widths[i] + (i > 0 ? 2 : 0);
    while (listing->options.width > 0 && total > listing->options.width) {
        size_t widest = 0;
        for (size_t i = 1; i < listing->shown_count; i++)
            widest = listing->widths[i] > listing->widths[widest] ? i : widest;
        if (listing->widths[widest] <= 8)
            return;
        listing->widths[widest]--;
        total--;
    }
}

static void choose_widths(struct listing *listing)
{
    struct buf text = {0};
    for (size_t i = 0; i < listing->shown_count; i++) {
        size_t column = listing->shown[i];
        listing->widths[i] = listing->options.no_header ? 1 : strlen(listing->columns[column].name);
        for (size_t r = 0; r < listing->held_count && r < TABLE_LOOKAHEAD; r++) {
            buf_reset(&text);
            append_table_text(&text, &listing->held[r], &listing->held[r].cells[column], MAX_CELL_WIDTH);
            size_t width = utf8_columns(buf_str(&text));
            listing->widths[i] = width > listing->widths[i] ? width : listing->widths[i];
        }
    }
    buf_dispose(&text);
    fit_widths(listing);
    listing->widths_known = true;
    if (listing->options.no_header || listing->held_count == 0)
        return;
    buf_reset(&listing->line);
    for (size_t i = 0; i < listing->shown_count; i++) {
        const struct cell *first = &listing->held[0].cells[listing->shown[i]];
        char name[MAX_CELL_WIDTH + 1];
        size_t len = strlen(listing->columns[listing->shown[i]].name);
        for (size_t k = 0; k <= len && k < sizeof name; k++) {
            char c = listing->columns[listing->shown[i]].name[k];
            name[k] = (char)(c == '_' ? ' ' : c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        }
        name[MAX_CELL_WIDTH] = '\0';
        if (len > listing->widths[i])
            name[listing->widths[i]] = '\0';
        table_cell(listing, name, i, first->kind == CELL_NUMBER, i + 1 == listing->shown_count);
    }
    buf_append_char(&listing->line, '\n');
    fwrite(listing->line.data, 1, listing->line.len, listing->file);
}

static enum cs_err write_row(struct listing *listing, const struct row *row, struct diag *diag)
{
    buf_reset(&listing->line);
    switch (listing->options.format) {
    case LISTING_TABLE:
        table_row(listing, row);
        break;
    case LISTING_CSV:
        csv_row(listing, row);
        break;
    case LISTING_HTML:
        html_row(listing, row);
        break;
    case LISTING_JSON:
    case LISTING_JSONL:
        json_row(listing, row);
        break;
    }
    listing->written++;
    if (listing->line.err != CS_OK)
        return diag_fail(diag, listing->line.err, "out of memory");
    if (fwrite(listing->line.data, 1, listing->line.len, listing->file) != listing->line.len)
        return diag_fail(diag, CS_E_IO, "standard output: %s", strerror(errno));
    return CS_OK;
}

static enum cs_err hold_row(struct listing *listing, struct diag *diag)
{
    if (listing->held_count == listing->held_cap) {
        size_t cap = listing->held_cap == 0 ? 64 : listing->held_cap * 2;
        struct row *held = realloc(listing->held, cap * sizeof *held);
        if (held == NULL)
            return diag_fail(diag, CS_E_NOMEM, "out of memory");
        listing->held = held;
        listing->held_cap = cap;
    }
    listing->held_bytes += sizeof(struct row) + listing->current.text.len;
    if (listing->held_bytes > LISTING_MAX_SORTED)
        return diag_fail(diag, CS_E_LIMIT,
                         "too many rows to sort in memory; narrow them with --where, or leave --sort out");
    listing->held[listing->held_count++] = listing->current;
    listing->current = (struct row){0};
    return CS_OK;
}

static enum cs_err write_held(struct listing *listing, struct diag *diag)
{
    enum cs_err err = CS_OK;
    if (listing->options.format == LISTING_TABLE && !listing->widths_known)
        choose_widths(listing);
    for (size_t i = 0; i < listing->held_count && err == CS_OK; i++) {
        if (listing->options.limit != 0 && listing->written >= listing->options.limit)
            break;
        err = write_row(listing, &listing->held[i], diag);
    }
    for (size_t i = 0; i < listing->held_count; i++)
        buf_dispose(&listing->held[i].text);
    listing->held_count = 0;
    return err;
}

enum cs_err listing_end_row(struct listing *listing, struct diag *diag)
{
    bool sorted = listing->sort_column != SIZE_MAX;
    bool table = listing->options.format == LISTING_TABLE && !listing->widths_known;
    if (listing->current.text.err != CS_OK)
        return diag_fail(diag, listing->current.text.err, "out of memory");
    if (!sorted && listing->options.limit != 0 && listing->taken >= listing->options.limit)
        return CS_E_CANCELLED;
    listing->taken++;
    enum cs_err err;
    if (sorted || table) {
        err = hold_row(listing, diag);
        if (err == CS_OK && !sorted && listing->held_count == TABLE_LOOKAHEAD)
            err = write_held(listing, diag);
    } else {
        err = write_row(listing, &listing->current, diag);
        buf_reset(&listing->current.text);
        memset(listing->current.cells, 0, sizeof listing->current.cells);
    }
    return err;
}

/* ---- sorting ---- */

static int compare_cells(const struct row *a, const struct row *b, size_t column)
{
    const struct cell *left = &a->cells[column];
    const struct cell *right = &b->cells[column];
    if (left->kind == CELL_NULL || right->kind == CELL_NULL)
        return (left->kind != CELL_NULL) - (right->kind != CELL_NULL);
    if (left->kind != CELL_TEXT && left->kind != CELL_LIST)
        return (left->number > right->number) - (left->number < right->number);
    struct buf one = {0};
    struct buf other = {0};
    append_plain(&one, a, left);
    append_plain(&other, b, right);
    int order = text_compare(buf_str(&one), buf_str(&other));
    buf_dispose(&one);
    buf_dispose(&other);
    return order;
}

static int by_sort_column(const void *a, const void *b, void *data)
{
    const struct listing *listing = data;
    int order = compare_cells(a, b, listing->sort_column);
    return listing->descending ? -order : order;
}

enum cs_err listing_close(struct listing *listing, enum cs_err err, struct diag *diag)
{
    if (err == CS_E_CANCELLED)
        err = CS_OK;
    if (err == CS_OK && listing->sort_column != SIZE_MAX && listing->held_count > 1)
        qsort_r(listing->held, listing->held_count, sizeof *listing->held, by_sort_column, listing);
    if (err == CS_OK)
        err = write_held(listing, diag);
    if (err == CS_OK && listing->options.format == LISTING_JSON)
        fputs(listing->written == 0 ? "[]\n" : "\n]\n", listing->file);
    if (err == CS_OK && listing->options.format == LISTING_HTML) {
        buf_reset(&listing->line);
        html_end(&listing->line, listing->written);
        fwrite(listing->line.data, 1, listing->line.len, listing->file);
    }
    if (err == CS_OK && fflush(listing->file) != 0)
        err = diag_fail(diag, CS_E_IO, "standard output: %s", strerror(errno));
    free_listing(listing);
    return err;
}
