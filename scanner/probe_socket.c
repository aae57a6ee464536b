// SPDX-License-Identifier: Apache-2.0
/* The socket of a probe: connect, send, receive. Callbacks only report what happened. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scanner/probe_inner.h"

/* EPIPE is what Linux makes of a RST that follows a FIN. */
bool probe_is_reset(ssize_t status)
{
    return status == UV_ECONNRESET || status == UV_EPIPE;
}

/* Descriptors, ports or memory of ours ran out: not the target's fault, so not its outcome. */
static bool is_local_shortage(int status)
{
    return status == UV_EMFILE || status == UV_ENFILE || status == UV_ENOBUFS || status == UV_ENOMEM ||
           status == UV_EADDRNOTAVAIL || status == UV_EAGAIN || status == UV_EADDRINUSE;
}

static void make_address(struct sockaddr_storage *out, struct ip ip, uint16_t port)
{
    memset(out, 0, sizeof *out);
    if (ip_is_v4(ip)) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)out;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        memcpy(&v4->sin_addr, ip.bytes + 12, 4);
    } else {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        memcpy(&v6->sin6_addr, ip.bytes, 16);
    }
}

/* Both a lack of ports and that of any address of the target's family (IPv6 switched off) are EADDRNOTAVAIL,
 * but only the first one passes. To connect a datagram socket sends nothing. */
static bool has_address_of_its_own(const struct probe *probe)
{
    struct sockaddr_storage to;
    make_address(&to, probe->target.ip, probe->target.port);
    int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool none =
        fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) != 0 && errno == EADDRNOTAVAIL;
    if (fd >= 0)
        close(fd);
    return !none;
}

static void fail_connect(struct probe *probe, int status)
{
    if (status == UV_EADDRNOTAVAIL && !has_address_of_its_own(probe)) {
        probe_end_with(probe, OUTCOME_UNREACHABLE, "this host has no address to reach it from");
    } else if (is_local_shortage(status)) {
        probe->shortage = true;
        if (probe->tries.count == 1)
            probe->end = PROBE_RETRY;
        probe_end_with(probe, OUTCOME_LOCAL_ERROR, uv_err_name(status));
    } else if (status == UV_ECONNREFUSED) {
        probe_end_with(probe, OUTCOME_REFUSED, "");
    } else if (status == UV_ETIMEDOUT) {
        probe_end_with(probe, OUTCOME_TIMEOUT_CONNECT, "");
    } else if (probe_is_reset(status)) {
        probe_end_with(probe, OUTCOME_RESET, "while connecting");
    } else if (status == UV_EINVAL || status == UV_EAFNOSUPPORT) {
        probe_end_with(probe, OUTCOME_LOCAL_ERROR, uv_strerror(status));
    } else {
        probe_end_with(probe, OUTCOME_UNREACHABLE, uv_strerror(status));
    }
}

static void on_connect(uv_connect_t *request, int status)
{
    struct probe *probe = request->data;
    if (probe->state != PROBE_CONNECTING)
        return;
    if (status == 0)
        probe_on(probe, EV_CONNECTED);
    else
        fail_connect(probe, status);
}

/* The port is left to connect, so that as many connections fit as there are pairs of port and peer. */
static int bind_source(struct probe *probe)
{
    struct sockaddr_storage from;
    uv_os_fd_t fd;
    int on = 1;
    int rc = uv_fileno((uv_handle_t *)&probe->tcp, &fd);
    if (rc != 0)
        return rc;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    make_address(&from, probe->env->source, 0);
    return uv_tcp_bind(&probe->tcp, (const struct sockaddr *)&from, 0);
}

static void forget_connection(struct probe *probe)
{
    chain_dispose(&probe->got.chain);
    probe->got = (struct lane_result){0};
    probe->got_bytes = 0;
    probe->dialogue = (struct dialogue){0};
    probe->in_tls = false;
    probe->heard = PROTOCOL_AUTO;
    probe->polite = false;
    probe->unsupported = false;
    probe->shortage = false;
    buf_reset(&probe->out);
    buf_reset(&probe->sending);
}

