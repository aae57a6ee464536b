# SPDX-License-Identifier: Apache-2.0
"""What servers say on the way to TLS, and players for it, with a real TLS behind."""
import ssl
import struct

MYSQL = b"\x0a8.0.1\0\x01\0\0\0saltsalt\0\xff\xff\x21\x02\0\xff\xc1\x15" + bytes(10) + b"saltsaltsalt\0"
PRELOGIN = bytes.fromhex("0401001a00000100" "00000b0006" "0100110001" "ff" "100003e80000" "01")

# What a server says, and what it has to have read before it goes on.
DIALOGUES = {
    "smtp": [(b"220-mail.example\r\n220 ESMTP\r\n", b"EHLO greeter.example\r\n"),
             (b"250-mail.example\r\n250-STARTTLS\r\n250 SIZE\r\n", b"STARTTLS\r\n"), (b"220 go\r\n", b"")],
    "lmtp": [(b"220 mail.example\r\n", b"LHLO greeter.example\r\n"), (b"250 STARTTLS\r\n", b"STARTTLS\r\n"), (b"220 go\r\n", b"")],
    "imap": [(b"* OK ready\r\n", b"a1 STARTTLS\r\n"), (b"* CAPABILITY IMAP4\r\na1 OK go\r\n", b"")],
    "pop3": [(b"+OK ready\r\n", b"STLS\r\n"), (b"+OK go\r\n", b"")],
    "ftp": [(b"220 ready\r\n", b"AUTH TLS\r\n"), (b"234 go\r\n", b"")],
    "nntp": [(b"200 ready\r\n", b"STARTTLS\r\n"), (b"382 go\r\n", b"")],
    "sieve": [(b'"IMPLEMENTATION" {3}\r\nOK\n\r\n"STARTTLS"\r\nOK\r\n', b"STARTTLS\r\n"), (b"OK\r\n", b"")],
    "irc": [(b"", b"STARTTLS\r\n"), (b":irc NOTICE * :wait\r\n:irc 670 * :go\r\n", b"")],
    "xmpp": [(b"", b"version='1.0'>"), (b"<?xml version='1.0'?><stream:stream><stream:features><starttls/></stream:features>",
                                       b"xmpp-tls'/>"), (b"<proceed/>", b"")],
    "xmpp-server": [(b"", b"version='1.0'>"), (b"<stream:stream><stream:features><starttls/></stream:features>", b"xmpp-tls'/>"),
                    (b"<proceed/>", b"")],
    "ldap": [(b"", b"1.3.6.1.4.1.1466.20037"), (bytes.fromhex("300c02010178070a010004000400"), b"")],
    "postgres": [(b"", bytes.fromhex("0000000804d2162f")), (b"S", b"")],
    "mysql": [(struct.pack("<I", len(MYSQL)) + MYSQL, bytes(23))],
    "rdp": [(b"", bytes.fromhex("0100080003000000")), (bytes.fromhex("030000130ed000001234000200080002000000"), b"")],
    "tds": [(b"", bytes.fromhex("1000000000000100")), (PRELOGIN, b"")],
}


def read_until(connection, wanted):
    got = b""
    while not got.endswith(wanted):
        piece = connection.recv(1)
        if not piece:
            raise OSError("the client has gone")
        got += piece


def play(connection, turns):
    for says, wanted in turns:
        connection.sendall(says)
        if wanted:
            read_until(connection, wanted)


def context_of(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.pem, certificate.key)
    return context


def shake_hands(connection, certificate):
    context_of(certificate).wrap_socket(connection, server_side=True).close()


def read_exactly(connection, count):
    got = b""
    while len(got) < count:
        piece = connection.recv(count - len(got))
        if not piece:
            raise OSError("the client has gone")
        got += piece
    return got


def shake_hands_in_tds(connection, certificate):
    """The records of TLS inside packets of SQL Server's, small ones, as they go both ways."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    secure = context_of(certificate).wrap_bio(incoming, outgoing, server_side=True)
    while True:
        try:
            secure.do_handshake()
            return
        except ssl.SSLWantReadError:
            answer = outgoing.read()
            for at in range(0, len(answer), 500):
                part = answer[at:at + 500]
                connection.sendall(struct.pack(">BBHHBB", 0x12, at + 500 >= len(answer), len(part) + 8, 0, 1, 0) + part)
        head = read_exactly(connection, 8)
        if head[0] != 0x12:
            raise OSError("bare bytes")
        incoming.write(read_exactly(connection, struct.unpack(">H", head[2:4])[0] - 8))
