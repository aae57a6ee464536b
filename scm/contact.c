// SPDX-License-Identifier: Apache-2.0
#include "scm/contact.h"

#include <stdio.h>
#include <string.h>

#define SEPARATORS " \t\r\n,;<>()[]\":\\"

/* local@domain of what a mail system takes without quoting (RFC 5321, 4.1.2), and no option of a command. */
static bool is_address(const char *text, size_t len)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "!#$%&'*+-/=?^_`{|}~.@";
    const char *at = memchr(text, '@', len);
    if (len >= sizeof((struct contact *)NULL)->mail || at == NULL || at == text || at == text + len - 1 ||
        text[0] == '-')
        return false;
    return strspn(text, allowed) >= len && memchr(at + 1, '@', (size_t)(text + len - at - 1)) == NULL;
}

static void add_text(struct contact *out, const char *text)
{
    while (text != NULL && *text != '\0') {
        text += strspn(text, SEPARATORS);
        size_t len = strcspn(text, SEPARATORS);
        if (is_address(text, len) && out->count++ == 0)
            snprintf(out->mail, sizeof out->mail, "%.*s", (int)len, text);
        text += len;
    }
}

void contact_of(struct contact *out, const struct json_value *organization)
{
    const struct json_value *mails = json_get(organization, api_field(API_CONTACT_MAILS));
    *out = (struct contact){0};
    add_text(out, json_to_string(mails));
    const struct json_value *item = json_is_array(mails) ? json_array_first(mails) : NULL;
    for (; item != NULL; item = json_next(item))
        add_text(out, json_to_string(item));
}

enum cs_err contact_read(struct client *client, int64_t id, struct contact *out, struct diag *diag)
{
    struct json_value *root = NULL;
    enum cs_err err = client_call(client, CALL_ORGANIZATION, id, NULL, NULL, &root, diag);
    if (err == CS_E_IO && client->status == 404)
        err = CS_OK;
    contact_of(out, root);
    json_free(root);
    return err;
}
