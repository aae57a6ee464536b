// SPDX-License-Identifier: Apache-2.0
#include "report/html.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "report/html_chart.h"

#define UNBROKEN 10 /* a cell of so few bytes, a date, stays on its line */

static const char style[] =
    ":root{color-scheme:light dark;--page:#fff;--card:#f6f8fa;--ink:#1b2026;--soft:#59636e;--line:#d5dbe1;"
    "--plain:#2f6db5;--good:#2c8a57;--warn:#c27c0e;--bad:#c23b3b;--muted:#97a1ab}"
    "@media screen and (prefers-color-scheme:dark){:root{--page:#14181d;--card:#1d232a;--ink:#e4e8ec;"
    "--soft:#9aa5b1;--line:#343c46;--plain:#6ea8e8;--good:#58b883;--warn:#e0a341;--bad:#ec7d7d;"
    "--muted:#6c7681}}"
    "*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);"
    "font:15px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}"
    "main{max-width:1180px;margin:0 auto;padding:28px 24px 40px}h1{font-size:26px;margin:0 0 2px}"
    "header p{margin:0;color:var(--soft)}"
    ".charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:18px;margin:22px 0}"
    "figure:only-child{max-width:760px}figure{margin:0;padding:16px 18px;background:var(--card);border:1px "
    "solid var(--line);"
    "border-radius:8px}figcaption{font-weight:600;margin-bottom:8px}svg{display:block;width:100%;height:auto}"
    "svg text{font-size:13px;fill:var(--soft)}svg .end{text-anchor:end}svg .mid{text-anchor:middle}"
    "svg line{stroke:var(--line);stroke-width:1}rect.plain{fill:var(--plain)}rect.good{fill:var(--good)}"
    "rect.warn{fill:var(--warn)}rect.bad{fill:var(--bad)}rect.muted{fill:var(--muted)}"
    ".legend{margin:0 0 8px;font-size:13px;color:var(--soft)}.legend span{margin-right:16px}"
    ".legend i{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:6px}"
    "i.plain{background:var(--plain)}i.good{background:var(--good)}i.warn{background:var(--warn)}"
    "i.bad{background:var(--bad)}i.muted{background:var(--muted)}"
    ".note{margin:8px 0 0;font-size:13px;color:var(--soft)}"
    ".list{width:fit-content;max-width:100%;overflow-x:auto;border:1px solid "
    "var(--line);border-radius:8px;margin-top:22px}"
    "table{border-collapse:collapse;font-size:14px}"
    "th{text-align:left;font-weight:600;background:var(--card);white-space:nowrap}"
    "th,td{padding:7px 12px;border-bottom:1px solid var(--line);vertical-align:top}"
    "tbody tr:last-child td{border-bottom:0}td{overflow-wrap:anywhere}"
    ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.d{white-space:nowrap}"
    "td.good{color:var(--good);font-weight:600}td.warn{color:var(--warn);font-weight:600}"
    "td.bad{color:var(--bad);font-weight:600}footer{margin-top:14px;font-size:13px;color:var(--soft)}"
    "@media print{@page{margin:14mm}body{font-size:9.5pt}main{max-width:none;padding:0}"
    ".charts{grid-template-columns:1fr 1fr;gap:10px;margin:12px 0}.list{overflow:visible;border:0;width:auto}"
    "table{font-size:8.5pt}th,td{padding:3px 6px}thead{display:table-header-group}"
    "tr,figure{break-inside:avoid}figure,th,rect,i{print-color-adjust:exact;"
    "-webkit-print-color-adjust:exact}}"
    "@media screen and (max-width:480px){.charts{grid-template-columns:1fr}}";

/* Words that a reader looks for are coloured. */
static const struct {
    const char *word;
    enum html_tone tone;
} words[] = {
    {"critical", HTML_BAD}, {"expired", HTML_BAD},   {"unmanaged", HTML_BAD}, {"gone", HTML_BAD},
    {"warning", HTML_WARN}, {"replaced", HTML_WARN}, {"moved", HTML_WARN},    {"owner-changed", HTML_WARN},
    {"managed", HTML_GOOD}, {"renewed", HTML_GOOD},  {"back", HTML_GOOD},     {"new", HTML_GOOD},
};

static void append_escaped(struct buf *out, char c)
{
    switch (c) {
    case '&':
        buf_append_str(out, "&amp;");
        break;
    case '<':
        buf_append_str(out, "&lt;");
        break;
    case '>':
        buf_append_str(out, "&gt;");
        break;
    case '"':
        buf_append_str(out, "&quot;");
        break;
    case '\'':
        buf_append_str(out, "&#39;");
        break;
    default:
        buf_append_char(out, c);
    }
}

