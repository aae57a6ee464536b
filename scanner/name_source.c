// SPDX-License-Identifier: Apache-2.0
#include "scanner/name_source.h"

#include <string.h>

static const struct {
    const char *word; /* of --names-from; NULL = not to be chosen */
    bool by_default;
} sources[NAME_SOURCE_COUNT] = {
    [NAME_SOURCE_GIVEN] = {NULL, true},
    [NAME_SOURCE_PTR] = {"ptr", true},
    [NAME_SOURCE_SCM] = {"scm", false},
    [NAME_SOURCE_SEEN] = {"seen", true},
};
static const char none[] = "none";

static bool is_word(const char *text, size_t len, const char *word)
{
    return word != NULL && strlen(word) == len && strncmp(text, word, len) == 0;
}

static unsigned find_source(const char *text, size_t len)
{
    for (unsigned i = 0; i < NAME_SOURCE_COUNT; i++) {
        if (is_word(text, len, sources[i].word))
            return NAME_SOURCE_BIT(i);
    }
    return 0;
}

static unsigned defaults(void)
{
    unsigned all = 0;
    for (unsigned i = 0; i < NAME_SOURCE_COUNT; i++)
        all |= sources[i].by_default ? NAME_SOURCE_BIT(i) : 0;
    return all;
}

bool name_sources_parse(const char *text, unsigned *out)
{
    *out = text == NULL ? defaults() : 0;
    if (text == NULL || strcmp(text, none) == 0)
        return true;
    for (;;) {
        size_t len = strcspn(text, ",");
        unsigned source = find_source(text, len);
        *out |= source;
        if (source == 0)
            return false;
        if (text[len] == '\0')
            break;
        text += len + 1;
    }
    *out |= NAME_SOURCE_BIT(NAME_SOURCE_GIVEN);
    return true;
}

void name_sources_list(struct buf *out)
{
    for (unsigned i = 0; i < NAME_SOURCE_COUNT; i++) {
        if (sources[i].word != NULL)
            buf_printf(out, "%s, ", sources[i].word);
    }
    buf_append_str(out, none);
}
