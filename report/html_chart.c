// SPDX-License-Identifier: Apache-2.0
/* Coordinates are those of the drawing's own box, which the page scales; colours come from the page's style.
 */
#include "report/html_chart.h"

#include <inttypes.h>
#include <string.h>

#define WIDTH       720
#define PLOT_TOP    14
#define PLOT_HEIGHT 190
#define PLOT_LEFT   52
#define ROW_HEIGHT  27
#define LABEL_WIDTH 220
#define VALUE_WIDTH 64
#define LABEL_CHARS 32
#define GRID_LINES  4
#define LABEL_ROOM  62 /* a label below a column takes that much */

static const char *tone_class(enum html_tone tone)
{
    static const char *const names[] = {"plain", "good", "warn", "bad", "muted"};
    return names[tone];
}

static void put_str(struct buf *out, const char *text)
{
    html_text(out, text, strlen(text));
}

static uint64_t total_of(const struct html_chart *chart, const struct html_bar *bar)
{
    uint64_t total = 0;
    for (size_t s = 0; s < chart->series_count; s++)
        total += bar->counts[s];
    return total;
}

static size_t bars_shown(const struct html_chart *chart)
{
    return chart->bar_count < HTML_MAX_BARS ? chart->bar_count : HTML_MAX_BARS;
}

/* The highest that is drawn; at least 1. */
static uint64_t highest(const struct html_chart *chart)
{
    uint64_t most = 1;
    for (size_t i = 0; i < bars_shown(chart); i++) {
        const struct html_bar *bar = &chart->bars[i];
        for (size_t s = 0; chart->kind == HTML_GROUPS && s < chart->series_count; s++)
            most = bar->counts[s] > most ? bar->counts[s] : most;
        if (chart->kind != HTML_GROUPS && total_of(chart, bar) > most)
            most = total_of(chart, bar);
    }
    return most;
}

/* The next of 4, 8, 20, 40, 80, 200 ...: four grid lines at whole numbers. */
static uint64_t round_up(uint64_t most)
{
    static const uint64_t steps[] = {1, 2, 5};
    for (uint64_t power = 1; power < UINT64_MAX / 100; power *= 10) {
        for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
            if (steps[i] * power * GRID_LINES >= most)
                return steps[i] * power * GRID_LINES;
        }
    }
    return most;
}

static void rectangle(struct buf *out, const struct html_chart *chart, const struct html_bar *bar,
                      size_t series, const double box[4])
{
    buf_printf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>",
               tone_class(chart->series[series].tone), box[0], box[1], box[2], box[3]);
    put_str(out, bar->label);
    if (chart->series_count > 1) {
        buf_append_str(out, ", ");
        put_str(out, chart->series[series].name);
    }
    buf_printf(out, ": %" PRIu64 "</title></rect>", bar->counts[series]);
}

static void begin_drawing(struct buf *out, const struct html_chart *chart, int height)
{
    buf_printf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, height);
    put_str(out, chart->title);
    buf_append_str(out, "\">");
}

/* ---- lying bars ---- */

/* Cut at whole characters; the whole of it is in the tool tip. */
static void row_label(struct buf *out, const char *label, double y)
{
    size_t at = 0;
    for (size_t chars = 0; label[at] != '\0' && chars < LABEL_CHARS; chars++) {
        at++;
        while (((unsigned char)label[at] & 0xC0) == 0x80)
            at++;
    }
    buf_printf(out, "<text class=\"end\" x=\"%d\" y=\"%.1f\">", LABEL_WIDTH - 10, y);
    html_text(out, label, at);
    buf_append_str(out, label[at] != '\0' ? "…<title>" : "<title>");
    put_str(out, label);
    buf_append_str(out, "</title></text>");
}

