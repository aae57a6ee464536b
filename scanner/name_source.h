// SPDX-License-Identifier: Apache-2.0
/* Where the names come from that may be served at an address. One table: a new source is a row here, and
 * what brings its names into the scan a row in app/name_stage.c. */
#ifndef SCANNER_NAME_SOURCE_H
#define SCANNER_NAME_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum name_source { /* the best first: they decide who is tried where --max-names does not let all */
                   NAME_SOURCE_GIVEN, /* with the targets: host names and --names; always in force */
                   NAME_SOURCE_PTR,   /* of the address */
                   NAME_SOURCE_SCM,   /* in the inventory of managed certificates and domains */
                   NAME_SOURCE_SEEN,  /* in certificates, of this and earlier scans */
                   NAME_SOURCE_COUNT,
};

/* A set of them: 1u << source. */
#define NAME_SOURCE_BIT(source) (1u << (source))

/* The words of --names-from: sources by name, commas between them, or `none`. NULL stands for the sources
 * that are in force by default. False: `text` is something else, or `none` beside others. */
bool name_sources_parse(const char *text, unsigned *out);
/* "ptr, scm, seen, none" */
void name_sources_list(struct buf *out);

#endif
