// layers: cert
// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "cert/finding.h"
#include "cert/record.h"
#include "cert/text_dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cert_record record;
    struct facts facts = {0};
    struct cert_fact_scratch scratch = {0};
    const char *names[FINDING_MAX];
    struct buf text = {0};
    if (cert_record_parse(&record, data, size) != CS_OK ||
        cert_record_facts(&record, &facts, &scratch) != CS_OK)
        abort();
    if (!record.malformed &&
        (record.serial == NULL || record.key_type == NULL || record.signature_algorithm == NULL))
        abort();
    findings_of(&record, &(struct finding_facts){.now_s = 1800000000}, names);
    if (cert_append_text(&text, data, size) == CS_OK && record.malformed && size == 0)
        abort();
    buf_dispose(&text);
    cert_fact_scratch_dispose(&scratch);
    cert_record_dispose(&record);
    return 0;
}
