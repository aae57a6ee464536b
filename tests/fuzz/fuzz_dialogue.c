// layers: scanner
// SPDX-License-Identifier: Apache-2.0
/* What a server says before TLS: the first byte chooses the protocol, the second the pieces. A verdict must
 * be whole, what is sent is bounded, and pieces change nothing where all of it is within the limits. So with
 * TLS in packets. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/dialogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct dialogue_names names = {
    .own = "scanner.example", .server = "www.example", .literal = "192.0.2.1"};

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static enum dialogue_verdict converse(enum protocol protocol, const uint8_t *data, size_t size, size_t piece,
                                      struct lane_result *result)
{
    struct dialogue dialogue;
    struct buf out = {.max = 4096};
    dialogue_begin(&dialogue, protocol, &names);
    enum dialogue_verdict verdict = dialogue_step(&dialogue, NULL, 0, &out, result);
    for (size_t at = 0; at < size && verdict == DIALOGUE_MORE; at += piece)
        verdict = dialogue_step(&dialogue, data + at, size - at < piece ? size - at : piece, &out, result);
    demand(out.err == CS_OK);
    demand(!dialogue.injected || verdict == DIALOGUE_TLS);
    dialogue_dispose(&dialogue);
    buf_dispose(&out);
    return verdict;
}

/* What is carried in packets around TLS, fed in pieces, and how much of it. */
static enum dialogue_verdict unwrap(const uint8_t *data, size_t size, size_t piece, struct buf *carried)
{
    static const uint8_t answer[] = {4, 1, 0, 15, 0, 0, 1, 0, 1, 0, 6, 0, 1, 0xFF, 1}; /* ENCRYPT_ON */
    struct dialogue dialogue;
    struct lane_result result = {0};
    struct buf out = {0};
    enum dialogue_verdict verdict = DIALOGUE_MORE;
    dialogue_begin(&dialogue, PROTOCOL_TDS, &names);
    demand(dialogue_step(&dialogue, answer, sizeof answer, &out, &result) == DIALOGUE_TLS);
    for (size_t at = 0; at < size && verdict == DIALOGUE_MORE; at += piece) {
        struct cursor in = {data + at, size - at < piece ? size - at : piece};
        struct cursor tls;
        while (dialogue_unwrap(&dialogue, &in, &tls, &verdict))
            buf_append(carried, tls.at, tls.left);
        demand(verdict == DIALOGUE_END || in.left == 0);
    }
    dialogue_dispose(&dialogue);
    buf_dispose(&out);
    return verdict;
}

static void check_wrapping(const uint8_t *data, size_t size, size_t piece)
{
    struct buf whole = {0};
    struct buf parts = {0};
    demand(unwrap(data, size, size, &whole) == unwrap(data, size, piece, &parts));
    demand(whole.len <= size && whole.len == parts.len);
    demand(whole.len == 0 || memcmp(whole.data, parts.data, whole.len) == 0);
    buf_dispose(&whole);
    buf_dispose(&parts);
}

static void check(enum dialogue_verdict verdict, const struct lane_result *result)
{
    size_t len = strnlen(result->detail, OBSERVATION_DETAIL);
    demand(len < OBSERVATION_DETAIL);
    for (size_t i = 0; i < len; i++)
        demand(result->detail[i] >= 0x20 && result->detail[i] < 0x7F);
    demand(verdict != DIALOGUE_END || result->outcome != OUTCOME_CERTIFICATE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lane_result whole = {0};
    struct lane_result parts = {0};
    if (size < 3)
        return 0;
    enum protocol protocol = (enum protocol)(data[0] % PROTOCOL_COUNT);
    size_t piece = data[1] == 0 ? 1 : data[1];
    data += 2;
    size -= 2;
    if (protocol == PROTOCOL_TLS) { /* not as it is, but in packets */
        check_wrapping(data, size, piece);
        return 0;
    }
    enum dialogue_verdict verdict = converse(protocol, data, size, size, &whole);
    check(verdict, &whole);
    enum dialogue_verdict other = converse(protocol, data, size, piece, &parts);
    check(other, &parts);
    bool is_answered = whole.outcome != OUTCOME_NOT_TLS; /* whose detail shows what there is of it */
    if (size <= DIALOGUE_MAX_LINE && is_answered)
        demand(verdict == other && whole.outcome == parts.outcome);
    return 0;
}
