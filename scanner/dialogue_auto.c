// SPDX-License-Identifier: Apache-2.0
/* A port of which nothing is known: who greets is known by the greeting, and its own dialogue goes on from
 * there; who is silent is asked for TLS. */
#include <string.h>

#include "scanner/dialogue_inner.h"

#define MYSQL_HEAD 5 /* length (3), sequence number, version or error */

enum heard { IN_REPLY = 1, SAYS_SMTP = 2, SAYS_LMTP = 4, SAYS_FTP = 8 }; /* bits of the step */

static const struct {
    const char *beginning;
    enum protocol protocol;
} greetings[] = {
    {"220", PROTOCOL_SMTP},        {"421", PROTOCOL_SMTP},       {"554", PROTOCOL_SMTP},
    {"+OK", PROTOCOL_POP3},        {"* OK", PROTOCOL_IMAP},      {"* PREAUTH", PROTOCOL_IMAP},
    {"* BYE", PROTOCOL_IMAP},      {"200 ", PROTOCOL_NNTP},      {"201 ", PROTOCOL_NNTP},
    {"<?xml", PROTOCOL_XMPP},      {"<stream", PROTOCOL_XMPP},   {"\"IMPLEMENTATION\"", PROTOCOL_SIEVE},
    {"\"SIEVE\"", PROTOCOL_SIEVE}, {"\"SASL\"", PROTOCOL_SIEVE}, {"NOTICE", PROTOCOL_IRC},
};

/* Protocol::HandshakeV10 or ERR_Packet, the first packet of a connection, which has some hundred bytes: so
 * its length ends no line of text, however it arrives. */
static bool is_mysql(struct cursor bytes)
{
    return bytes.left >= MYSQL_HEAD && bytes.at[1] < '\n' && bytes.at[2] == 0 && bytes.at[3] <= 1 &&
           (bytes.at[4] == 10 || bytes.at[4] == 0xFF);
}

static bool is_text(struct cursor bytes)
{
    return bytes.left > 0 && bytes.at[0] >= 0x20 && bytes.at[0] < 0x7F && !is_mysql(bytes);
}

static bool contains(struct cursor text, const char *word)
{
    for (; text.left > 0; text.at++, text.left--) {
        if (dialogue_begins(text, word))
            return true;
    }
    return false;
}

enum protocol dialogue_guess(const uint8_t *bytes, size_t len)
{
    struct cursor heard = {bytes, len};
    for (size_t i = 0; i < sizeof greetings / sizeof greetings[0]; i++) {
        if (dialogue_begins(heard, greetings[i].beginning))
            return greetings[i].protocol == PROTOCOL_XMPP && contains(heard, "jabber:server")
                       ? PROTOCOL_XMPP_SERVER
                       : greetings[i].protocol;
    }
    for (size_t i = 0; heard.left > 0 && i < sizeof greetings / sizeof greetings[0]; i++) {
        const char *whole = greetings[i].beginning;
        bool is_part = heard.left < strlen(whole) && memcmp(whole, heard.at, heard.left) == 0;
        if (is_part && dialogue_is_greeted(greetings[i].protocol))
            return greetings[i].protocol;
    }
    if (heard.left > 0 && heard.at[0] == ':' && contains(heard, " NOTICE "))
        return PROTOCOL_IRC;
    return is_mysql(heard) ? PROTOCOL_MYSQL : PROTOCOL_AUTO;
}

static size_t measure(struct cursor bytes)
{
    if (dialogue_guess(bytes.at, bytes.left) == PROTOCOL_SIEVE)
        return dialogue_sieve.measure(bytes); /* a line with its literals */
    if (is_text(bytes))
        return dialogue_measure_line(bytes);
    if (bytes.left > 2 && bytes.at[2] != 0)
        return DIALOGUE_NOT_OURS; /* a packet too long for a greeting */
    if (bytes.left < MYSQL_HEAD)
        return 0;
    return is_mysql(bytes) ? dialogue_mysql.measure(bytes) : DIALOGUE_NOT_OURS;
}

/* SMTP, LMTP and FTP greet alike, and are told apart by what they call themselves; where they do not, each is
 * tried until a command is understood. */
static const struct dialogue_protocol *const of_220[] = {&dialogue_smtp, &dialogue_lmtp, &dialogue_ftp};
#define OF_220 (sizeof of_220 / sizeof of_220[0])

static const struct dialogue_protocol *choose_of_220(const struct dialogue *dialogue, bool *is_sure)
{
    *is_sure = true;
    if ((dialogue->step & SAYS_LMTP) != 0)
        return &dialogue_lmtp;
    if ((dialogue->step & SAYS_SMTP) != 0)
        return &dialogue_smtp;
    if ((dialogue->step & SAYS_FTP) != 0)
        return &dialogue_ftp;
    *is_sure = false;
    return &dialogue_smtp;
}

static enum dialogue_verdict become(struct dialogue *dialogue, const struct dialogue_protocol *protocol,
                                    struct cursor greeting, struct buf *out, struct lane_result *result)
{
    dialogue->protocol = protocol;
    dialogue->step = 0;
    dialogue->lines = 0;
    return protocol->take(dialogue, greeting, out, result);
}

enum dialogue_verdict dialogue_guess_again(struct dialogue *dialogue, struct cursor line, struct buf *out,
                                           struct lane_result *result)
{
    static const struct cursor greeting = {(const uint8_t *)"220", 3};
    size_t next = 1;
    while (dialogue->is_guess && next < OF_220 && of_220[next - 1] != dialogue->protocol)
        next++;
    if (!dialogue->is_guess || next == OF_220)
        return dialogue_refused(result, out, "QUIT\r\n", "", line);
    return become(dialogue, of_220[next], greeting, out, result);
}

/* The lines of a greeting of many count until its last. */
static enum dialogue_verdict take_220(struct dialogue *dialogue, struct cursor line, struct buf *out,
                                      struct lane_result *result)
{
    unsigned code;
    bool last;
    bool is_sure;
    if (contains(line, "lmtp"))
        dialogue->step |= SAYS_LMTP;
    if (contains(line, "smtp"))
        dialogue->step |= SAYS_SMTP;
    if (contains(line, "ftp"))
        dialogue->step |= SAYS_FTP;
    dialogue->step |= IN_REPLY;
    if (!dialogue_reply(line, &code, &last) || !last)
        return DIALOGUE_MORE;
    const struct dialogue_protocol *protocol = choose_of_220(dialogue, &is_sure);
    dialogue->is_guess = !is_sure;
    return become(dialogue, protocol, line, out, result);
}

static enum dialogue_verdict take(struct dialogue *dialogue, struct cursor unit, struct buf *out,
                                  struct lane_result *result)
{
    struct cursor line = is_text(unit) ? dialogue_without_line_end(unit) : unit;
    enum protocol heard = dialogue_guess(unit.at, unit.left);
    if ((dialogue->step & IN_REPLY) != 0 || heard == PROTOCOL_SMTP)
        return take_220(dialogue, line, out, result);
    if (heard == PROTOCOL_AUTO)
        return dialogue_foreign(result, line);
    if (dialogue_is_greeted(heard))
        return become(dialogue, dialogue_find(heard), line, out, result);
    dialogue->protocol = dialogue_find(heard);
    dialogue->protocol->begin(dialogue, out);
    return DIALOGUE_MORE;
}

const struct dialogue_protocol dialogue_auto = {
    .number = PROTOCOL_AUTO, .server_begins = true, .measure = measure, .take = take};
