// SPDX-License-Identifier: Apache-2.0
/* For the dialogue_*.c files only: what a protocol is, and what several of them need. */
#ifndef SCANNER_DIALOGUE_INNER_H
#define SCANNER_DIALOGUE_INNER_H

#include "scanner/dialogue.h"

#define DIALOGUE_NOT_OURS SIZE_MAX /* these bytes begin nothing of this protocol */

struct dialogue_wrapping { /* packets of the protocol around what TLS sends in its handshake */
    size_t head;           /* bytes before what they carry, DIALOGUE_MAX_HEAD at most */
    void (*wrap)(struct cursor tls, struct buf *out);
    /* How much is carried behind this head; false: it is none. */
    bool (*measure)(const uint8_t *head, size_t *len);
};

struct dialogue_protocol {
    enum protocol number;
    bool server_begins;
    bool is_text; /* units are lines, and taken without their ends */
    /* Length of the unit (a line, a packet, a tag) that `bytes` begin with; 0 = it has not come whole. */
    size_t (*measure)(struct cursor bytes);
    /* What we say first; NULL where the server begins. */
    void (*begin)(struct dialogue *dialogue, struct buf *out);
    /* One whole unit; lines come without their end. */
    enum dialogue_verdict (*take)(struct dialogue *dialogue, struct cursor unit, struct buf *out,
                                  struct lane_result *result);
    const struct dialogue_wrapping *wrapping; /* NULL = TLS follows bare */
};

extern const struct dialogue_protocol dialogue_smtp, dialogue_lmtp, dialogue_imap, dialogue_pop3,
    dialogue_ftp, dialogue_nntp, dialogue_sieve, dialogue_xmpp, dialogue_xmpp_server, dialogue_ldap,
    dialogue_postgres, dialogue_mysql, dialogue_rdp, dialogue_irc, dialogue_tds, dialogue_auto;

const struct dialogue_protocol *dialogue_find(enum protocol protocol); /* NULL: none is built in */

size_t dialogue_measure_line(struct cursor bytes); /* up to LF */

struct cursor dialogue_without_line_end(struct cursor line);

/* ASCII, without regard to case. */
bool dialogue_begins(struct cursor line, const char *text);
bool dialogue_word_is(struct cursor line, size_t at, const char *word); /* and nothing of a word behind it */

/* A reply of three digits (RFC 5321, 4.2; RFC 959, 4.2; RFC 3977, 3.2). `*last`: no line of it follows.
 * False: the line is none. */
bool dialogue_reply(struct cursor line, unsigned *code, bool *last);

/* STARTTLS is not to be had; `line` is what the server said, or {NULL, 0}. Puts `farewell` out. */
enum dialogue_verdict dialogue_refused(struct lane_result *result, struct buf *out, const char *farewell,
                                       const char *why, struct cursor line);
/* The same of a server that has had enough for now (too many connections, too busy, a ban): it may have TLS.
 */
enum dialogue_verdict dialogue_throttled(struct lane_result *result, struct buf *out, const char *farewell,
                                         struct cursor line);
/* A command was not understood. Where the protocol was a guess, the next one that greets so has its turn on
 * the same connection; else it is refused, and `line` says so. */
enum dialogue_verdict dialogue_guess_again(struct dialogue *dialogue, struct cursor line, struct buf *out,
                                           struct lane_result *result);
/* What came is no answer of this protocol. */
enum dialogue_verdict dialogue_foreign(struct lane_result *result, struct cursor bytes);

#endif
