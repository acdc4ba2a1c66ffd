"""Requests whose framing is malformed or hostile: lengths, chunks, line ends, versions, methods."""

from tests.support.raw_http import (
    ADDRESS,
    HIDDEN,
    UNKNOWN_CODING,
    UNKNOWN_VERSION,
    accepted,
    accepted_or_refused,
    chunk,
    chunked,
    page,
    post,
    refused,
    request,
    with_length,
    with_target,
)

# These are tables.
# fmt: off

LAST = b"0\r\n\r\n"
SMUGGLED = LAST + HIDDEN  # two requests, or one with a body
ABC = chunk(b"abc")

LENGTHS = [
    # Two lengths: a proxy in front of us may have used the other one.
    refused("CL.TE", with_length(SMUGGLED, "Transfer-Encoding: chunked")),
    refused("CL.TE in capitals", with_length(SMUGGLED, "TRANSFER-ENCODING: CHUNKED")),
    refused("TE.CL", chunked(chunk(HIDDEN) + LAST, "Content-Length: 4")),
    refused("CL.CL", post("Content-Length: 3", "Content-Length: 5", body=b"abc")),
    refused("CL.CL, the same", post("Content-Length: 3", "Content-Length: 3", body=b"abc")),
    refused("CL 0, and another", with_length(HIDDEN, "Content-Length: 0")),
    refused("TE.TE", chunked(LAST, "Transfer-Encoding: chunked")),
    refused("TE.TE, identity", chunked(SMUGGLED, "Transfer-Encoding: identity")),
    refused("TE in HTTP/1.0", request(
        "Transfer-Encoding: chunked", line=f"POST {ADDRESS} HTTP/1.0", body=ABC + LAST)),

    # An invalid length, or one that some servers read differently.
    *(
        refused(f"CL {value!r}", post(f"Content-Length:{value}", body=b"abc"))
        for value in (
            "", " ", " +3", " -3", " 0x3", " 3.0", " 3e0", " 3;", " 3,", " 3, 3", " 1 2", " \xb3",
            " \x0b3", " 3\0", "\r\n 3", " 3\r\n\t0", " three", " 99999999999999999999",
            " 18446744073709551619", " -18446744073709551613",
        )
    ),
    refused("CL, space before colon", post("Content-Length : 3", body=b"abc")),
    refused("CL of 4 GiB and 3", post("Content-Length: 4294967299", body=b"abc"), [413]),
    accepted("CL with spaces around", post("Content-Length:  3  ", body=b"abc"), body=b"abc"),
    accepted("CL with a leading zero", post("Content-Length: 03", body=b"abc"), body=b"abc"),

    # An unknown coding, or one that some servers take for "chunked".
    *(
        refused(f"TE {value!r}", post(f"Transfer-Encoding:{value}", body=SMUGGLED), UNKNOWN_CODING)
        for value in (
            " xchunked", " identity", " gzip", " gzip, chunked", " chunked, identity", " ",
            " chunked, chunked", ' "chunked"', " chunked;a=b", " \x0bchunked",
            "\tchunked",  # valid for "chunked" (RFC 9110, 5.5), but Nginx skips only blanks
        )
    ),
    *(
        refused(f"TE in {line!r}", with_length(SMUGGLED, line))
        for line in (
            "Transfer-Encoding: chunked\0", "Transfer-Encoding\0: chunked",
            "Transfer-Encoding:\r\n chunked", "Transfer-Encoding\r\n : chunked",
            "Transfer-Encoding: chu\rnked", "Transfer-Encoding : chunked",
            " Transfer-Encoding: chunked", "X: y\r\n Transfer-Encoding: chunked",
            "X: y\rTransfer-Encoding: chunked", "X: y\nTransfer-Encoding: chunked",
        )
    ),

    # Header names that only resemble these two.
    accepted("C_L", post("Content_Length: 3", body=b"abc"), rest=True),
    accepted("T_E", post("Transfer_Encoding: chunked", body=LAST), rest=True),
    accepted("TE with a long s", post("Tran\xc5\xbffer-Encoding: chunked", body=LAST), rest=True),
    accepted("CL.T_E", with_length(SMUGGLED, "Transfer_Encoding: chunked"), body=SMUGGLED),
    accepted("CL and TE", with_length(SMUGGLED, "TE: chunked"), body=SMUGGLED),

    # A request in a body stays part of the body.
    accepted("GET and a request", with_length(HIDDEN, line=f"GET {ADDRESS} HTTP/1.1"), body=HIDDEN),
    accepted("POST with a request", chunked(chunk(HIDDEN) + LAST), body=HIDDEN),
    page("GET of a page with a request", with_length(HIDDEN, line="GET / HTTP/1.1")),
    page("GET of a page with a request in a chunk", request(
        "Transfer-Encoding: chunked", line="GET / HTTP/1.1", body=chunk(HIDDEN) + LAST)),
    refused("POST of a page with a request", with_length(HIDDEN, line="POST / HTTP/1.1"), [405]),
    refused("GET of a missing file with a request", with_length(
        HIDDEN, line="GET /gone.js HTTP/1.1"), [404]),
]

