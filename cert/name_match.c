// SPDX-License-Identifier: Apache-2.0
#include "cert/name_match.h"

#include <string.h>
#include <strings.h>

static size_t length_of(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && name[len - 1] == '.' ? len - 1 : len;
}

bool name_matches(const char *pattern, const char *name)
{
    if (pattern[0] == '*' && pattern[1] == '.') {
        const char *rest = strchr(name, '.');
        if (rest == NULL || rest == name)
            return false;
        pattern += 1;
        name = rest;
    }
    size_t len = length_of(pattern);
    return len > 0 && len == length_of(name) && strncasecmp(pattern, name, len) == 0;
}

bool cert_record_covers(const struct cert_record *record, const char *name)
{
    for (size_t i = 0; i < record->dns_names.count; i++) {
        if (name_matches(record->dns_names.items[i], name))
            return true;
    }
    return false;
}