/* One character, in clean UTF-8: controls (C0, DEL, C1), and what turns text round or hides in it
 * (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), are not for a page to show. */
static bool is_hidden(const uint8_t *at, size_t len)
{
    if (len == 1)
        return (at[0] < 0x20 && at[0] != '\n' && at[0] != '\t') || at[0] == 0x7F;
    if (len == 2)
        return at[0] == 0xC2 && at[1] < 0xA0;
    if (len == 3 && at[0] == 0xE2 && at[1] == 0x80)
        return at[2] == 0x8E || at[2] == 0x8F || (at[2] >= 0xAA && at[2] <= 0xAE);
    return len == 3 && at[0] == 0xE2 && at[1] == 0x81 && at[2] >= 0xA6 && at[2] <= 0xA9;
}

void html_text(struct buf *out, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        const uint8_t *bytes = (const uint8_t *)text + at;
        size_t size = utf8_length(bytes, len - at);
        if (size == 0 || is_hidden(bytes, size))
            buf_append_str(out, "\xEF\xBF\xBD");
        else if (size == 1)
            append_escaped(out, text[at]);
        else
            buf_append(out, bytes, size);
        at += size > 0 ? size : 1;
    }
}

static void put_str(struct buf *out, const char *text)
{
    html_text(out, text, strlen(text));
}

/* "days_left" as "Days left". */
static void put_heading(struct buf *out, const char *column)
{
    for (size_t i = 0; column[i] != '\0'; i++) {
        char c = column[i] == '_' ? ' ' : column[i];
        append_escaped(out, i == 0 && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
    }
}

static void begin_table(struct buf *out, const char *const *columns, size_t count)
{
    buf_append_str(out, "<div class=\"list\"><table><thead><tr>");
    for (size_t i = 0; i < count; i++) {
        buf_append_str(out, "<th scope=\"col\">");
        put_heading(out, columns[i]);
        buf_append_str(out, "</th>");
    }
    buf_append_str(out, "</tr></thead><tbody>\n");
}

void html_begin(struct buf *out, const struct html_page *page, const char *const *columns, size_t count)
{
    char time[TIMEFMT_SIZE];
    buf_append_str(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                        "style-src 'unsafe-inline'; img-src data:\">"
                        "<meta name=\"viewport\" content=\"width=device-width\">"
                        "<meta name=\"referrer\" content=\"no-referrer\"><link rel=\"icon\" href=\"data:,\">"
                        "<title>");
    put_str(out, page->title);
    buf_printf(out, "</title><style>%s</style></head>\n<body><main><header><h1>", style);
    put_str(out, page->title);
    buf_printf(out, "</h1><p>%s UTC", timefmt_date(time, page->made_at_s));
    if (page->lead != NULL) {
        buf_append_str(out, ". ");
        put_str(out, page->lead);
    }
    buf_append_str(out, "</p></header>\n");
    if (page->chart_count > 0) {
        buf_append_str(out, "<section class=\"charts\">\n");
        for (size_t i = 0; i < page->chart_count; i++)
            html_chart(out, &page->charts[i]);
        buf_append_str(out, "</section>\n");
    }
    begin_table(out, columns, count);
}

void html_begin_row(struct buf *out)
{
    buf_append_str(out, "<tr>");
}

static const char *word_class(const char *text, size_t len)
{
    static const char *const classes[] = {
        [HTML_GOOD] = " class=\"good\"", [HTML_WARN] = " class=\"warn\"", [HTML_BAD] = " class=\"bad\""};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strlen(words[i].word) == len && memcmp(words[i].word, text, len) == 0)
            return classes[words[i].tone];
    }
    return len <= UNBROKEN ? " class=\"d\"" : "";
}

void html_cell(struct buf *out, const char *text, size_t len, bool is_number)
{
    buf_printf(out, "<td%s>", is_number ? " class=\"n\"" : word_class(text, len));
    html_text(out, text, len);
    buf_append_str(out, "</td>");
}

void html_end_row(struct buf *out)
{
    buf_append_str(out, "</tr>\n");
}

void html_end(struct buf *out, uint64_t row_count)
{
    buf_printf(out,
               "</tbody></table></div>\n<footer>%" PRIu64 " %s. Made by certscour.</footer>\n"
               "</main></body></html>\n",
               row_count, row_count == 1 ? "row" : "rows");
}
