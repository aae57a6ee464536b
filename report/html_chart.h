// SPDX-License-Identifier: Apache-2.0
#ifndef REPORT_HTML_CHART_H
#define REPORT_HTML_CHART_H

#include "report/html.h"

/* A figure with title, legend, drawing and note. */
void html_chart(struct buf *out, const struct html_chart *chart);

#endif
