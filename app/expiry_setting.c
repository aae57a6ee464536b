// SPDX-License-Identifier: Apache-2.0
#include "app/expiry_setting.h"

#include "base/text.h"

enum cs_err expiry_setting(struct app *app, struct expiry_limits *out)
{
    char shown[60];
    struct {
        const char *key;
        struct expiry_limit *limit;
    } keys[] = {{"warning", &out->warning}, {"critical", &out->critical}};
    *out = expiry_usual;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *text = config_get(&app->config, "findings", keys[i].key);
        if (text != NULL && !expiry_limit_parse(keys[i].limit, text))
            return diag_fail(
                &app->diag, CS_E_INVALID,
                "[findings] %s = %s: expected a part of the lifetime, days or both: 33%%, 30d or "
                "33%%,30d",
                keys[i].key, text_printable(shown, sizeof shown, text));
    }
    return CS_OK;
}
