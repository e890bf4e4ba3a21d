"""A CA for OpenSSL's mock CMP server, which can give out one prepared certificate only.

usage: cmp_ca.py PORT MOCK_PORT ISSUE SERVE...
Listens on 127.0.0.1:PORT. When a request brings a public key, ISSUE is run with that key (PEM) in its standard input
and the mock server is started anew as SERVE...; every message is then passed on to it as it is, and its answer back.
"""
import base64
import http.client
import http.server
import re
import signal
import subprocess
import sys
import time

PORT, MOCK = int(sys.argv[1]), int(sys.argv[2])
ISSUE, SERVE = sys.argv[3], sys.argv[4:]
# CertTemplate.publicKey: [6] IMPLICIT SubjectPublicKeyInfo (RFC 4211, 5); 1.2.840 is in rsaEncryption and ecPublicKey
KEY = re.compile(rb"\xa6(\x82(..)|\x81(.)|(.))\x30.\x06.\x2a\x86\x48", re.DOTALL)
mock = server = None


def public_key(message):
    found = KEY.search(message)
    if not found:
        return None
    size = int.from_bytes(found[2] or found[3] or found[4], "big")
    der = b"\x30" + found[1] + message[found.end(1):found.end(1) + size]
    text = base64.encodebytes(der).decode()
    return "-----BEGIN PUBLIC KEY-----\n" + text + "-----END PUBLIC KEY-----\n"


def start_mock():
    global mock, server
    stop_mock()
    mock = subprocess.Popen(SERVE)
    # a transaction ends with its connection
    server = http.client.HTTPConnection("127.0.0.1", MOCK, timeout=30)
    for _ in range(200):
        try:
            server.connect()
            return
        except OSError:
            time.sleep(0.05)


def stop_mock():
    if mock:
        mock.kill()
        mock.wait()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        message = self.rfile.read(int(self.headers["Content-Length"]))
        key = public_key(message)
        if key:
            subprocess.run(["sh", "-c", ISSUE], input=key, text=True, check=True)
            start_mock()
        server.request("POST", "/pkix/", message,
                       {"Content-Type": "application/pkixcmp", "Connection": "keep-alive"})
        answer = server.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/pkixcmp")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
try:
    http.server.HTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
finally:
    stop_mock()
