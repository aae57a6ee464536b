// SPDX-License-Identifier: Apache-2.0
/* Every dialogue against a script of its server, whole and byte by byte. */
#include "scanner/dialogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct bytes {
    const char *at;
    size_t len;
};
#define B(text)                                                                                              \
    {                                                                                                        \
        text, sizeof(text) - 1                                                                               \
    }

#define LONGEST 200 /* more than any of the servers says at once */

struct turn { /* the server says something, and the client answers exactly so */
    struct bytes says;
    struct bytes sends;
};

struct script {
    enum protocol protocol;
    struct turn turns[6]; /* up to one that says nothing; the first may be the client's alone */
    enum dialogue_verdict verdict;
    enum outcome outcome; /* with DIALOGUE_END */
    const char *detail;
};

static struct dialogue_names names = {
    .own = "scanner.example", .server = "www.example", .literal = "192.0.2.1"};

/* What the client sent in answer to `turn`, fed in pieces; they belong to the caller. */
static enum dialogue_verdict feed(struct dialogue *dialogue, struct bytes says, size_t piece, struct buf *out,
                                  struct lane_result *result)
{
    enum dialogue_verdict verdict = DIALOGUE_MORE;
    for (size_t at = 0; at < says.len && verdict == DIALOGUE_MORE; at += piece) {
        size_t len = says.len - at < piece ? says.len - at : piece;
        uint8_t *copy = malloc(len); /* a sanitizer sees what is kept of it too long */
        assert_non_null(copy);
        memcpy(copy, says.at + at, len);
        verdict = dialogue_step(dialogue, copy, len, out, result);
        free(copy);
    }
    return verdict;
}

/* The same, cut in two behind `at` bytes. */
static enum dialogue_verdict feed_cut(struct dialogue *dialogue, struct bytes says, size_t at,
                                      struct buf *out, struct lane_result *result)
{
    struct bytes first = {says.at, says.len < at ? says.len : at};
    struct bytes second = {says.at + first.len, says.len - first.len};
    enum dialogue_verdict verdict = feed(dialogue, first, SIZE_MAX, out, result);
    return verdict == DIALOGUE_MORE ? feed(dialogue, second, SIZE_MAX, out, result) : verdict;
}

static void has_sent(const struct script *script, size_t turn, struct buf *out)
{
    struct bytes sends = script->turns[turn].sends;
    if (out->len != sends.len || (sends.len > 0 && memcmp(out->data, sends.at, sends.len) != 0))
        fail_msg("%s, turn %zu: sent \"%.*s\"", protocol_name(script->protocol), turn, (int)out->len,
                 (const char *)out->data);
    buf_reset(out);
}

/* Pieces of `piece` bytes, or with `cut` two pieces, the first of which is that long. */
static void plays_in(const struct script *script, size_t piece, bool cut)
{
    struct dialogue dialogue;
    struct lane_result result = {0};
    struct buf out = {0};
    dialogue_begin(&dialogue, script->protocol, &names);
    enum dialogue_verdict verdict = dialogue_step(&dialogue, NULL, 0, &out, &result);
    size_t turn = 0;
    assert_int_equal(verdict, DIALOGUE_MORE);
    for (size_t i = 0; i < sizeof script->turns / sizeof script->turns[0]; i++)
        assert_true(script->turns[i].says.len < LONGEST);
    if (script->turns[0].says.len == 0)
        has_sent(script, turn++, &out);
    for (; script->turns[turn].says.len > 0; turn++) {
        assert_int_equal(verdict, DIALOGUE_MORE);
        struct bytes says = script->turns[turn].says;
        verdict = cut ? feed_cut(&dialogue, says, piece, &out, &result)
                      : feed(&dialogue, says, piece, &out, &result);
        has_sent(script, turn, &out);
    }
    if (verdict != script->verdict)
        fail_msg("%s: %d, %s: %s", protocol_name(script->protocol), (int)verdict,
                 outcome_name(result.outcome), result.detail);
    assert_false(dialogue.injected);
    if (verdict == DIALOGUE_END) {
        assert_string_equal(outcome_name(result.outcome), outcome_name(script->outcome));
        assert_string_equal(result.detail, script->detail);
    }
    dialogue_dispose(&dialogue);
    dialogue_dispose(&dialogue);
    buf_dispose(&out);
}

static void play(const struct script *scripts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        plays_in(&scripts[i], SIZE_MAX, false);
        plays_in(&scripts[i], 1, false);
        for (size_t at = 1; at <= LONGEST; at++)
            plays_in(&scripts[i], at, true);
    }
}
#define PLAY(scripts) play(scripts, sizeof(scripts) / sizeof(scripts)[0])

static bool is_throttled(const struct script *script)
{
    struct dialogue dialogue;
    struct lane_result result = {0};
    struct buf out = {0};
    dialogue_begin(&dialogue, script->protocol, &names);
    enum dialogue_verdict verdict = dialogue_step(&dialogue, NULL, 0, &out, &result);
    for (size_t turn = script->turns[0].says.len == 0; script->turns[turn].says.len > 0; turn++)
        verdict = feed(&dialogue, script->turns[turn].says, SIZE_MAX, &out, &result);
    assert_int_equal(verdict, DIALOGUE_END);
    dialogue_dispose(&dialogue);
    buf_dispose(&out);
    return result.throttled;
}

#define REFUSED(text) .verdict = DIALOGUE_END, .outcome = OUTCOME_STARTTLS_REFUSED, .detail = (text)
#define NOT_TLS(text) .verdict = DIALOGUE_END, .outcome = OUTCOME_NOT_TLS, .detail = (text)
#define BROKEN(text)  .verdict = DIALOGUE_END, .outcome = OUTCOME_MALFORMED, .detail = (text)
#define TLS           .verdict = DIALOGUE_TLS

