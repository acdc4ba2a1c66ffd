"""Requests whose target, host or headers are malformed or forged."""

from tests.support.raw_http import (
    ADDRESS,
    Case,
    accepted,
    page,
    refused,
    request,
    with_length,
    with_target,
)

# These are tables.
# fmt: off

ADDRESSES = [
    # The app gets the target, decoded once. %c0%ae and the like are "." and "/" in overlong
    # UTF-8, %ed%a0%80 is half a surrogate pair.
    *(
        accepted(f"{target!r}", with_target(target), f"GET {path}")
        for target, path in {
            "/api/TOKEN?%zz&%00&%0d%0a&%": "/api/TOKEN",
            "/%61pi/TOKEN": "/api/TOKEN",
            "/api%2fTOKEN": "/api/TOKEN",
            "/api//TOKEN": "/api//TOKEN",
            "/api/TOKEN//": "/api/TOKEN//",
            "/api/TOKEN%20": "/api/TOKEN ",
            "/api/TOKEN%23x%3fy": "/api/TOKEN#x?y",
            "/api/TOKEN%0d%0aX-Evil:%20y": "/api/TOKEN\r\nX-Evil: y",
            "/api/TOKEN/%252e%252e/": "/api/TOKEN/%2e%2e/",
            "/api/TOKEN/..;/x": "/api/TOKEN/..;/x",
            "/api/TOKEN/..\\x": "/api/TOKEN/..\\x",
            "/api/TOKEN/%5c..%5cx": "/api/TOKEN/\\..\\x",
            "/api/TOKEN/.../x": "/api/TOKEN/.../x",
            "/api/TOKEN/%c0%ae%c0%ae%c0%af": "/api/TOKEN/\xc0\xae\xc0\xae\xc0\xaf",
            "/api/TOKEN/%e0%80%af%f0%80%80%af": "/api/TOKEN/\xe0\x80\xaf\xf0\x80\x80\xaf",
            "/api/TOKEN/%ed%a0%80%ff%fe": "/api/TOKEN/\xed\xa0\x80\xff\xfe",
        }.items()
    ),

    # Targets that Nginx and the app would interpret differently.
    *(
        refused(f"{target!r}", with_target(target))
        for target in (
            "/x/../api/TOKEN", "/./api/TOKEN", "/api/../api/TOKEN", "/api/TOKEN/.", "/api/./TOKEN",
            "/api/TOKEN/x/..", "/x/..%2fapi/TOKEN", "/x/%2e%2e/api/TOKEN", "/x/.%2E%2Fapi/TOKEN",
            "/api/TOKEN/%2e?x", "/%61pi/x/../TOKEN", "/healthz/../api/TOKEN", "/api/TOKEN#x",
            "/api/TOKEN?x#/../healthz", "http://localhost/x/../api/TOKEN",
        )
    ),

    # Invalid targets.
    *(
        refused(f"{target!r}", with_target(target))
        for target in (
            "/api/TOKEN%", "/api/TOKEN%2", "/api/TOKEN%zz", "/api/TOKEN%u002f", "/api/TOKEN%00",
            "/api/TOKEN%00.js", "/%00", "/api/TOKEN\0", "/api/TOKEN?\0", "/api/TOKEN\x01",
            "/api/TOKEN\x7f", "/api/TOKEN x", "/api/TOKEN\tx", "/api/TOKEN\xff", "/api/TOKEN?\xff",
            "/api/TOKEN\xc0\xaf", "api/TOKEN", "?x", "#x", "*", "localhost:80", "gopher:x",
            "file:///etc/passwd", "http:///api/TOKEN", "http://localhost:x/api/TOKEN",
            "http://u:p@localhost/api/TOKEN", "http://a b/api/TOKEN", "http://<evil>/api/TOKEN",
        )
    ),

    # A host in the target overrides the header (RFC 9112, 3.2.2).
    *(
        accepted(f"{target!r}", with_target(target), f"GET {ADDRESS}", host=host)
        for target, host in {
            "http://localhost/api/TOKEN": "localhost",
            "HTTP://localhost:8080/api/TOKEN": "localhost:8080",
            "http://evil.example/api/TOKEN?http://localhost/": "evil.example",
            "https://[::1]:443/api/TOKEN": "[::1]:443",
        }.items()
    ),

    # Pages: all targets without a file extension that are outside the API.
    *(
        page(f"{target!r}", with_target(target))
        for target in (
            "http://localhost", "http://localhost?x", "//evil.example/api/TOKEN", "//api/TOKEN",
            "/%2fapi/TOKEN", "/API/TOKEN", "/apiTOKEN", "/api\\TOKEN", "/api/TOKEN/../../x",
            "/api/..%2fTOKEN", "/api/%2e%2e/", "//healthz", "/@problem",
            "/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
        )
    ),

    # Targets outside the frontend's folder, and hidden files in it.
    *(
        refused(f"{target!r}", with_target(target), [400, 404])
        for target in (
            "/../../../../etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd",
            "/x/../../etc/passwd", "/..\\..\\etc\\passwd", "/%5c..%5c..%5cetc%5cpasswd.txt",
            "/..;/..;/etc/passwd.txt", "/assets/..%2f.env", "/assets/..;/.env", "//.env",
            "/assets/%2e%2e/.env", "/assets/..\\.env", "/assets//../../.env", "/%2eenv", "/.ENV",
            "/assets/app-1a2b3c4d.js/../../.env", "/assets/app-1a2b3c4d.js/", "/.env%00.js",
            "/assets/app-1a2b3c4d.js%00", "/assets/app-1a2b3c4d.js%20", "/.env%20", "/.env/",
            "/.%00./.env", "/.%e0%80%ae/.env", "/nginx.conf", "/run/../nginx.conf", "/env.js%00",
            "/fragments/http.conf", "/.error", "/api/TOKEN/../../nginx.conf",
            "/api/TOKEN/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        )
    ),
]

HOSTS = [
    *(
        refused(f"host {value!r}", request(host=f"Host:{value}"))
        for value in (
            "", " ", " a b", " a\tb", " a,b", " a, ", " u:p@h", " @h", " h/x", " h?x", " h#x",
            " h:-1", " h:80:90", " h:port", " h: 80", " h:999999", " [::1", " [::1]x", " ::1",
            " ..", " h..h", " h\0", " h\xff", " h%00", ' "h"', " <script>", " h\\x", " $host",
            " ${host}", " *", " h'--", " http://h", " \x0bh",
        )
    ),
    *(
        refused(f"hosts {values}", request(*[f"Host: {value}" for value in values], host=""))
        for values in ([], ["a", "b"], ["a", "a"], ["a", ""])
    ),
    *(
        accepted(f"host {value!r}", request(host=f"Host: {value}"), host=value)
        for value in ("H", "h.", "h:80", "h:", "127.0.0.1", "[::1]:80", "a-b_c.example:65535")
    ),
]

# Headers with which a client claims or requests something: the app's view of it does not change.
CLAIMS = [
    *(
        accepted(" ".join(lines), request(*lines))
        for lines in (
            ["X-Forwarded-For: 6.6.6.6"], ["x-forwarded-FOR:6.6.6.6"], ["X_Forwarded_For: 6.6.6.6"],
            ["X-Forwarded_For: 6.6.6.6"], ["X-Forwarded-For: 6.6.6.6, 127.0.0.1"],
            ["X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: 7.7.7.7"], ["X-Forwarded-Proto: https"],
            ["X_Forwarded_Proto: https"], ["X-Forwarded-Ssl: on"], ["X-Forwarded-Protocol: ssl"],
            ["X-Forwarded-Scheme: https"], ["X-Url-Scheme: https"], ["Front-End-Https: on"],
            ["X-Forwarded-Host: evil.example"], ["X-Forwarded-Port: 666"],
            ["X-Forwarded-Prefix: /evil"], ["X-Forwarded-Server: evil.example"],
            ["Forwarded: for=6.6.6.6;proto=https;host=evil.example"], ["X-Real-IP: 6.6.6.6"],
            ["Fly-Client-IP: 6.6.6.6"], ["Fly_Client_IP: 6.6.6.6"], ["CF-Connecting-IP: 6.6.6.6"],
            ["True-Client-IP: 6.6.6.6"], ["X-Client-IP: 6.6.6.6"], ["X-Request-Id: forged"],
            ["X_Request_Id: forged"], ["X-Request-Id: a", "X-Request-Id: b"],
            ["X-Original-URL: /api/admin", "X-Rewrite-URL: /api/admin"],
            ["X-HTTP-Method-Override: DELETE", "X-Method-Override: DELETE"],
            ["X-Accel-Redirect: /nginx.conf"], ["SCRIPT_NAME: /evil"], ["Script-Name: /evil"],
            ["PATH_INFO: /evil"], ["REMOTE_ADDR: 6.6.6.6"], ["REMOTE_USER: a", "Remote-User: a"],
            ["Proxy: http://evil.example"], ["wsgi.url_scheme: https"], ["Early-Data: 1"],
            ["Connection: X-Forwarded-For", "X-Forwarded-For: 6.6.6.6"],
            ["Connection: Host, X-Request-Id, X-Forwarded-For"], ["Proxy-Connection: keep-alive"],
            ["Connection: keep-alive, Content-Length", "Content-Length: 0"],
            ["Keep-Alive: timeout=99999, max=0"], ["TE: trailers", "Trailer: X-Forwarded-For"],
            ["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABk"],
            ["Upgrade: HTTP/2.0, h2c", "Connection: Upgrade"], ["Upgrade: TLS/1.0"],
            ["Upgrade: websocket, h2c", "Connection: Upgrade"], ["Upgrade: \xff"],
            ["Upgrade: h2c", "Upgrade: websocket", "Connection: Upgrade"],
            ["Expect: 100-continue"], ["Expect: 200-ok"], ["Expect: "], ["Range: bytes=0-0,-1,5-2"],
            ["Accept-Encoding: gzip;q=9, *;q=x"], ['If-None-Match: "'], ["If-Modified-Since: x"],
            ["Cookie: ;;=;"],
        )
    ),
    accepted("Expect with a body", with_length(b"abc", "Expect: 100-continue"), body=b"abc"),
    refused("Expect of a page", with_length(
        b"a", "Expect: 100-continue", line="PUT / HTTP/1.1"), [405]),
    refused("Connection with a null", request("Connection: \0")),
    *(
        Case(f"range {value[:30]}", request(f"Range: {value}", line="GET / HTTP/1.1"), statuses)
        for value, statuses in {
            "bytes=0-0,-1": [206], "bytes=-99999999999999999999": [416], "bytes=9999-": [416],
            "bytes=99999999999999999999-": [416], "bytes=5-1": [416], "bytes=-0": [416],
            "bytes=a-b": [416], "bytes=,,,": [416], "lines=0-1": [200], "bytes = 0-1": [200],
            f"bytes={'0-,' * 1_300}0-": [200], f"bytes={'0-0,' * 30}0-0": [200],
        }.items()
    ),
]

CASES = [*ADDRESSES, *HOSTS, *CLAIMS]
