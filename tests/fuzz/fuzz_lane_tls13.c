// layers: scanner test_support
// SPDX-License-Identifier: Apache-2.0
/* What a TLS 1.3 server seals, to the direct lane. The first byte says which server: suite (0x03), group
 * (0x0C), 0x10 a retry, 0x20 a cookie, 0x40 a ChangeCipherSpec; the second in pieces of which length (0 = all
 * at once). Then come records: content type, how it is sealed and padded, two bytes of length, content. */
#include "base/cursor.h"
#include "scanner/lane_direct.h"
#include "tests/fuzz/lane_check.h"
#include "tests/support/tls13_server.h"

#define MAX_RECORDS 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct lane_direct_context context;

static void feed(struct lane_direct *lane, const struct buf *answer, size_t piece, struct buf *out,
                 enum lane_verdict *verdict, struct lane_result *result)
{
    for (size_t at = 0; at < answer->len && *verdict == LANE_MORE; at += piece) {
        size_t len = answer->len - at < piece ? answer->len - at : piece;
        uint8_t *copy = malloc(len);
        demand(copy != NULL);
        memcpy(copy, answer->data + at, len);
        *verdict = lane_direct_step(lane, copy, len, out, result);
        free(copy);
    }
}

static enum lane_verdict converse(const struct tls13_server_options *options, size_t piece,
                                  struct lane_result *result)
{
    struct buf out = {.max = (size_t)1 << 20};
    struct lane_direct lane;
    struct tls13_server *server = tls13_server_new(options);
    *result = (struct lane_result){0};
    lane_direct_begin(&lane, &context, HELLO_MODERN, KEY_FAMILY_ANY, NULL);
    enum lane_verdict verdict = lane_direct_step(&lane, NULL, 0, &out, result);
    while (verdict == LANE_MORE && out.len > 0) {
        struct buf answer = {0};
        demand(tls13_server_take(server, out.data, out.len, &answer) && answer.err == CS_OK);
        buf_reset(&out);
        feed(&lane, &answer, piece, &out, &verdict, result);
        buf_dispose(&answer);
    }
    tls13_server_free(server);
    lane_direct_dispose(&lane);
    buf_dispose(&out);
    check_verdict(verdict, result);
    return verdict;
}

static size_t take_records(struct cursor data, struct tls13_record records[MAX_RECORDS])
{
    size_t count = 0;
    uint8_t type;
    uint8_t how;
    uint16_t len;
    while (count < MAX_RECORDS && cursor_u8(&data, &type) && cursor_u8(&data, &how) &&
           cursor_u16(&data, &len)) {
        struct cursor content;
        if (!cursor_bytes(&data, len < data.left ? len : data.left, &content))
            break;
        records[count++] = (struct tls13_record){.type = type,
                                                 .bytes = content.at,
                                                 .len = content.left,
                                                 .padding = how >> 2,
                                                 .how = (enum tls13_how)((how & 3) % 3)};
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t suites[] = {0x1301, 0x1302, 0x1303, 0x1304};
    static const uint16_t groups[] = {0x1D, 0x17, 0x18, 0x1E};
    struct tls13_record records[MAX_RECORDS];
    struct lane_result whole;
    struct lane_result pieces;
    struct diag diag;
    if (size < 2 || size > 65000)
        return 0;
    if (context.crypto == NULL)
        demand(tls_crypto_new(&context.crypto, &diag) == CS_OK);
    struct tls13_server_options options = {
        .suite = suites[data[0] & 3],
        .group = groups[data[0] >> 2 & 3],
        .retries = data[0] >> 4 & 1,
        .cookie = (data[0] & 0x20) != 0 ? "biscuit" : NULL,
        .cookie_len = (data[0] & 0x20) != 0 ? 7 : 0,
        .changes_cipher_spec = (data[0] & 0x40) != 0,
        .records = records,
        .record_count = take_records((struct cursor){data + 2, size - 2}, records),
    };
    enum lane_verdict first = converse(&options, SIZE_MAX / 2, &whole);
    enum lane_verdict second = converse(&options, data[1] != 0 ? data[1] : SIZE_MAX / 2, &pieces);
    check_same(first, &whole, second, &pieces);
    chain_dispose(&whole.chain);
    chain_dispose(&pieces.chain);
    return 0;
}