#define XMPP_OPEN(what)                                                                                      \
    "<?xml version='1.0'?><stream:stream xmlns='jabber:" what                                                \
    "' xmlns:stream='http://etherx.jabber.org/streams' to='www.example' version='1.0'>"
#define XMPP_START "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
#define LDAP_START                                                                                           \
    "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"                                                                   \
    "1.3.6.1.4.1.1466.20037"
#define RDP_ASKS "\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"
#define TDS_ASKS                                                                                             \
    "\x12\x01\x00\x20\x00\x00\x01\x00"                                                                       \
    "\x00\x00\x10\x00\x06\x01\x00\x16\x00\x01\x02\x00\x17\x00\x01\xff"                                       \
    "\x10\x00\x00\x00\x00\x00\x01\x00"
#define TDS_ANSWERS(encryption)                                                                              \
    "\x04\x01\x00\x1a\x00\x00\x01\x00"                                                                       \
    "\x00\x00\x0b\x00\x06\x01\x00\x11\x00\x01\xff"                                                           \
    "\x10\x00\x03\xe8\x00\x00" encryption
#define MYSQL_GREETING(low, high)                                                                            \
    "\x1c\x00\x00\x00\x0a"                                                                                   \
    "8.0.1\0"                                                                                                \
    "\x01\x00\x00\x00"                                                                                       \
    "saltsalt"                                                                                               \
    "\0" low high "\0\0\0\0\0\0"

