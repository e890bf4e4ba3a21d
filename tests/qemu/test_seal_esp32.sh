#!/bin/bash
# The proof of seal.sh on the real ROM of the ESP32.
exec "$SOURCE/tests/qemu/seal.sh" esp32 qemu-system-xtensa 0x0f 0x12 0x1000 chip:10 host:35 host:55 chip:85