CHUNKS = [
    accepted("chunked", chunked(ABC + LAST), body=b"abc"),
    accepted("size with zeros", chunked(b"0000A\r\n0123456789\r\n00\r\n\r\n"), body=b"0123456789"),
    accepted("size of 32 digits", chunked(b"0" * 31 + ABC + LAST), body=b"abc"),
    accepted("size and a blank", chunked(b"3 \r\nabc\r\n" + LAST), body=b"abc"),
    accepted("extensions", chunked(b'3;a=b;c="d"\r\nabc\r\n0;e\r\n\r\n'), body=b"abc"),
    accepted("extension of 70 kB", chunked(
        b"3;" + b"a" * 70_000 + b"\r\nabc\r\n" + LAST), body=b"abc"),
    accepted("trailers", chunked(
        ABC + b"0\r\nX-Forwarded-For: 6.6.6.6\r\nContent-Length: 9\r\n\r\n"), body=b"abc"),
    accepted("an invalid trailer", chunked(b"0\r\nnonsense\r\n\r\n")),
    accepted("3,000 trailers", chunked(b"0\r\n" + b"X: y\r\n" * 3_000 + b"\r\n")),
    accepted("junk after the last", chunked(ABC + LAST + b"("), body=b"abc", rest=True),
    *(
        refused(f"size {size!r}", chunked(size + b"\r\nabc\r\n" + LAST))
        for size in (
            b"", b";", b"0x3", b"+3", b"-3", b" 3", b"g", b"3,3", b"3.0", b"3\0", b"\xb3", b"3\r",
            b"-1", b"FFFFFFFFFFFFFFFF", b"7FFFFFFFFFFFFFFF", b"8000000000000000",
            b"10000000000000003",
        )
    ),
    refused("size of 2 GiB", chunked(b"7FFFFFFF\r\nabc"), [413]),
    refused("more than the size", chunked(b"3\r\nabcd\r\n" + LAST)),
    refused("less than the size", chunked(b"5\r\nabc\r\n" + SMUGGLED)),
    refused("no line end after the data", chunked(b"3\r\nabc" + LAST)),
    refused("a request after the data", chunked(b"3\r\nabc" + HIDDEN)),
    refused("bare CR after the size", chunked(b"3\rabc\r\n" + LAST)),
    refused("bare CR in an extension", chunked(b"3;a\rb\r\nabc\r\n" + LAST)),
    refused("bare CR at the end", chunked(ABC + b"0\r\n\rX")),
    accepted_or_refused("bare LF after the size", chunked(b"3\nabc\r\n" + LAST), body=b"abc"),
    accepted_or_refused("bare LF after the data", chunked(b"3\r\nabc\n" + LAST), body=b"abc"),
    accepted_or_refused("bare LF at the end", chunked(ABC + b"0\n\n"), body=b"abc"),
]