static const struct script that_have_tls[] = {
    {PROTOCOL_SMTP,
     {{B("220 mail.example ESMTP\r\n"), B("EHLO scanner.example\r\n")},
      {B("250-mail.example\r\n250-starttls\r\n250 SIZE 1000000\r\n"), B("STARTTLS\r\n")},
      {B("220 go ahead\r\n"), B("")}},
     TLS},
    {PROTOCOL_SMTP, /* greetings of many lines, an EHLO refused, and HELO */
     {{B("220-mail.example\n220-no spam\n220 please\n"), B("EHLO scanner.example\r\n")},
      {B("502 what?\r\n"), B("HELO scanner.example\r\n")},
      {B("250 mail.example\r\n"), B("STARTTLS\r\n")},
      {B("220\r\n"), B("")}},
     TLS},
    {PROTOCOL_LMTP,
     {{B("220 mail.example LMTP\r\n"), B("LHLO scanner.example\r\n")},
      {B("250-mail.example\r\n250 STARTTLS\r\n"), B("STARTTLS\r\n")},
      {B("220 go ahead\r\n"), B("")}},
     TLS},
    {PROTOCOL_IMAP,
     {{B("* OK IMAP4rev1 ready\r\n"), B("a1 STARTTLS\r\n")},
      {B("* CAPABILITY IMAP4rev1\r\na1 OK begin\r\n"), B("")}},
     TLS},
    {PROTOCOL_POP3, {{B("+OK ready\r\n"), B("STLS\r\n")}, {B("+OK\r\n"), B("")}}, TLS},
    {PROTOCOL_FTP,
     {{B("220-Welcome\r\n to all\r\n220 ftp.example\r\n"), B("AUTH TLS\r\n")}, {B("234 ok\r\n"), B("")}},
     TLS},
    {PROTOCOL_FTP, /* numbers within a reply are none of its end */
     {{B("220-Welcome\r\n331 files are here\r\n421-\r\n421 are new\r\n220 ftp.example\r\n"),
       B("AUTH TLS\r\n")},
      {B("234-ok\r\n500 bytes\r\n234 go\r\n"), B("")}},
     TLS},
    {PROTOCOL_FTP, {{B("220 ftp\r\n"), B("AUTH TLS\r\n")}, {B("334 go\r\n"), B("")}}, TLS},
    {PROTOCOL_NNTP, {{B("201 news.example\r\n"), B("STARTTLS\r\n")}, {B("382 go\r\n"), B("")}}, TLS},
    {PROTOCOL_SIEVE,
     {{B("\"IMPLEMENTATION\" {7+}\r\nNO\r\nOK\n\r\n\"SASL\" \"\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\n"),
       B("STARTTLS\r\n")},
      {B("OK \"begin\"\r\n"), B("")}},
     TLS},
    {PROTOCOL_SIEVE, /* a literal may stand for the name of a capability */
     {{B("\"IMPLEMENTATION\" \"x\"\r\n{8+}\r\nstarttls\r\nOK\r\n"), B("STARTTLS\r\n")},
      {B("OK {5}\r\nbegin\r\n"), B("")}},
     TLS},
    {PROTOCOL_IRC,
     {{B(""), B("STARTTLS\r\n")},
      {B(":irc.example NOTICE * :*** Looking up your host\r\n:irc.example 670 * :STARTTLS "
         "successful\r\n"),
       B("")}},
     TLS},
    {PROTOCOL_XMPP,
     {{B(""), B(XMPP_OPEN("client"))},
      {B("<?xml version='1.0'?><stream:stream from='a>b' version='1.0'><stream:features>"
         "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"),
       B(XMPP_START)},
      {B("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), B("")}},
     TLS},
    {PROTOCOL_XMPP_SERVER,
     {{B(""), B(XMPP_OPEN("server"))},
      {B("<stream:stream version='1.0'><stream:features><tls:starttls xmlns:tls='x'/></stream:features>"),
       B(XMPP_START)},
      {B("<tls:proceed/>"), B("")}},
     TLS},
    {PROTOCOL_LDAP,
     {{B(""), B(LDAP_START)}, {B("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"), B("")}},
     TLS},
    {PROTOCOL_LDAP, /* lengths in the long form */
     {{B(""), B(LDAP_START)},
      {B("\x30\x84\x00\x00\x00\x10\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00"), B("")}},
     TLS},
    {PROTOCOL_POSTGRES, {{B(""), B("\0\0\0\x08\x04\xd2\x16\x2f")}, {B("S"), B("")}}, TLS},
    {PROTOCOL_MYSQL,
     {{B(MYSQL_GREETING("\xff", "\xff")), B("\x20\x00\x00\x01\x00\x8a\x00\x00\x00\x00\x00\x01\x21\0\0\0\0"
                                            "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")}},
     TLS},
    {PROTOCOL_RDP,
     {{B(""), B(RDP_ASKS)},
      {B("\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x00\x08\x00\x02\x00\x00\x00"), B("")}},
     TLS},
    {PROTOCOL_TDS, {{B(""), B(TDS_ASKS)}, {B(TDS_ANSWERS("\x01")), B("")}}, TLS},
    {PROTOCOL_TDS, {{B(""), B(TDS_ASKS)}, {B(TDS_ANSWERS("\x00")), B("")}}, TLS},
};

static void a_server_that_has_tls_is_asked_for_it(void **state)
{
    (void)state;
    PLAY(that_have_tls);
}

static const struct script without_tls[] = {
    {PROTOCOL_SMTP,
     {{B("220 mail.example\r\n"), B("EHLO scanner.example\r\n")},
      {B("250-mail.example\r\n250-STARTTLSX\r\n250 XSTARTTLS\r\n"), B("QUIT\r\n")}},
     REFUSED("STARTTLS is not offered")},
    {PROTOCOL_SMTP,
     {{B("220 mail.example\r\n"), B("EHLO scanner.example\r\n")},
      {B("250-mail.example\r\n250 STARTTLS\r\n"), B("STARTTLS\r\n")},
      {B("454 4.7.0 TLS not available\r\n"), B("QUIT\r\n")}},
     REFUSED("454 4.7.0 TLS not available")},
    {PROTOCOL_SMTP,
     {{B("220 mail.example\r\n"), B("EHLO scanner.example\r\n")},
      {B("250 STARTTLS\r\n"), B("STARTTLS\r\n")},
      {B("554 5.7.3 Unable to initialize security subsystem\r\n"), B("QUIT\r\n")}},
     REFUSED("554 5.7.3 Unable to initialize security subsystem")},
    {PROTOCOL_SMTP, {{B("554-go\r\n554 away\r\n"), B("QUIT\r\n")}}, REFUSED("554 away")},
    {PROTOCOL_LMTP,
     {{B("220 mail.example\r\n"), B("LHLO scanner.example\r\n")}, {B("500 no\r\n"), B("QUIT\r\n")}},
     REFUSED("500 no")},
    {PROTOCOL_IMAP,
     {{B("* OK\r\n"), B("a1 STARTTLS\r\n")}, {B("a1 BAD unknown\r\n"), B("a2 LOGOUT\r\n")}},
     REFUSED("a1 BAD unknown")},
    {PROTOCOL_IMAP, {{B("* PREAUTH you\r\n"), B("a2 LOGOUT\r\n")}}, REFUSED("* PREAUTH you")},
    {PROTOCOL_POP3, {{B("+OK\r\n"), B("STLS\r\n")}, {B("-ERR no\r\n"), B("QUIT\r\n")}}, REFUSED("-ERR no")},
    {PROTOCOL_FTP,
     {{B("220 ftp\r\n"), B("AUTH TLS\r\n")}, {B("530 Please login\r\n"), B("QUIT\r\n")}},
     REFUSED("530 Please login")},
    {PROTOCOL_NNTP,
     {{B("200 news\r\n"), B("STARTTLS\r\n")}, {B("580 Can not\r\n"), B("QUIT\r\n")}},
     REFUSED("580 Can not")},
    {PROTOCOL_SIEVE,
     {{B("\"SIEVE\" \"fileinto STARTTLS\"\r\nOK\r\n"), B("LOGOUT\r\n")}},
     REFUSED("STARTTLS is not offered")},
    {PROTOCOL_SIEVE,
     {{B("\"STARTTLS\"\r\nOK\r\n"), B("STARTTLS\r\n")}, {B("NO \"not now\"\r\n"), B("LOGOUT\r\n")}},
     REFUSED("NO \"not now\"")},
    {PROTOCOL_SIEVE, /* the text of a literal is no name, nor is part of one */
     {{B("\"IMPLEMENTATION\" {10}\r\n\"STARTTLS\"\r\n{9}\r\nSTARTTLSX\r\nOK\r\n"), B("LOGOUT\r\n")}},
     REFUSED("STARTTLS is not offered")},
    {PROTOCOL_IRC,
     {{B(""), B("STARTTLS\r\n")}, {B(":irc.example 691 * :STARTTLS failed\r\n"), B("QUIT\r\n")}},
     REFUSED(":irc.example 691 * :STARTTLS failed")},
    {PROTOCOL_XMPP,
     {{B(""), B(XMPP_OPEN("client"))},
      {B("<stream:stream><stream:features><mechanisms/></stream:features>"), B("</stream:stream>")}},
     REFUSED("STARTTLS is not offered")},
    {PROTOCOL_XMPP_SERVER, /* RFC 6120, 4.3.2: features may be empty */
     {{B(""), B(XMPP_OPEN("server"))},
      {B("<stream:stream version='1.0'><stream:features/>"), B("</stream:stream>")}},
     REFUSED("STARTTLS is not offered")},
    {PROTOCOL_XMPP,
     {{B(""), B(XMPP_OPEN("client"))},
      {B("<stream:stream><stream:error><host-unknown xmlns='x'/>"), B("</stream:stream>")}},
     REFUSED("stream error: <host-unknown xmlns='x'/>")},
    {PROTOCOL_LDAP,
     {{B(""), B(LDAP_START)},
      {B("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"), B("\x30\x05\x02\x01\x02\x42\x00")}},
     REFUSED("protocolError (2)")},
    {PROTOCOL_POSTGRES,
     {{B(""), B("\0\0\0\x08\x04\xd2\x16\x2f")}, {B("N"), B("")}},
     REFUSED("TLS is not offered")},
    {PROTOCOL_POSTGRES,
     {{B(""), B("\0\0\0\x08\x04\xd2\x16\x2f")}, {B("EFATAL: no such version\n\0"), B("")}},
     REFUSED("error: FATAL: no such version")},
    {PROTOCOL_MYSQL, {{B(MYSQL_GREETING("\xff", "\xf7")), B("")}}, REFUSED("TLS is not offered")},
    {PROTOCOL_RDP,
     {{B(""), B(RDP_ASKS)},
      {B("\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x03\x00\x08\x00\x02\x00\x00\x00"), B("")}},
     REFUSED("SSL_NOT_ALLOWED_BY_SERVER")},
    {PROTOCOL_RDP,
     {{B(""), B(RDP_ASKS)}, {B("\x03\x00\x00\x0b\x06\xd0\x00\x00\x12\x34\x00"), B("")}},
     REFUSED("standard RDP security only")},
    {PROTOCOL_TDS, {{B(""), B(TDS_ASKS)}, {B(TDS_ANSWERS("\x02")), B("")}}, REFUSED("TLS is not offered")},
};

static void a_server_without_it_is_left_politely(void **state)
{
    (void)state;
    PLAY(without_tls);
}

static const struct script that_have_had_enough[] = {
    {PROTOCOL_FTP,
     {{B("421 Too many connections\r\n"), B("QUIT\r\n")}},
     REFUSED("throttled: 421 Too many connections")},
    {PROTOCOL_IMAP, {{B("* BYE too many\r\n"), B("a2 LOGOUT\r\n")}}, REFUSED("throttled: * BYE too many")},
    {PROTOCOL_SMTP, {{B("421 4.7.0 later\r\n"), B("QUIT\r\n")}}, REFUSED("throttled: 421 4.7.0 later")},
    {PROTOCOL_SMTP,
     {{B("220 mail.example\r\n"), B("EHLO scanner.example\r\n")}, {B("450 later\r\n"), B("QUIT\r\n")}},
     REFUSED("throttled: 450 later")},
    {PROTOCOL_SMTP,
     {{B("220 mail.example\r\n"), B("EHLO scanner.example\r\n")},
      {B("250 STARTTLS\r\n"), B("STARTTLS\r\n")},
      {B("421 going down\r\n"), B("QUIT\r\n")}},
     REFUSED("throttled: 421 going down")},
    {PROTOCOL_FTP,
     {{B("220 ftp\r\n"), B("AUTH TLS\r\n")}, {B("421 Timeout\r\n"), B("QUIT\r\n")}},
     REFUSED("throttled: 421 Timeout")},
    {PROTOCOL_SMTP,
     {{B("554-5.7.1 Service unavailable\r\n554 5.7.1 Client host blocked\r\n"), B("QUIT\r\n")}},
     REFUSED("throttled: 554 5.7.1 Client host blocked")},
    {PROTOCOL_LMTP,
     {{B("220 mail.example\r\n"), B("LHLO scanner.example\r\n")},
      {B("550 5.7.1 Access denied\r\n"), B("QUIT\r\n")}},
     REFUSED("throttled: 550 5.7.1 Access denied")},
    {PROTOCOL_FTP,
     {{B("530 Too many connections from your host\r\n"), B("QUIT\r\n")}},
     REFUSED("throttled: 530 Too many connections from your host")},
    {PROTOCOL_NNTP, {{B("400 overloaded\r\n"), B("QUIT\r\n")}}, REFUSED("throttled: 400 overloaded")},
    {PROTOCOL_IMAP,
     {{B("* OK\r\n"), B("a1 STARTTLS\r\n")}, {B("* BYE shutdown\r\n"), B("")}},
     REFUSED("throttled: * BYE shutdown")},
    {PROTOCOL_POP3,
     {{B("-ERR [SYS/TEMP] busy\r\n"), B("QUIT\r\n")}},
     REFUSED("throttled: -ERR [SYS/TEMP] busy")},
    {PROTOCOL_SIEVE,
     {{B("BYE (TRYLATER) \"busy\"\r\n"), B("")}},
     REFUSED("throttled: BYE (TRYLATER) \"busy\"")},
    {PROTOCOL_IRC,
     {{B(""), B("STARTTLS\r\n")}, {B("ERROR :Closing Link: (Throttled)\r\n"), B("")}},
     REFUSED("throttled: ERROR :Closing Link: (Throttled)")},
    {PROTOCOL_IRC,
     {{B(""), B("STARTTLS\r\n")}, {B(":irc.example 465 * :You are banned\r\n"), B("QUIT\r\n")}},
     REFUSED("throttled: :irc.example 465 * :You are banned")},
    {PROTOCOL_XMPP,
     {{B(""), B(XMPP_OPEN("client"))},
      {B("<stream:stream><stream:error><policy-violation xmlns='x'/>"), B("</stream:stream>")}},
     REFUSED("throttled: <policy-violation xmlns='x'/>")},
    {PROTOCOL_LDAP,
     {{B(""), B(LDAP_START)},
      {B("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x33\x04\x00\x04\x00"), B("\x30\x05\x02\x01\x02\x42\x00")}},
     REFUSED("throttled: busy (51)")},
    {PROTOCOL_POSTGRES,
     {{B(""), B("\0\0\0\x08\x04\xd2\x16\x2f")}, {B("E\0\0\0\x1cSFATAL\0C53300\0Mtoo many\0\0"), B("")}},
     REFUSED("throttled: too many")},
    {PROTOCOL_POSTGRES, /* which has not come so far as to speak a version */
     {{B(""), B("\0\0\0\x08\x04\xd2\x16\x2f")},
      {B("Ecould not fork new process for connection: Out of memory\n\0"), B("")}},
     REFUSED("throttled: could not fork new process for connection: Out of memory")},
    {PROTOCOL_MYSQL,
     {{B("\x0f\x00\x00\x00\xff\x69\x04Host blocked"), B("")}},
     REFUSED("throttled: Host blocked")},
};

/* As what refuses for good, and with a mark. */
static void a_server_that_has_had_enough_is_told_from_one_without_tls(void **state)
{
    (void)state;
    PLAY(that_have_had_enough);
    for (size_t i = 0; i < sizeof that_have_had_enough / sizeof that_have_had_enough[0]; i++)
        assert_true(is_throttled(&that_have_had_enough[i]));
    for (size_t i = 0; i < sizeof without_tls / sizeof without_tls[0]; i++)
        assert_false(is_throttled(&without_tls[i]));
}

static void what_speaks_otherwise_is_told_by_what_it_says(void **state)
{
    static const enum protocol line_protocols[] = {PROTOCOL_SMTP, PROTOCOL_IMAP, PROTOCOL_POP3,
                                                   PROTOCOL_FTP,  PROTOCOL_NNTP, PROTOCOL_SIEVE};
    (void)state;
    for (size_t i = 0; i < sizeof line_protocols / sizeof line_protocols[0]; i++) {
        struct script script = {
            line_protocols[i], {{B("SSH-2.0-OpenSSH_9.2\r\n"), B("")}}, NOT_TLS("SSH: SSH-2.0-OpenSSH_9.2")};
        play(&script, 1);
    }
    static const struct script scripts[] = {
        {PROTOCOL_SIEVE, {{B("NOTICE AUTH :wait\r\n"), B("")}}, NOT_TLS("text: NOTICE AUTH :wait")},
        {PROTOCOL_IRC,
         {{B(""), B("STARTTLS\r\n")}, {B("HTTP/1.1 400 Bad Request\r\n"), B("")}},
         NOT_TLS("HTTP: HTTP/1.1 400 Bad Request")},
        {PROTOCOL_LDAP,
         {{B(""), B(LDAP_START)}, {B("\x30\x05\x02\x01\x01\x61\x00"), B("")}},
         BROKEN("an LDAP answer that is none to StartTLS")},
        {PROTOCOL_MYSQL, {{B("\x02\x00\x00\x00\x0a\x38"), B("")}}, BROKEN("a broken MySQL greeting")},
        {PROTOCOL_TDS, /* without the option that says whether there is TLS */
         {{B(""), B(TDS_ASKS)}, {B("\x04\x01\x00\x09\x00\x00\x01\x00\xff"), B("")}},
         NOT_TLS("first bytes: 0401000900000100ff")},
    };
    PLAY(scripts);
}

/* A port of which nothing is known: what is heard, and what it turns out to be. */
static const struct {
    struct script script;
    enum protocol found;
} heard[] = {
    {{PROTOCOL_AUTO,
      {{B("220-mail.example\r\n220 ESMTP\r\n"), B("EHLO scanner.example\r\n")},
       {B("250 STARTTLS\r\n"), B("STARTTLS\r\n")},
       {B("220 go\r\n"), B("")}},
      TLS},
     PROTOCOL_SMTP},
    {{PROTOCOL_AUTO,
      {{B("220 mail.example LMTP\r\n"), B("LHLO scanner.example\r\n")},
       {B("250 STARTTLS\r\n"), B("STARTTLS\r\n")},
       {B("220 go\r\n"), B("")}},
      TLS},
     PROTOCOL_LMTP},
    {{PROTOCOL_AUTO,
      {{B("220-Hello\r\n to all\r\n220 (vsFTPd 3.0.3)\r\n"), B("AUTH TLS\r\n")}, {B("234 go\r\n"), B("")}},
      TLS},
     PROTOCOL_FTP},
    {{PROTOCOL_AUTO, /* who does not say what it is */
      {{B("220 host ready\r\n"), B("EHLO scanner.example\r\n")},
       {B("250 STARTTLS\r\n"), B("STARTTLS\r\n")},
       {B("220 go\r\n"), B("")}},
      TLS},
     PROTOCOL_SMTP},
    {{PROTOCOL_AUTO,
      {{B("220 host ready\r\n"), B("EHLO scanner.example\r\n")},
       {B("500 what\r\n"), B("LHLO scanner.example\r\n")},
       {B("250 STARTTLS\r\n"), B("STARTTLS\r\n")},
       {B("220 go\r\n"), B("")}},
      TLS},
     PROTOCOL_LMTP},
    {{PROTOCOL_AUTO,
      {{B("220 host ready\r\n"), B("EHLO scanner.example\r\n")},
       {B("530 Please login\r\n"), B("LHLO scanner.example\r\n")},
       {B("530 Please login\r\n"), B("AUTH TLS\r\n")},
       {B("234 go\r\n"), B("")}},
      TLS},
     PROTOCOL_FTP},
    {{PROTOCOL_AUTO, {{B("* OK ready\r\n"), B("a1 STARTTLS\r\n")}, {B("a1 OK\r\n"), B("")}}, TLS},
     PROTOCOL_IMAP},
    {{PROTOCOL_AUTO, {{B("+OK ready\r\n"), B("STLS\r\n")}, {B("+OK\r\n"), B("")}}, TLS}, PROTOCOL_POP3},
    {{PROTOCOL_AUTO, {{B("200 news\r\n"), B("STARTTLS\r\n")}, {B("382 go\r\n"), B("")}}, TLS}, PROTOCOL_NNTP},
    {{PROTOCOL_AUTO,
      {{B("\"IMPLEMENTATION\" {7+}\r\nNO\r\nOK\n\r\n\"STARTTLS\"\r\nOK\r\n"), B("STARTTLS\r\n")},
       {B("OK\r\n"), B("")}},
      TLS},
     PROTOCOL_SIEVE},
    {{PROTOCOL_AUTO,
      {{B(":irc.example NOTICE * :*** Looking up your host\r\n"), B("STARTTLS\r\n")},
       {B(":irc.example 670 * :go\r\n"), B("")}},
      TLS},
     PROTOCOL_IRC},
    {{PROTOCOL_AUTO,
      {{B(MYSQL_GREETING("\xff", "\xff")), B("\x20\x00\x00\x01\x00\x8a\x00\x00\x00\x00\x00\x01\x21\0\0\0\0"
                                             "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")}},
      TLS},
     PROTOCOL_MYSQL},
    {{PROTOCOL_AUTO, {{B("SSH-2.0-OpenSSH_9.2\r\n"), B("")}}, NOT_TLS("SSH: SSH-2.0-OpenSSH_9.2")},
     PROTOCOL_AUTO},
    {{PROTOCOL_AUTO, {{B("\xff\xfd\x18\xff\xfd\x20"), B("")}}, NOT_TLS("Telnet")}, PROTOCOL_AUTO},
    {{PROTOCOL_AUTO, {{B("421 too many\r\n"), B("QUIT\r\n")}}, REFUSED("throttled: 421 too many")},
     PROTOCOL_SMTP},
};

static void who_greets_is_known_by_the_greeting(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof heard / sizeof heard[0]; i++) {
        struct dialogue dialogue;
        struct lane_result result = {0};
        struct buf out = {0};
        dialogue_begin(&dialogue, PROTOCOL_AUTO, &names);
        for (size_t turn = 0; heard[i].script.turns[turn].says.len > 0; turn++)
            feed(&dialogue, heard[i].script.turns[turn].says, 1, &out, &result);
        assert_string_equal(protocol_name(dialogue_protocol(&dialogue)), protocol_name(heard[i].found));
        dialogue_dispose(&dialogue);
        buf_dispose(&out);
        if (heard[i].script.outcome != OUTCOME_NOT_TLS || heard[i].script.turns[0].says.at[0] == 'S')
            play(&heard[i].script, 1); /* what is not known ends with its first bytes, as many as came */
        else
            plays_in(&heard[i].script, SIZE_MAX, false);
    }
}

static void who_is_silent_is_asked_for_tls(void **state)
{
    struct dialogue dialogue;
    struct lane_result result = {0};
    struct buf out = {0};
    (void)state;
    dialogue_begin(&dialogue, PROTOCOL_AUTO, &names);
    assert_int_equal(dialogue_step(&dialogue, NULL, 0, &out, &result), DIALOGUE_MORE);
    assert_int_equal(out.len, 0);
    assert_true(dialogue_is_listening(&dialogue));
    assert_int_equal(dialogue_silence(&dialogue, &result), DIALOGUE_TLS);

    struct bytes prompt = B("login: ");
    assert_int_equal(feed(&dialogue, prompt, SIZE_MAX, &out, &result), DIALOGUE_MORE);
    assert_false(dialogue_is_listening(&dialogue));
    assert_int_equal(dialogue_silence(&dialogue, &result), DIALOGUE_END);
    assert_int_equal(result.outcome, OUTCOME_NOT_TLS);
    assert_string_equal(result.detail, "text: login: ");
    dialogue_dispose(&dialogue);

    dialogue_begin(&dialogue, PROTOCOL_SMTP, &names); /* whose silence is nothing but that */
    assert_false(dialogue_is_listening(&dialogue));
    assert_int_equal(dialogue_silence(&dialogue, &result), DIALOGUE_MORE);
    dialogue_dispose(&dialogue);
    buf_dispose(&out);
}

static void a_stream_of_xmpp_tells_who_may_enter(void **state)
{
    static const char client[] = "<?xml version='1.0'?><stream:stream xmlns='jabber:client'>";
    static const char server[] = "<stream:stream xmlns='jabber:server'>";
    (void)state;
    assert_int_equal(dialogue_guess((const uint8_t *)client, sizeof client - 1), PROTOCOL_XMPP);
    assert_int_equal(dialogue_guess((const uint8_t *)server, sizeof server - 1), PROTOCOL_XMPP_SERVER);
    assert_int_equal(dialogue_guess((const uint8_t *)"HTTP/1.1 400", 12), PROTOCOL_AUTO);
    assert_int_equal(dialogue_guess((const uint8_t *)"", 0), PROTOCOL_AUTO);
}

static void the_first_bytes_of_a_greeting_are_one(void **state)
{
    (void)state;
    assert_int_equal(dialogue_guess((const uint8_t *)"22", 2), PROTOCOL_SMTP);
    assert_int_equal(dialogue_guess((const uint8_t *)"* O", 3), PROTOCOL_IMAP);
    assert_int_equal(dialogue_guess((const uint8_t *)"23", 2), PROTOCOL_AUTO);
    assert_int_equal(dialogue_guess((const uint8_t *)"<", 1), PROTOCOL_AUTO); /* of a page just as well */
}

/* ---- packets around TLS ---- */

static void begin_wrapping(struct dialogue *dialogue)
{
    struct lane_result result = {0};
    struct buf out = {0};
    struct bytes answer = B(TDS_ANSWERS("\x01"));
    dialogue_begin(dialogue, PROTOCOL_TDS, &names);
    assert_int_equal(dialogue_step(dialogue, NULL, 0, &out, &result), DIALOGUE_MORE);
    assert_int_equal(feed(dialogue, answer, 1, &out, &result), DIALOGUE_TLS);
    assert_true(dialogue_wraps(dialogue));
    buf_dispose(&out);
}

static void tls_within_tds_comes_out_as_it_went_in(void **state)
{
    uint8_t sent[10000];
    struct buf packets = {0};
    struct dialogue dialogue;
    (void)state;
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)(i * 7 + i / 256);
    begin_wrapping(&dialogue);
    dialogue_wrap(&dialogue, (struct cursor){sent, sizeof sent}, &packets);
    assert_int_equal(packets.len, sizeof sent + 3 * 8);
    assert_memory_equal(packets.data, "\x12\x00\x10\x00", 4);            /* more follows */
    assert_memory_equal(packets.data + 2 * 4096, "\x12\x01\x07\x28", 4); /* the last: 1824 bytes */
    for (size_t piece = 1; piece <= packets.len; piece = piece * 3 + 1) {
        struct buf got = {0};
        enum dialogue_verdict verdict;
        for (size_t at = 0; at < packets.len; at += piece) {
            struct cursor in = {packets.data + at, packets.len - at < piece ? packets.len - at : piece};
            struct cursor tls;
            while (dialogue_unwrap(&dialogue, &in, &tls, &verdict))
                buf_append(&got, tls.at, tls.left);
            assert_int_equal(verdict, DIALOGUE_MORE);
            assert_int_equal(in.left, 0);
        }
        assert_int_equal(got.len, sizeof sent);
        assert_memory_equal(got.data, sent, sizeof sent);
        buf_dispose(&got);
    }
    dialogue_dispose(&dialogue);
    buf_dispose(&packets);
}

static void what_is_no_packet_ends_it(void **state)
{
    static const struct bytes heads[] = {
        B("\x16\x03\x03\x00\x30\x02\x00\x00"), /* bare TLS */
        B("\x12\x01\x00\x08\x00\x00\x01\x00"), /* that carries nothing */
        B("\x12\x01\x00\x01\x00\x00\x01\x00"), /* shorter than its head */
    };
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct dialogue dialogue;
        struct cursor in = {(const uint8_t *)heads[i].at, heads[i].len};
        struct cursor tls;
        enum dialogue_verdict verdict;
        begin_wrapping(&dialogue);
        assert_false(dialogue_unwrap(&dialogue, &in, &tls, &verdict));
        assert_int_equal(verdict, DIALOGUE_END);
        dialogue_dispose(&dialogue);
    }
}

