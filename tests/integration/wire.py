# SPDX-License-Identifier: Apache-2.0
"""For scripted TLS servers: a ClientHello taken apart, and the clear flight of a server up to TLS 1.2 put together."""
import socket
import struct

SSL3, TLS10, TLS12, TLS13 = 0x0300, 0x0301, 0x0303, 0x0304
ALERT, HANDSHAKE = 21, 22
SERVER_NAME, STATUS_REQUEST, SUPPORTED_GROUPS, SIGNATURE_ALGORITHMS = 0, 5, 10, 13
SUPPORTED_VERSIONS, SIGNATURE_ALGORITHMS_CERT = 43, 50
RSA_PKCS1_SHA256 = 0x0401
HANDSHAKE_FAILURE, DECODE_ERROR, PROTOCOL_VERSION, INTERNAL_ERROR, UNRECOGNIZED_NAME = 40, 50, 70, 80, 112


class Cursor:
    """Reads lengths as TLS writes them; what is cut off or left over is an error."""

    def __init__(self, data):
        self.data = data

    def take(self, size):
        if len(self.data) < size:
            raise ValueError("cut off")
        taken, self.data = self.data[:size], self.data[size:]
        return taken

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def vector(self, size):
        return self.take(self.number(size))

    def numbers(self, size):
        """A vector of 16-bit numbers behind a length of `size` bytes."""
        body = self.vector(size)
        if len(body) % 2:
            raise ValueError("half a number")
        return list(struct.unpack(f">{len(body) // 2}H", body))

    def end(self):
        if self.data:
            raise ValueError("bytes left over")


class Hello:
    """Checks every length of a ClientHello that fills one record."""

    def __init__(self, record):
        outer = Cursor(record)
        if outer.number(1) != HANDSHAKE:
            raise ValueError("no handshake record")
        self.record_version = outer.number(2)
        message = Cursor(outer.vector(2))
        outer.end()
        if message.number(1) != 1:
            raise ValueError("no ClientHello")
        body = Cursor(message.vector(3))
        message.end()
        self.size = len(record)
        self.version = body.number(2)
        self.random = body.take(32)
        self.session_id = body.vector(1)
        self.suites = body.numbers(2)
        self.compressions = list(body.vector(1))
        self.extensions = {}
        if body.data:
            extensions = Cursor(body.vector(2))
            while extensions.data:
                kind = extensions.number(2)
                if kind in self.extensions:
                    raise ValueError("an extension twice")
                self.extensions[kind] = extensions.vector(2)
        body.end()

    @property
    def server_name(self):
        if SERVER_NAME not in self.extensions:
            return None
        names = Cursor(Cursor(self.extensions[SERVER_NAME]).vector(2))
        names.number(1)
        return names.vector(2).decode()

    @property
    def groups(self):
        return Cursor(self.extensions.get(SUPPORTED_GROUPS, b"\0\0")).numbers(2)

    @property
    def chain_signatures(self):
        """Those that may be within a chain: RFC 8446, 4.2.3."""
        either = self.extensions.get(SIGNATURE_ALGORITHMS, b"\0\0")
        return Cursor(self.extensions.get(SIGNATURE_ALGORITHMS_CERT, either)).numbers(2)


def receive_hello(connection):
    """None when the client goes away before it has said all."""
    header = connection.recv(5, socket.MSG_WAITALL)
    if len(header) < 5:
        return None
    size = int.from_bytes(header[3:], "big")
    body = connection.recv(size, socket.MSG_WAITALL)
    return Hello(header + body) if len(body) == size else None


def record(kind, version, body):
    return struct.pack(">BHH", kind, version, len(body)) + body


def message(kind, body):
    return struct.pack(">I", kind << 24 | len(body)) + body


def alert(description, version=TLS10):
    return record(ALERT, version, bytes([2, description]))


def flight(version, suite, certificates):
    """ServerHello, Certificate and ServerHelloDone, each in a record: as with RSA key exchange."""
    entries = b"".join(struct.pack(">I", len(der))[1:] + der for der in certificates)
    hello = struct.pack(">H", version) + bytes(range(32)) + b"\0" + struct.pack(">H", suite) + b"\0"
    parts = message(2, hello), message(11, struct.pack(">I", len(entries))[1:] + entries), message(14, b"")
    return b"".join(record(HANDSHAKE, version, part) for part in parts)


def reset(connection):
    """The peer sees a reset when the connection is closed."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