static void draw_rows(struct buf *out, const struct html_chart *chart)
{
    double scale = (double)(WIDTH - LABEL_WIDTH - VALUE_WIDTH) / (double)highest(chart);
    begin_drawing(out, chart, (int)bars_shown(chart) * ROW_HEIGHT + 4);
    for (size_t i = 0; i < bars_shown(chart); i++) {
        const struct html_bar *bar = &chart->bars[i];
        double x = LABEL_WIDTH;
        double y = (double)i * ROW_HEIGHT + 4;
        row_label(out, bar->label, y + 15);
        for (size_t s = 0; s < chart->series_count; s++) {
            double width = (double)bar->counts[s] * scale;
            if (bar->counts[s] > 0)
                rectangle(out, chart, bar, s, (const double[]){x, y, width > 1 ? width : 1, ROW_HEIGHT - 7});
            x += width;
        }
        buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\">%" PRIu64 "</text>", x + 7, y + 15,
                   total_of(chart, bar));
    }
    buf_append_str(out, "</svg>");
}

/* ---- standing columns ---- */

static void draw_grid(struct buf *out, uint64_t top)
{
    for (uint64_t line = 0; line <= GRID_LINES; line++) {
        double y = PLOT_TOP + PLOT_HEIGHT - (double)PLOT_HEIGHT * (double)line / GRID_LINES;
        buf_printf(out,
                   "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                   "<text class=\"end\" x=\"%d\" y=\"%.1f\">%" PRIu64 "</text>",
                   PLOT_LEFT, WIDTH, y, y, PLOT_LEFT - 8, y + 4, top / GRID_LINES * line);
    }
}

static void draw_column(struct buf *out, const struct html_chart *chart, const struct html_bar *bar, double x,
                        double width, uint64_t top)
{
    double below = PLOT_TOP + PLOT_HEIGHT;
    bool grouped = chart->kind == HTML_GROUPS;
    double part = grouped ? width / (double)chart->series_count : width;
    for (size_t s = 0; s < chart->series_count; s++) {
        double height = (double)bar->counts[s] * PLOT_HEIGHT / (double)top;
        double y = (grouped ? PLOT_TOP + PLOT_HEIGHT : below) - height;
        if (bar->counts[s] > 0)
            rectangle(out, chart, bar, s,
                      (const double[]){x + (grouped ? part * (double)s : 0), y, part, height});
        below -= height;
    }
}

static void draw_columns(struct buf *out, const struct html_chart *chart)
{
    size_t count = bars_shown(chart);
    uint64_t top = round_up(highest(chart));
    double step = count > 0 ? (double)(WIDTH - PLOT_LEFT) / (double)count : 0;
    size_t every = step > 0 && step < LABEL_ROOM ? (size_t)(LABEL_ROOM / step) + 1 : 1;
    begin_drawing(out, chart, PLOT_TOP + PLOT_HEIGHT + 28);
    draw_grid(out, top);
    for (size_t i = 0; i < count; i++) {
        double x = PLOT_LEFT + step * (double)i;
        draw_column(out, chart, &chart->bars[i], x + step * 0.12, step * 0.76, top);
        if (i % every != 0)
            continue;
        buf_printf(out, "<text class=\"mid\" x=\"%.1f\" y=\"%d\">", x + step / 2,
                   PLOT_TOP + PLOT_HEIGHT + 20);
        put_str(out, chart->bars[i].label);
        buf_append_str(out, "</text>");
    }
    buf_append_str(out, "</svg>");
}

static void draw_legend(struct buf *out, const struct html_chart *chart)
{
    buf_append_str(out, "<p class=\"legend\">");
    for (size_t s = 0; s < chart->series_count; s++) {
        buf_printf(out, "<span><i class=\"%s\"></i>", tone_class(chart->series[s].tone));
        put_str(out, chart->series[s].name);
        buf_append_str(out, "</span>");
    }
    buf_append_str(out, "</p>");
}

void html_chart(struct buf *out, const struct html_chart *chart)
{
    buf_append_str(out, "<figure><figcaption>");
    put_str(out, chart->title);
    buf_append_str(out, "</figcaption>");
    if (chart->series_count > 1)
        draw_legend(out, chart);
    if (chart->bar_count == 0)
        buf_append_str(out, "<p class=\"note\">Nothing to show.</p>");
    else if (chart->kind == HTML_BARS)
        draw_rows(out, chart);
    else
        draw_columns(out, chart);
    if (chart->note != NULL) {
        buf_append_str(out, "<p class=\"note\">");
        put_str(out, chart->note);
        buf_append_str(out, "</p>");
    }
    buf_append_str(out, "</figure>\n");
}
