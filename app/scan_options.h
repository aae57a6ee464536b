// SPDX-License-Identifier: Apache-2.0
/* The options of `certscour scan`: what the command line and [scan] of the configuration say, and what their
 * words mean. */
#ifndef APP_SCAN_OPTIONS_H
#define APP_SCAN_OPTIONS_H

#include "app/app.h"
#include "app/name_stage.h"
#include "app/options.h"
#include "app/scan_request.h"
#include "model/endpoint.h"
#include "scanner/scanner.h"

enum output { OUTPUT_SUMMARY, OUTPUT_JSONL, OUTPUT_NONE };

struct scan_options {
    struct scan_request request;
    struct scan_limits limits;
    struct option_seed seed;
    const char *network;
    const char *shard;
    const char *source;
    const char *ehlo_name;
    const char *lane;
    const char *key_types;
    const char *names_from;
    uint32_t max_names;
    const char *format;
    const char *progress;
    const char *resume;
    bool outcomes;
    bool no_store;
    bool dry_run;
};

#define SCAN_OPTIONS_DEFAULT                                                                                 \
    {                                                                                                        \
        .limits = scan_limits_default, .max_names = 10                                                       \
    }

extern const struct command_option scan_option_table[];

/* [scan] of the configuration, where the command line says nothing. CS_E_INVALID, as all below. */
CS_MUST_USE enum cs_err scan_options_defaults(struct app *app, struct scan_options *options);

/* The meaning of one word; NULL stands for its default. */
CS_MUST_USE enum cs_err scan_output_parse(const char *text, enum output *out, struct diag *diag);
CS_MUST_USE enum cs_err scan_shard_parse(const char *text, struct scan_plan *plan, struct diag *diag);
CS_MUST_USE enum cs_err scan_source_parse(const char *text, struct scan_plan *plan, struct diag *diag);
CS_MUST_USE enum cs_err scan_policy_parse(const char *lane, const char *key_types,
                                          struct tries_policy *policy, struct diag *diag);
/* What scanner/name_source.h reads; NULL = its defaults. */
CS_MUST_USE enum cs_err scan_names_parse(const char *text, struct name_options *names, struct diag *diag);
/* NULL: this host's name, where it is one that can be told. */
CS_MUST_USE enum cs_err scan_ehlo_parse(const char *text, char out[ENDPOINT_MAX_NAME + 1], struct diag *diag);
CS_MUST_USE enum cs_err scan_progress_check(const char *when, struct diag *diag);
CS_MUST_USE enum cs_err scan_network_check(const char *network, struct diag *diag);

#endif
