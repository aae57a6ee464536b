// layers: inventory
// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a list of certificates: every row that is taken can be told from others, and what is refused
 * names the file. */
#include <stdlib.h>
#include <string.h>

#include "inventory/list_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* As cert_record.serial: whole bytes of a magnitude, "00" for zero, and a sign that certificates may have. */
static void check_serial(const char *serial)
{
    const char *digits = serial[0] == '-' ? serial + 1 : serial;
    size_t len = strlen(digits);
    must(len > 0 && len % 2 == 0 && strspn(digits, "0123456789abcdef") == len);
    must(len == 2 || strncmp(digits, "00", 2) != 0);
}

static enum cs_err put(void *context, const struct inventory_certificate *row, struct diag *diag)
{
    (void)diag;
    ++*(int64_t *)context;
    must(row->sha256 != NULL || row->sha1 != NULL || row->serial != NULL);
    must(row->names == NULL || (row->names[0] != '\0' && strlen(row->names) <= 4 * LIST_MAX_NAMES));
    if (row->serial != NULL)
        check_serial(row->serial);
    return CS_OK;
}

static void note(void *context, const char *text)
{
    (void)context;
    must(strncmp(text, "fuzz:", 5) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diag diag = {0};
    int64_t put_count = 0;
    struct list_reading reading = {.put = put, .note = note, .context = &put_count};
    if (size == 0)
        return 0;
    FILE *file = fmemopen((void *)data, size, "r");
    must(file != NULL);
    if (list_read_stream(&reading, file, "fuzz", &diag) != CS_OK)
        must(strncmp(diag.text, "fuzz:", 5) == 0);
    must(put_count == reading.taken);
    fclose(file);
    return 0;
}