/* The verdict on one flood after `protocol` has begun; what was sent is of no interest. */
static enum outcome flooded(enum protocol protocol, const char *unit, size_t count)
{
    struct dialogue dialogue;
    struct lane_result result = {0};
    struct buf out = {0};
    dialogue_begin(&dialogue, protocol, &names);
    enum dialogue_verdict verdict = dialogue_step(&dialogue, NULL, 0, &out, &result);
    for (size_t i = 0; i < count && verdict == DIALOGUE_MORE; i++)
        verdict = dialogue_step(&dialogue, (const uint8_t *)unit, strlen(unit), &out, &result);
    assert_int_equal(verdict, DIALOGUE_END);
    dialogue_dispose(&dialogue);
    buf_dispose(&out);
    return result.outcome;
}

static void endless_lines_and_replies_end_it(void **state)
{
    (void)state;
    assert_int_equal(flooded(PROTOCOL_SMTP, "220", 10000), OUTCOME_TOO_LARGE);
    assert_int_equal(flooded(PROTOCOL_SMTP, "220-more\r\n", 100000), OUTCOME_TOO_LARGE);
    assert_int_equal(flooded(PROTOCOL_FTP, "220-more\r\n", 100000), OUTCOME_TOO_LARGE);
    assert_int_equal(flooded(PROTOCOL_IMAP, "* O", 10000), OUTCOME_TOO_LARGE);
    assert_int_equal(flooded(PROTOCOL_SIEVE, "\"A\" \"B\"\r\n", 100000), OUTCOME_TOO_LARGE);
    assert_int_equal(flooded(PROTOCOL_IRC, "PING :x\r\n", 100000), OUTCOME_TOO_LARGE);
    assert_int_equal(flooded(PROTOCOL_XMPP, "<a>", 100000), OUTCOME_TOO_LARGE);
    assert_int_equal(flooded(PROTOCOL_AUTO, "login", 100000), OUTCOME_TOO_LARGE);
    assert_int_equal(flooded(PROTOCOL_AUTO, "220-more\r\n", 100000), OUTCOME_TOO_LARGE);
    assert_int_equal(flooded(PROTOCOL_XMPP, "<a b='>", 100000), OUTCOME_TOO_LARGE);
    assert_int_equal(flooded(PROTOCOL_LDAP, "\x30\x83\x7f\x7f\x7f", 100000), OUTCOME_TOO_LARGE);
}

