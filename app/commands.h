// SPDX-License-Identifier: Apache-2.0
/* The tables of commands, one for each file of commands; app/main.c joins them. Each ends with a NULL name.
 */
#ifndef APP_COMMANDS_H
#define APP_COMMANDS_H

#include "app/app.h"

/* All of them, in the order of --help; NULL ends. In app/main.c. */
extern const struct command *const command_tables[];

extern const struct command scan_commands[];
extern const struct command scan_admin_commands[];
extern const struct command task_commands[];
extern const struct command task_run_commands[];
extern const struct command serve_commands[];
extern const struct command org_commands[];
extern const struct command rule_commands[];
extern const struct command rule_apply_commands[];
extern const struct command rule_file_commands[];
extern const struct command assets_commands[];
extern const struct command cert_commands[];
extern const struct command exclude_commands[];
extern const struct command findings_commands[];
extern const struct command accept_commands[];
extern const struct command roots_commands[];
extern const struct command status_commands[];
extern const struct command report_coverage_commands[];
extern const struct command report_changes_commands[];
extern const struct command report_estate_commands[];
extern const struct command report_expiring_commands[];
extern const struct command report_forecast_commands[];
extern const struct command report_unmanaged_commands[];
extern const struct command scm_commands[];
extern const struct command scm_pull_commands[];
extern const struct command scm_domain_commands[];
extern const struct command scm_push_commands[];
extern const struct command scm_rule_commands[];
extern const struct command scm_task_commands[];
extern const struct command scm_undo_commands[];
extern const struct command scm_log_commands[];
extern const struct command caa_commands[];
extern const struct command report_unseen_commands[];
extern const struct command manual_commands[];
extern const struct command completion_commands[];
extern const struct command inventory_commands[];

#endif