LINES = [
    # RFC 9112, 2.2, lets a server accept a bare LF as a line end.
    accepted("bare LF everywhere", request().replace(b"\r", b"")),
    accepted("bare LF once", request("X: a\nX-Forwarded-For: 6.6.6.6")),
    accepted("empty lines before", b"\r\n\r\n\n" + request()),
    accepted("10,000 empty lines before", b"\r\n" * 10_000 + request()),
    accepted("a blank at the end", request(line=f"GET {ADDRESS} HTTP/1.1 ")),
    accepted("CR CR LF once", request("X: a\r")),
    accepted("two blanks", request(line=f"GET  {ADDRESS}  HTTP/1.1")),
    accepted("a line without a colon", request("nonsense")),
    accepted("invalid names", request("X(y)@: a", "X\xff: b")),
    accepted("bytes beyond ASCII", request("X: \xc0\xaf\xff")),
    refused("bare CR everywhere", request().replace(b"\n", b"")),
    refused("bare CR once", request("X: a\rX-Evil: b")),
    refused("CR CR LF everywhere", request().replace(b"\r", b"\r\r")),
    refused("folded", request("X: a", " b")),
    refused("folded with a tab", request("X: a", "\tb")),
    refused("folded before any", request(" Host: localhost", host="")),
    refused("blank before the colon", request("Host : localhost", host="")),
    refused("no name", request(": x")),
    refused("null in a value", request("X: a\0b")),
    refused("null in a name", request("X\0Y: a")),
    refused("control characters in a value", request("X: a\x01\x7fb")),
    refused("control characters in a name", request("X\x01: a")),
    refused("blank first", request(line=f" GET {ADDRESS} HTTP/1.1")),
    refused("tabs for blanks", request(line=f"GET\t{ADDRESS}\tHTTP/1.1")),
    refused("no method", request(line=f"{ADDRESS} HTTP/1.1")),
    refused("no target", request(line="GET HTTP/1.1")),
    refused("only a method", request(line="GET")),
    refused("an answer", request(line="HTTP/1.1 200 OK")),
    refused("two in a line", request(line=f"GET {ADDRESS} HTTP/1.1GET {ADDRESS} HTTP/1.1")),
    refused("a byte order mark", b"\xef\xbb\xbf" + request()),
    refused("UTF-16", request().decode().encode("utf-16")),
    refused("every byte", bytes(range(256)) * 4),
    refused("TLS", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + b"\0" * 512),
    refused("SMTP", b"EHLO localhost\r\n"),
    refused("JSON", b'{"question": 1}\r\n\r\n'),
    refused("PROXY, version 1", b"PROXY TCP4 6.6.6.6 127.0.0.1 1 2\r\n" + request()),
    refused("PROXY, version 2", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + b"\6" * 12 + request()),
    refused("HTTP/2's preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"),
]

VERSIONS = [
    accepted("HTTP/1.0", request("Connection: keep-alive", line=f"GET {ADDRESS} HTTP/1.0")),
    accepted("HTTP/1.0 without a host", request(line=f"GET {ADDRESS} HTTP/1.0", host=""), host=""),
    accepted("HTTP/1.2, which is 1.1", request(line=f"GET {ADDRESS} HTTP/1.2")),  # RFC 9110, 2.5
    *(
        refused(version, request(line=f"GET {ADDRESS} {version}"), UNKNOWN_VERSION)
        for version in ("HTTP/2.0", "HTTP/3", "HTTP/11.1", "HTTP/99999999999999999999.1")
    ),
    *(
        refused(repr(version), request(line=f"GET {ADDRESS} {version}"))
        for version in (
            "HTTP/0.9", "HTTP/0.1", "HTTP/1", "HTTP/1.", "HTTP/01.1", "HTTP/-1.1", "HTTP/1.-1",
            "HTTP/1.1x", "HTTP/1,1", "HTTP /1.1", "HTTP/1.1\0", "http/1.1", "HTTPS/1.1", "ICAP/1.0",
        )
    ),
]