/* However its bytes arrive. */
static void the_longest_line_is_the_same_in_one_piece(void **state)
{
    static char bytes[3 + DIALOGUE_MAX_LINE];
    const struct bytes longest = {bytes + 1, DIALOGUE_MAX_LINE};
    struct dialogue dialogue;
    struct lane_result result = {0};
    struct buf out = {0};
    (void)state;
    memset(bytes, '1', sizeof bytes - 1);
    bytes[DIALOGUE_MAX_LINE] = '\n';
    bytes[DIALOGUE_MAX_LINE + 1] = '\0';
    bytes[4] = ' ';
    assert_int_equal(flooded(PROTOCOL_NNTP, bytes, 1), OUTCOME_TOO_LARGE);
    dialogue_begin(&dialogue, PROTOCOL_NNTP, &names);
    assert_int_equal(feed(&dialogue, longest, SIZE_MAX, &out, &result), DIALOGUE_END);
    assert_int_equal(result.outcome, OUTCOME_STARTTLS_REFUSED); /* "111 ": it was read */
    dialogue_dispose(&dialogue);
    buf_dispose(&out);
}

static void endless_anything_ends_every_dialogue(void **state)
{
    static const char *const units[] = {"A", "\n", "\x01", "<", "\xff", "220-x\r\n", "* OK\r\n", "{9}\r\n"};
    (void)state;
    for (int i = PROTOCOL_SMTP; i < PROTOCOL_COUNT; i++) {
        for (size_t k = 0; k < sizeof units / sizeof units[0]; k++)
            assert_int_not_equal(flooded((enum protocol)i, units[k], 200000), OUTCOME_CERTIFICATE);
    }
}