void probe_begin_connect(struct probe *probe)
{
    const struct probe_env *env = probe->env;
    struct sockaddr_storage to;
    unsigned family = env->has_source ? (ip_is_v4(probe->target.ip) ? AF_INET : AF_INET6) : AF_UNSPEC;
    forget_connection(probe);
    int rc = uv_tcp_init_ex(env->loop, &probe->tcp, family);
    if (rc != 0) /* no descriptor for the socket: a handle without one can always be had */
        uv_tcp_init(env->loop, &probe->tcp);
    probe->tcp.data = probe;
    if (rc == 0 && env->has_source)
        rc = bind_source(probe);
    make_address(&to, probe->target.ip, probe->target.port);
    if (rc == 0)
        rc = uv_tcp_connect(&probe->connect, &probe->tcp, (const struct sockaddr *)&to, on_connect);
    if (rc != 0) {
        fail_connect(probe, rc);
        return;
    }
    uint64_t now_ms = uv_now(env->loop);
    if (probe->whole_deadline_ms == 0)
        probe->whole_deadline_ms = now_ms + env->limits->timeout_ms;
    probe->answer_deadline_ms = now_ms + env->limits->connect_timeout_ms;
    probe_arm_timer(probe);
}

static void on_write(uv_write_t *request, int status)
{
    struct probe *probe = request->data;
    buf_reset(&probe->sending);
    if (probe->state != PROBE_HANDSHAKING && probe->state != PROBE_TALKING)
        return;
    if (status == 0)
        probe_flush(probe);
    else
        probe_end_with(probe, OUTCOME_RESET, uv_strerror(status));
}

/* What could not be sent at once goes through a write, which borrows `sending` until it is done. */
static void send_rest(struct probe *probe)
{
    struct buf empty = probe->sending;
    probe->sending = probe->out;
    probe->out = empty;
    uv_buf_t bytes = uv_buf_init((char *)probe->sending.data, (unsigned)probe->sending.len);
    if (uv_write(&probe->write, (uv_stream_t *)&probe->tcp, &bytes, 1, on_write) != 0)
        probe_end_with(probe, OUTCOME_LOCAL_ERROR, "a write could not be queued");
}

/* Sends what the lane has put out. */
void probe_flush(struct probe *probe)
{
    if (probe->out.err != CS_OK) {
        probe_end_with(probe, OUTCOME_LOCAL_ERROR, "out of memory");
        return;
    }
    if (probe->out.len == 0 || probe->sending.len > 0)
        return;
    uv_buf_t bytes = uv_buf_init((char *)probe->out.data, (unsigned)probe->out.len);
    int sent = uv_try_write((uv_stream_t *)&probe->tcp, &bytes, 1);
    if (sent < 0 && sent != UV_EAGAIN) {
        probe_end_with(probe, OUTCOME_RESET, uv_strerror(sent));
        return;
    }
    buf_consume(&probe->out, sent > 0 ? (size_t)sent : 0);
    if (probe->out.len > 0)
        send_rest(probe);
}

static void lend_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    const struct probe *probe = handle->data;
    (void)suggested;
    *out = uv_buf_init((char *)probe->env->read_buffer, PROBE_READ_BUFFER);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct probe *probe = stream->data;
    if ((probe->state != PROBE_HANDSHAKING && probe->state != PROBE_TALKING) || len == 0)
        return;
    if (len < 0)
        probe_take_end(probe, len);
    else
        probe_take(probe, (const uint8_t *)buffer->base, (size_t)len);
}

bool probe_start_reading(struct probe *probe)
{
    int rc = uv_read_start((uv_stream_t *)&probe->tcp, lend_buffer, on_read);
    if (rc != 0)
        probe_end_with(probe, OUTCOME_LOCAL_ERROR, uv_strerror(rc));
    return rc == 0;
}
