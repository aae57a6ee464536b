// SPDX-License-Identifier: Apache-2.0
#include "report/finding_doc.h"

#include "db/estate_finding.h"

static const char head[] =
    "# Findings\n\n"
    "<!-- Made from the tables in cert/finding.c and db/estate_finding.c; "
    "tests/unit/report/test_finding_doc.c says how. -->\n\n"
    "What certscour finds wrong with a certificate where it is served. Findings are judged when they are "
    "read,\n"
    "from what is stored: a new check needs no new scan. `certscour findings` lists them;\n"
    "`certscour assets --finding NAME` and `--where 'finding = NAME'` list the assets that have one.\n"
    "`certscour accept ENDPOINT|SHA256 --finding NAME --reason TEXT --until DATE` silences one until that "
    "day; lists say\n"
    "how many are silenced, and `certscour accept list` which.\n\n"
    "| Finding | Severity | Why | What to do | Source |\n"
    "|---|---|---|---|---|\n";

void finding_doc_append(struct buf *out)
{
    buf_append_str(out, head);
    for (size_t i = 0; i < all_finding_count(); i++) {
        const struct finding_info *info = all_finding_at(i);
        buf_printf(out, "| `%s` | %s | %s | %s | %s |\n", info->name, finding_severity_name(info->severity),
                   info->reason, info->advice, info->source);
    }
}