static void clear_text_behind_the_go_ahead_is_dropped_and_told(void **state)
{
    static const struct {
        enum protocol protocol;
        const char *first;
        const char *second; /* with something behind the go-ahead */
    } servers[] = {
        {PROTOCOL_POP3, "+OK\r\n", "+OK\r\n+OK injected\r\n"},
        {PROTOCOL_IMAP, "* OK\r\n", "a1 OK\r\n\x16\x03\x03"},
        {PROTOCOL_POSTGRES, "", "SX"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        struct dialogue dialogue;
        struct lane_result result = {0};
        struct buf out = {0};
        dialogue_begin(&dialogue, servers[i].protocol, &names);
        assert_int_equal(dialogue_step(&dialogue, NULL, 0, &out, &result), DIALOGUE_MORE);
        struct bytes first = {servers[i].first, strlen(servers[i].first)};
        struct bytes second = {servers[i].second, strlen(servers[i].second)};
        assert_int_equal(feed(&dialogue, first, SIZE_MAX, &out, &result), DIALOGUE_MORE);
        assert_int_equal(feed(&dialogue, second, SIZE_MAX, &out, &result), DIALOGUE_TLS);
        assert_true(dialogue.injected);
        dialogue_dispose(&dialogue);
        buf_dispose(&out);
    }
}

static void a_name_that_is_none_breaks_no_stream(void **state)
{
    struct dialogue_names hostile = {.own = "x", .server = "a'/><evil b='", .literal = ""};
    struct dialogue dialogue;
    struct lane_result result = {0};
    struct buf out = {0};
    (void)state;
    dialogue_begin(&dialogue, PROTOCOL_XMPP, &hostile);
    assert_int_equal(dialogue_step(&dialogue, NULL, 0, &out, &result), DIALOGUE_MORE);
    assert_non_null(strstr(buf_str(&out), " to='aevilb' "));
    dialogue_dispose(&dialogue);
    buf_dispose(&out);
}

static void servers_greet_in_some_protocols_only(void **state)
{
    (void)state;
    assert_true(dialogue_is_greeted(PROTOCOL_SMTP));
    assert_false(dialogue_is_greeted(PROTOCOL_LDAP));
    assert_false(dialogue_is_greeted(PROTOCOL_TLS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_has_tls_is_asked_for_it),
        cmocka_unit_test(a_server_without_it_is_left_politely),
        cmocka_unit_test(a_server_that_has_had_enough_is_told_from_one_without_tls),
        cmocka_unit_test(what_speaks_otherwise_is_told_by_what_it_says),
        cmocka_unit_test(who_greets_is_known_by_the_greeting),
        cmocka_unit_test(who_is_silent_is_asked_for_tls),
        cmocka_unit_test(a_stream_of_xmpp_tells_who_may_enter),
        cmocka_unit_test(the_first_bytes_of_a_greeting_are_one),
        cmocka_unit_test(tls_within_tds_comes_out_as_it_went_in),
        cmocka_unit_test(what_is_no_packet_ends_it),
        cmocka_unit_test(endless_lines_and_replies_end_it),
        cmocka_unit_test(the_longest_line_is_the_same_in_one_piece),
        cmocka_unit_test(endless_anything_ends_every_dialogue),
        cmocka_unit_test(clear_text_behind_the_go_ahead_is_dropped_and_told),
        cmocka_unit_test(a_name_that_is_none_breaks_no_stream),
        cmocka_unit_test(servers_greet_in_some_protocols_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
