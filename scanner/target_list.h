// SPDX-License-Identifier: Apache-2.0
/* What the user asked for, before it becomes a target set: TARGETs, files, exclusions, names. Collects,
 * checks, lets names be resolved, then builds. Order of use: init, add..., (resolve the names of
 * target_list_names), build. */
#ifndef SCANNER_TARGET_LIST_H
#define SCANNER_TARGET_LIST_H

#include <stdio.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/text_list.h"
#include "scanner/port_list.h"
#include "scanner/target_set.h"

struct target_list; /* opaque */

/* `ports` (borrowed until build) is what -p gave. */
CS_MUST_USE enum cs_err target_list_new(struct target_list **out, const struct port_list *ports);
void target_list_free(struct target_list *list);

/* One TARGET: address, a.b.c.d/n, first-last, host name, each with optional :PORT[/PROTOCOL] ([v6]:PORT).
 * Host names are turned into lower-case A-labels (IDNA 2008). CS_E_INVALID: place and reason in `diag`. */
CS_MUST_USE enum cs_err target_list_add(struct target_list *list, const char *text, struct diag *diag);

/* A file: one TARGET a line with # comments, or the output of `masscan -oL`, `nmap -oG` or `zmap` (recognised
 * by content; open ports only). `name` is for messages, which give it with the line number. */
CS_MUST_USE enum cs_err target_list_add_file(struct target_list *list, FILE *file, const char *name,
                                             struct diag *diag);

/* -x: an address, range or host name; a host name excludes its addresses and every target with that name. */
CS_MUST_USE enum cs_err target_list_exclude(struct target_list *list, const char *text, struct diag *diag);
CS_MUST_USE enum cs_err target_list_exclude_file(struct target_list *list, FILE *file, const char *name,
                                                 struct diag *diag);

/* --sni: for every target given by address. --names: lines `address name`, or a zone as named-compilezone
 * prints it (A, AAAA and CNAME records count); each adds, to the ports that
 * address is scanned on, targets with that name beside the ones without. */
CS_MUST_USE enum cs_err target_list_set_sni(struct target_list *list, const char *name, struct diag *diag);
CS_MUST_USE enum cs_err target_list_add_names_file(struct target_list *list, FILE *file, const char *name,
                                                   struct diag *diag);

/* Distinct host names (targets and exclusions) still to resolve; borrowed. */
const struct text_list *target_list_names(const struct target_list *list);
/* What the DNS said; `ips` is copied; none = unresolved: every port of the name becomes a target without
 * address. */
CS_MUST_USE enum cs_err target_list_resolved(struct target_list *list, const char *name, const struct ip *ips,
                                             size_t count);

/* Builds and checks: exclusions and special addresses taken out, duplicates removed, at most TARGET_SET_MAX.
 * CS_E_INVALID: nothing left, a TARGET wholly excluded (named), too many. `notes` gets one line for each
 * thing a person should know: special addresses dropped, names lines that match no scanned address. */
CS_MUST_USE enum cs_err target_list_build(struct target_list *list, struct target_set **out,
                                          struct buf *notes, struct diag *diag);

/* The same checks as far as they need no DNS: to be called before any packet, a DNS query included, is sent.
 */
CS_MUST_USE enum cs_err target_list_check(struct target_list *list, struct diag *diag);

#endif
