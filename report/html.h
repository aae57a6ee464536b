// SPDX-License-Identifier: Apache-2.0
/* A report as one HTML page that stands alone: no script, nothing from the network (a policy in the page
 * forbids it), light or dark as the reader's system is, readable on paper. Charts are inline SVG. All text is
 * escaped here: whatever a certificate says stays text. Everything is appended to a buffer, piece by piece,
 * so that a table of any length is written in bounded memory. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define HTML_MAX_SERIES 4
#define HTML_MAX_BARS   60 /* of a chart; what is above is left out */

enum html_tone { HTML_PLAIN, HTML_GOOD, HTML_WARN, HTML_BAD, HTML_MUTED };

struct html_series {
    const char *name;
    enum html_tone tone;
};

struct html_bar {
    const char *label;
    uint64_t counts[HTML_MAX_SERIES];
};

struct html_chart {
    const char *title;
    const char *note; /* a sentence below it; NULL = none */
    enum {
        HTML_BARS,    /* lying, series one behind the other: for names */
        HTML_COLUMNS, /* standing, the same: for times */
        HTML_GROUPS   /* standing, series side by side */
    } kind;
    const struct html_series *series;
    size_t series_count; /* 1 to HTML_MAX_SERIES */
    const struct html_bar *bars;
    size_t bar_count;
};

struct html_page { /* borrowed for as long as the page is written */
    const char *title;
    const char *lead; /* what is counted and since when; NULL = none */
    int64_t made_at_s;
    const struct html_chart *charts;
    size_t chart_count;
};

/* Up to and with the first row of the table, which has these columns. */
void html_begin(struct buf *out, const struct html_page *page, const char *const *columns, size_t count);
void html_begin_row(struct buf *out);
void html_cell(struct buf *out, const char *text, size_t len, bool is_number);
void html_end_row(struct buf *out);
void html_end(struct buf *out, uint64_t row_count);

/* Text for between tags and within quoted attributes, as clean UTF-8; control characters become U+FFFD. */
void html_text(struct buf *out, const char *text, size_t len);

#endif
