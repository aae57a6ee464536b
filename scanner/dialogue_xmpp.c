// SPDX-License-Identifier: Apache-2.0
/* XMPP, client and server to server: RFC 6120, 4.7, 4.9 and 5.4. Tags are looked at one by one; text between
 * them is read over. */
#include <string.h>

#include "scanner/dialogue_inner.h"

#define FAREWELL "</stream:stream>"

enum step { STREAM, ERROR, STARTTLS };

/* The name goes into an attribute: nothing but what a host name or an address is made of. */
static void append_name(struct buf *out, const char *name)
{
    for (; *name != '\0'; name++) {
        bool plain = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
                     (*name >= '0' && *name <= '9') || strchr("-._:", *name) != NULL;
        if (plain)
            buf_append_char(out, *name);
    }
}

static void begin(struct dialogue *dialogue, struct buf *out)
{
    const char *to = dialogue->names->server != NULL ? dialogue->names->server : dialogue->names->literal;
    bool is_client = dialogue->protocol->number == PROTOCOL_XMPP;
    buf_append_str(out, "<?xml version='1.0'?><stream:stream xmlns='");
    buf_append_str(out, is_client ? "jabber:client" : "jabber:server");
    buf_append_str(out, "' xmlns:stream='http://etherx.jabber.org/streams' to='");
    append_name(out, to);
    buf_append_str(out, "' version='1.0'>");
}

/* Text up to a tag, and the tag; a `>` in quotes ends none. */
static size_t measure(struct cursor bytes)
{
    bool inside = false;
    uint8_t quote = 0;
    for (size_t i = 0; i < bytes.left; i++) {
        uint8_t c = bytes.at[i];
        if (quote != 0) {
            quote = c == quote ? 0 : quote;
        } else if (inside && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c == '<') {
            inside = true;
        } else if (inside && c == '>') {
            return i + 1;
        }
    }
    return 0;
}

/* The tag at the end of `unit` is called `name`, with whatever prefix; one that closes begins with `/`. */
static bool is_tag(struct cursor unit, const char *name)
{
    struct cursor skipped;
    const uint8_t *open = memchr(unit.at, '<', unit.left);
    if (open == NULL || !cursor_bytes(&unit, (size_t)(open - unit.at) + 1, &skipped))
        return false;
    bool closes = unit.left > 0 && unit.at[0] == '/';
    if (closes != (name[0] == '/'))
        return false;
    if (closes) {
        cursor_bytes(&unit, 1, &skipped);
        name++;
    }
    size_t len = 0;
    while (len < unit.left && unit.at[len] != '\0' && strchr(" \t\r\n/>", unit.at[len]) == NULL)
        len++;
    struct cursor called = {unit.at, len};
    const uint8_t *colon = memchr(called.at, ':', called.left);
    if (colon != NULL)
        cursor_bytes(&called, (size_t)(colon - called.at) + 1, &skipped);
    return called.left == strlen(name) && dialogue_begins(called, name);
}

/* They may be empty, as one tag: RFC 6120, 4.3.2. */
static bool ends_features(struct cursor unit)
{
    bool is_empty = unit.left >= 2 && unit.at[unit.left - 2] == '/';
    return is_tag(unit, "/features") || (is_empty && is_tag(unit, "features"));
}

/* RFC 6120, 4.9.3. */
static bool is_about_now(struct cursor condition)
{
    return is_tag(condition, "policy-violation") || is_tag(condition, "resource-constraint") ||
           is_tag(condition, "system-shutdown");
}

static enum dialogue_verdict take(struct dialogue *dialogue, struct cursor unit, struct buf *out,
                                  struct lane_result *result)
{
    if (dialogue->step == ERROR && is_about_now(unit))
        return dialogue_throttled(result, out, FAREWELL, unit);
    if (dialogue->step == ERROR) /* the condition is the first tag inside */
        return dialogue_refused(result, out, FAREWELL, "stream error", unit);
    if (is_tag(unit, "error")) {
        dialogue->step = ERROR;
        return DIALOGUE_MORE;
    }
    if (is_tag(unit, "failure") || is_tag(unit, "/stream"))
        return dialogue_refused(result, out, FAREWELL, "", unit);
    if (dialogue->step == STARTTLS)
        return is_tag(unit, "proceed") ? DIALOGUE_TLS : DIALOGUE_MORE;
    if (is_tag(unit, "starttls")) {
        buf_append_str(out, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        dialogue->step = STARTTLS;
        return DIALOGUE_MORE;
    }
    if (ends_features(unit))
        return dialogue_refused(result, out, FAREWELL, "STARTTLS is not offered", (struct cursor){NULL, 0});
    return dialogue->lines == 1 && unit.at[0] != '<' ? dialogue_foreign(result, unit) : DIALOGUE_MORE;
}

const struct dialogue_protocol dialogue_xmpp = {
    .number = PROTOCOL_XMPP, .measure = measure, .begin = begin, .take = take};
const struct dialogue_protocol dialogue_xmpp_server = {
    .number = PROTOCOL_XMPP_SERVER, .measure = measure, .begin = begin, .take = take};
