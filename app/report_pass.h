// SPDX-License-Identifier: Apache-2.0
/* The way of every report over assets: --where and --owner, the store, the expiry limits, and then each asset
 * with its findings, as often as the report has to see them. */
#ifndef APP_REPORT_PASS_H
#define APP_REPORT_PASS_H

#include "app/app.h"
#include "report/asset_list.h"

struct report_scope { /* the first member of a report's options */
    const char *where;
    const char *owner;
};
#define REPORT_SCOPE_OPTIONS                                                                                 \
    {.name = "where",                                                                                        \
     .kind = OPTION_TEXT,                                                                                    \
     .argument = "EXPR",                                                                                     \
     .help = "only these assets, as in `assets`",                                                            \
     .offset = offsetof(struct report_scope, where)},                                                        \
    {                                                                                                        \
        .name = "owner", .kind = OPTION_TEXT, .argument = "OWNER",                                           \
        .help = "only those of an organization, or of one department",                                       \
        .offset = offsetof(struct report_scope, owner)                                                       \
    }

/* One asset. `findings` are all that it has. */
typedef enum cs_err (*report_each)(void *context, const struct asset_row *row, const char *const *findings,
                                   size_t finding_count);

struct report_pass {
    struct app *app;
    struct asset_filter filter; /* the report may set more before it runs */
    struct matcher *where;
    struct owner_name owner;
    struct expiry_limits limits;
    int64_t now_s;
    bool exact;
    report_each each;
    void *context;
};

/* Opens the store. The filter takes live assets. Call report_pass_end even after an error. */
CS_MUST_USE enum cs_err report_pass_begin(struct report_pass *pass, struct app *app,
                                          const struct report_scope *scope);
CS_MUST_USE enum cs_err report_pass_run(struct report_pass *pass, report_each each, void *context);
void report_pass_end(struct report_pass *pass);

#endif
