// SPDX-License-Identifier: Apache-2.0
#include "scm/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

#define SHORTEST_HIDDEN 4 /* bytes: a shorter one would be found in innocent text */

void secret_wipe_bytes(void *bytes, size_t len)
{
    if (bytes != NULL)
        explicit_bzero(bytes, len);
}

void secret_wipe(struct secret *secret)
{
    secret_wipe_bytes(secret->text, secret->len);
    free(secret->text);
    *secret = (struct secret){0};
}

void secret_wipe_buf(struct buf *buf)
{
    secret_wipe_bytes(buf->data, buf->cap);
    buf_dispose(buf);
}

enum cs_err secret_find(struct buf *out, const char *path, const char *name, const char *credentials)
{
    buf_reset(out);
    if (path != NULL && path[0] != '\0')
        buf_append_str(out, path);
    else if (credentials != NULL && credentials[0] == '/')
        buf_printf(out, "%s/%s", credentials, name);
    else
        return CS_E_NOT_FOUND;
    return out->err;
}

static enum cs_err fail(struct diag *diag, const char *path, const char *why)
{
    char shown[300];
    diag_set(diag, "%s: %s", text_printable(shown, sizeof shown, path), why);
    return CS_E_INVALID;
}

/* A group may read it: systemd shows its own access lists that way, and so may a service's group. */
static enum cs_err check_file(int fd, const char *path, struct diag *diag)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return fail(diag, path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return fail(diag, path, "a secret has to be in a regular file");
    if ((info.st_mode & (S_IRWXO | S_IWGRP)) != 0)
        return fail(diag, path,
                    "others can read or change this file; a secret needs `chmod 600` (640 at most)");
    return CS_OK;
}

static enum cs_err read_bytes(int fd, char *bytes, size_t *len, const char *path, struct diag *diag)
{
    *len = 0;
    for (;;) {
        ssize_t got = read(fd, bytes + *len, SECRET_MAX + 1 - *len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(diag, path, strerror(errno));
        if (got == 0)
            return CS_OK;
        *len += (size_t)got;
        if (*len > SECRET_MAX)
            return fail(diag, path, "too long for a secret (4096 bytes at most)");
    }
}

static enum cs_err take(struct secret *out, char *bytes, size_t len, const char *path, struct diag *diag)
{
    len -= len > 0 && bytes[len - 1] == '\n';
    len -= len > 0 && bytes[len - 1] == '\r';
    if (len == 0)
        return fail(diag, path, "the file is empty; it has to hold the secret");
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)bytes[i] < ' ' || bytes[i] == 0x7F)
            return fail(diag, path, "the secret has a line end or another control character in it");
    }
    bytes[len] = '\0';
    out->text = text_copy_n(bytes, len);
    out->len = len;
    return out->text != NULL ? CS_OK : diag_fail(diag, CS_E_NOMEM, "out of memory");
}

enum cs_err secret_read(struct secret *out, const char *path, struct diag *diag)
{
    char bytes[SECRET_MAX + 2];
    size_t len;
    *out = (struct secret){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fail(diag, path, strerror(errno));
    enum cs_err err = check_file(fd, path, diag);
    if (err == CS_OK)
        err = read_bytes(fd, bytes, &len, path, diag);
    if (err == CS_OK)
        err = take(out, bytes, len, path, diag);
    close(fd);
    secret_wipe_bytes(bytes, sizeof bytes);
    return err;
}

void secret_hide(const struct secret *secret, char *text)
{
    if (secret->text == NULL || secret->len < SHORTEST_HIDDEN)
        return;
    for (char *at = strstr(text, secret->text); at != NULL; at = strstr(at, secret->text)) {
        memset(at, '*', secret->len);
        at += secret->len;
    }
}
