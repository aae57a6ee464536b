// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){.max = max};
}

void buf_reset(struct buf *buf)
{
    buf->len = 0;
    buf->err = CS_OK;
    if (buf->data != NULL)
        buf->data[0] = 0;
}

void buf_dispose(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){.max = buf->max};
}

uint8_t *buf_reserve(struct buf *buf, size_t len)
{
    if (buf->err != CS_OK)
        return NULL;
    if (len > SIZE_MAX / 2 - buf->len || (buf->max != 0 && len > buf->max - buf->len)) {
        buf->err = CS_E_LIMIT;
        return NULL;
    }
    size_t need = buf->len + len + 1; /* one for the terminator */
    if (need > buf->cap) {
        size_t cap = buf->cap < 64 ? 64 : buf->cap;
        while (cap < need)
            cap *= 2;
        uint8_t *data = realloc(buf->data, cap);
        if (data == NULL) {
            buf->err = CS_E_NOMEM;
            return NULL;
        }
        buf->data = data;
        buf->cap = cap;
    }
    return buf->data + buf->len;
}

void buf_commit(struct buf *buf, size_t len)
{
    buf->len += len;
    buf->data[buf->len] = 0;
}

void buf_append(struct buf *buf, const void *bytes, size_t len)
{
    uint8_t *room = buf_reserve(buf, len);
    if (room == NULL)
        return;
    if (len > 0)
        memcpy(room, bytes, len);
    buf_commit(buf, len);
}

void buf_append_str(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_append_char(struct buf *buf, char c)
{
    buf_append(buf, &c, 1);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    uint8_t *room = len >= 0 ? buf_reserve(buf, (size_t)len) : NULL;
    if (room == NULL)
        return;
    va_start(args, format);
    vsnprintf((char *)room, (size_t)len + 1, format, args);
    va_end(args);
    buf_commit(buf, (size_t)len);
}

void buf_consume(struct buf *buf, size_t len)
{
    if (len == 0)
        return;
    memmove(buf->data, buf->data + len, buf->len - len);
    buf->len -= len;
    buf->data[buf->len] = 0;
}

const char *buf_str(const struct buf *buf)
{
    return buf->data != NULL ? (const char *)buf->data : "";
}

char *buf_take_str(struct buf *buf)
{
    char *text = NULL;
    if (buf_reserve(buf, 0) != NULL) {
        buf_commit(buf, 0);
        text = (char *)buf->data;
        buf->data = NULL;
    }
    buf_dispose(buf);
    return text;
}