METHODS = [
    # Any token may be a method. The app decides about it; pages can only be read.
    *(
        accepted(method, request(line=f"{method} {ADDRESS} HTTP/1.1"))
        for method in ("OPTIONS", "TRACK", "DEBUG", "PROPFIND", "PURGE", "QUERY", "PRI", "G_T-X")
    ),
    *(
        refused(f"{method} of a page", request(line=f"{method} / HTTP/1.1"))
        for method in ("OPTIONS", "DELETE", "PUT", "PURGE", "TRACK", "TRACE", "CONNECT", "BREW")
    ),
    *(
        refused(f"method {method[:20]!r}", request(line=f"{method} {ADDRESS} HTTP/1.1"))
        for method in (
            "TRACE", "CONNECT", "get", "Get", "G", "G E T", "GET/", "GET:", "GET\0", "G\xc9T",
            "\x80GET", "A" * 99, "A" * 10_000,
        )
    ),
    refused("CONNECT to elsewhere", request(line="CONNECT evil.example:443 HTTP/1.1")),
    refused("OPTIONS of *", request(line="OPTIONS * HTTP/1.1")),
]

SIZES = [
    accepted("line of 8 kB", with_target(f"{ADDRESS}?{'x' * 8_150}")),
    refused("line of 9 kB", with_target(f"{ADDRESS}?{'x' * 9_000}"), [414]),
    refused("line of 1 MB", with_target(f"{ADDRESS}?{'x' * 1_000_000}"), [414]),
    accepted("header of 8 kB", request(f"X: {'y' * 8_150}")),
    refused("header of 9 kB", request(f"X: {'y' * 9_000}"), [431]),
    refused("header of 1 MB", request(f"X: {'y' * 1_000_000}"), [431]),
    refused("name of 9 kB", request(f"{'x' * 9_000}: y"), [431]),
    refused("six headers of 7 kB", request(*[f"X-{n}: {'y' * 7_000}" for n in range(6)]), [431]),
    accepted("80 headers", request(*[f"X-{n}: y" for n in range(80)])),
    accepted("100 headers", request(*[f"X-{n}: y" for n in range(99)])),  # and Host
    refused("120 headers", request(*[f"X-{n}: y" for n in range(120)]), [431]),
    refused("5,000 headers", request(*[f"X-{n}: y" for n in range(5_000)]), [431]),
    refused("body of 2 MB, announced", post("Content-Length: 2000000", body=b"x" * 9_999), [413]),
    refused("body of 2 MB, in chunks", chunked(chunk(b"x" * 65_536) * 32 + LAST), [413]),
    refused("body of 2 MB, not sent yet", post(
        "Expect: 100-continue", "Content-Length: 2000000"), [413]),
]

CASES = [*LENGTHS, *CHUNKS, *LINES, *VERSIONS, *METHODS, *SIZES]

# Incomplete requests, after which the client sends nothing more. None of them reaches the app.
UNFINISHED = {
    "nothing": b"",
    "a method": b"GET ",
    "a line": b"GET /api/TOKEN HTTP/1.1\r\n",
    "headers": request()[:-2],
    "headers and a name": request()[:-2] + b"X",
    "headers and a bare CR": request()[:-1],
    "empty lines": b"\r\n" * 20,
    "a body of which nothing is sent": post("Content-Length: 3"),
    "a body of which a part is sent": post("Content-Length: 99", body=HIDDEN),
    "a body after Expect": post("Expect: 100-continue", "Content-Length: 3"),
    "a missing chunk": chunked(b""),
    "half a size": chunked(b"3"),
    "half a chunk": chunked(chunk(HIDDEN)[:40]),
    "no last chunk": chunked(chunk(HIDDEN)),
    "no end after the last chunk": chunked(chunk(HIDDEN) + b"0\r\n"),
    "no end after the trailers": chunked(b"0\r\nX: y\r\n"),
    "an extension with line ends": chunked(b'3;a="\r\n\r\n"\r\nabc\r\n' + LAST),
    "an extension with a bare LF": chunked(b"3;a\nbc\r\nabc\r\n" + LAST),
}
