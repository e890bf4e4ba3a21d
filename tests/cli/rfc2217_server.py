#!/usr/bin/env python3
"""One RFC 2217 connection in front of a tty, by pyserial's own server class. Prints its port number first.
usage: rfc2217_server.py TTY"""
import socket
import sys
import threading
import time

import serial
import serial.rfc2217


class Tty(serial.Serial):
    """A pseudo-terminal has no modem lines: asked for them, the kernel refuses."""

    cts = dsr = cd = property(lambda self: True)
    ri = property(lambda self: False)

    def _update_rts_state(self):
        pass

    def _update_dtr_state(self):
        pass


class Wire:
    def __init__(self, connection):
        self.connection = connection

    def write(self, data):
        self.connection.sendall(data)


def forward(tty, manager, connection):
    while True:
        data = tty.read(tty.in_waiting or 1)
        if data:
            connection.sendall(b"".join(manager.escape(data)))


def main():
    tty = Tty(sys.argv[1], 115200, timeout=0.05)
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen(1)
    print(server.getsockname()[1], flush=True)
    while True:
        connection, _ = server.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        manager = serial.rfc2217.PortManager(tty, Wire(connection))
        reader = threading.Thread(target=forward, args=(tty, manager, connection), daemon=True)
        reader.start()
        while True:
            data = connection.recv(4096)
            if not data:
                return
            tty.write(b"".join(manager.filter(data)))


main()
