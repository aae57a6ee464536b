// SPDX-License-Identifier: Apache-2.0
/* The inside of a target set, for those who build it and count it. */
#ifndef SCANNER_TARGET_BLOCKS_H
#define SCANNER_TARGET_BLOCKS_H

#include "scanner/ip_set.h"
#include "scanner/port_list.h"
#include "scanner/target_set.h"

struct target_block {
    uint64_t first;          /* index of its first target */
    struct ip_set addresses; /* normal; empty = a name without address, which counts as one */
    struct port_list ports;  /* not empty */
    char *server_name;       /* NULL = none */
    char *host_name;
};

struct target_set {
    struct target_block *blocks; /* owned */
    size_t block_count;
    size_t block_cap;
    uint64_t count;
};

CS_MUST_USE enum cs_err target_set_new(struct target_set **out);

/* Appends a block; takes `addresses` (normal) and `ports` over and empties them, names are copied. A block
 * without ports adds nothing. The caller sees to it that blocks are disjoint. CS_E_LIMIT beyond
 * TARGET_SET_MAX. */
CS_MUST_USE enum cs_err target_set_take_block(struct target_set *set, struct ip_set *addresses,
                                              struct port_list *ports, const char *server_name,
                                              const char *host_name);

#endif
