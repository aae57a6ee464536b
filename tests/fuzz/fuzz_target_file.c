// layers: scanner
// SPDX-License-Identifier: Apache-2.0
/* Each format is recognised by its content; exclusion and names files are read from the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "scanner/target_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef enum cs_err (*read_file)(struct target_list *list, FILE *file, const char *name, struct diag *diag);

static void read_as(read_file read, const uint8_t *data, size_t size)
{
    struct port_list ports = {0};
    struct target_list *list = NULL;
    struct target_set *set = NULL;
    struct buf notes = {0};
    struct diag diag = {0};
    FILE *file = fmemopen((void *)data, size, "r");
    if (file == NULL || port_list_parse(&ports, "443,8443", NULL) != CS_OK ||
        target_list_new(&list, &ports) != CS_OK)
        abort();
    if (read(list, file, "fuzz", &diag) != CS_OK) {
        if (strncmp(diag.text, "fuzz:", 5) != 0)
            abort(); /* every refusal names file and line */
    } else if (target_list_build(list, &set, &notes, &diag) == CS_OK) {
        struct target target;
        target_set_get(set, 0, &target);
        target_set_get(set, target_set_count(set) - 1, &target);
    }
    target_set_free(set);
    target_list_free(list);
    port_list_dispose(&ports);
    buf_dispose(&notes);
    fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    read_as(target_list_add_file, data, size);
    read_as(target_list_exclude_file, data, size);
    read_as(target_list_add_names_file, data, size);
    return 0;
}
