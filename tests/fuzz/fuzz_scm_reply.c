// layers: scm
// SPDX-License-Identifier: Apache-2.0
/* A certificate and a domain as SCM sends them: whatever comes, text is bounded and valid UTF-8, and serial
 * numbers have the one form they are compared in. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "scm/contact.h"
#include "scm/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_text(const char *text, size_t size)
{
    if (text == NULL)
        return;
    size_t len = strlen(text);
    must(len > 0 && len < size);
    for (size_t i = 0; i < len;) {
        size_t step = utf8_length((const uint8_t *)text + i, len - i);
        must(step > 0);
        i += step;
    }
}

static void check_certificate(const struct json_value *root, bool report)
{
    static struct reply_certificate certificate;
    if ((report ? reply_report_row(&certificate, root) : reply_certificate(&certificate, root)) != CS_OK)
        return;
    const struct inventory_certificate *row = &certificate.row;
    must(row->external_id > 0 && row->organization_id >= 0);
    check_text(row->common_name, sizeof certificate.common_name);
    check_text(row->names, sizeof certificate.names);
    check_text(row->issuer, sizeof certificate.issuer);
    check_text(row->state, sizeof certificate.state);
    if (row->serial != NULL)
        must(strlen(row->serial) % 2 == 0 && strncmp(row->serial, "00", 2) != 0 &&
             strspn(row->serial, "0123456789abcdef") == strlen(row->serial));
}

static void check_domain(const struct json_value *root)
{
    struct reply_domain domain;
    if (reply_domain(&domain, root) != CS_OK)
        return;
    check_text(domain.row.state, sizeof domain.state);
    check_text(domain.row.organizations, sizeof domain.organizations);
    check_text(domain.row.validation, sizeof domain.validation);
}

static void check_contact(const struct json_value *root)
{
    struct contact contact;
    contact_of(&contact, root);
    must((contact.count > 0) == (strchr(contact.mail, '@') != NULL) && contact.mail[0] != '-');
    for (const char *c = contact.mail; *c != '\0'; c++)
        must(*c > ' ' && *c < 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_value *root;
    if (json_parse(&root, (const char *)data, size, NULL) != CS_OK)
        return 0;
    check_certificate(root, false);
    check_certificate(root, true);
    check_domain(root);
    check_contact(root);
    json_free(root);
    return 0;
}
