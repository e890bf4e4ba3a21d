#!/bin/bash
# The proof of seal.sh on the real ROM of the ESP32-S3.
exec "$SOURCE/tests/qemu/seal.sh" esp32s3 qemu-system-xtensa 0x07 0x08 0x0 chip:30 host:60 chip:90
