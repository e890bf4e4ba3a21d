/* Where our outcome differs from espefuse's, and why. Counted exactly, so that a change does not go unseen.
 */
#ifndef TESTS_EFUSE_DIFFERENCES_H
#define TESTS_EFUSE_DIFFERENCES_H

static struct difference {
    const char *name, *reason;
    unsigned expected, seen;
} differences[] = {
    {"fails: burn-key UNSUPPORTED",
     "purposes that the chip lacks in espefuse 5.3.1 (HMAC of the ESP32-C61) and placeholders (RESERVED of "
     "the ESP32-C5, CUSTOM_20, CUSTOM_MAX): no peripheral uses them",
     64, 0},
    {"fails: burn-efuse FORMAT", "KEY_PURPOSE_n=HMAC_UP on the ESP32-C61, which has no HMAC", 6, 0},
    {"fails: burn-fuse USAGE", "the reference leaves an unknown command with status 0", 10, 0},
    {"fails: burn-key STATE",
     "--force-write-always burns over a block that holds another key: it destroys both", 8, 0},
    {"fails: burn-key MISMATCH",
     "the second half of a 512-bit key takes the next free block, which the same command then names: said, "
     "not guessed",
     4, 0},
    {"refused: FE-NO-KEY", "bricks: flash encryption without a key", 47, 0},
    {"refused: PURPOSE-UNKNOWN", "nothing uses a key of that purpose", 46, 0},
    {"refused: HIDES-NOTHING", "the block is lost", 28, 0},
    {"refused: SB-NO-DIGEST", "bricks: secure boot without a digest", 24, 0},
    {"refused: ECDSA-CURVE", "the chip, or this revision, has no peripheral for that curve", 17, 0},
    {"refused: C2-ONE-WRITE", "the other half of the only key block is lost", 17, 0},
    {"refused: ECDSA-HALF", "half of a P-384 key", 16, 0},
    {"refused: SB-REVISION", "the ROM of that revision has no secure boot v2", 10, 0},
    {"refused: KEY-WEAK", "a key of zeroes", 7, 0},
    {"refused: FLASH-VOLTAGE", "most flash is made for 3.3 V", 6, 0},
    {"refused: SB-DIGEST-HIDDEN", "the ROM could not read the digest", 2, 0},
    {"refused: USB-BOTH-CLOSED", "bricks: the ROM does not start", 1, 0},
    {"refused: CACHE-OFF", "bricks: no program runs from flash", 17, 0},
    {"nothing to do: value_must_not_be_0", "0 where there is 0: it is so already", 10, 0},
    {"nothing to do: bool_must_be_1", "0 where there is 0: it is so already", 10, 0},
    {"nothing to do: key_purpose_out_of_range", "USER where there is USER: it is so already", 8, 0},
    {"succeeds: bad_ecdsa_key", "raw bytes of the private number are taken as well as PEM", 4, 0},
    {"succeeds: burn_not_successful",
     "a field in two parts: the reference loses its highest bit, and then calls that a failure", 1, 0},
    {"succeeds: value_required", "FLASH_CRYPT_CNT counts without a value, as on the other chips", 2, 0},
    {"succeeds: not_supported", "ADC_VREF is a field like others", 11, 0},
    {"succeeds: unknown_efuse", "CUSTOM_MAC of the ESP32 sets its CRC and version too", 1, 0},
    {"succeeds: key_purpose_hw_quirk", "the second half of the key goes around the block that cannot hold it",
     1, 0},
    {"succeeds: invalid_choice", "BLOCK3 of the ESP32-C2 is BLOCK_KEY0", 1, 0},
    {"succeeds: chip_revision",
     "a digest harms no early ESP32; switching secure boot on there trips SB-REVISION", 1, 0},
    {"more: CUSTOM_MAC_USED", "without that bit firmware does not see the address", 1, 0},
};

#endif
