// SPDX-License-Identifier: Apache-2.0
/* What the simulator pretends to be: a tenant from a JSON file, the tokens it has issued, the faults it has
 * been told to show, and the log of what it was asked. One lock around all of it (main.c). */
#ifndef SCM_SIMULATOR_WORLD_H
#define SCM_SIMULATOR_WORLD_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define MAX_TOKENS 64

struct token {
    char text[65]; /* "" = free */
    const cJSON *admin;
    time_t expires_at;
};

struct world {
    cJSON *tenant; /* the data file; its shape is in README.md */
    cJSON *faults; /* array; fault.c */
    cJSON *log;    /* array of {method, url, auth, status} */
    struct token tokens[MAX_TOKENS];
    unsigned next_token;
    unsigned tokens_issued;
};

/* False: what is wrong is on stderr. */
bool world_load(struct world *world, const char *path);
void world_free(struct world *world);

/* An array of the tenant; an empty one where the file has none. */
const cJSON *world_list(const struct world *world, const char *name);
const char *world_text(const cJSON *object, const char *name); /* NULL unless a string */
cJSON *world_array(struct world *world, const char *name);     /* the same, made where there is none */
int world_number(const cJSON *object, const char *name, int missing);

#endif
