#!/bin/bash
# The proof of seal.sh on the real ROM of the ESP32-C3.
exec "$SOURCE/tests/qemu/seal.sh" esp32c3 qemu-system-riscv32 0x02 0x08 0x0 chip:8 chip:35 host:50 chip:80 host:95
