#include "rom/fake_rom.h"

#include "unit.h"

#include <espseal/deflate.h>
#include <espseal/digest.h>
#include <espseal/hex.h>
#include <espseal/slip.h>

#include <stdlib.h>
#include <string.h>

#define SPI_ADDR 0x60002004u
#define SPI_USR2 0x60002020u
#define RDSFDP 0x5Au
#define RDID_ANSWER 0x001640c8u
#define SPI_W0 0x60002058u

void fake_say(struct fake_rom *fake, const void *bytes, size_t len)
{
    assert_int_equal(seal_buf_put(fake->answers, bytes, len), SEAL_OK);
}

static void put_answer(struct seal_buf *out, uint8_t opcode, uint32_t value, const void *data, size_t len,
                       uint8_t failed, uint8_t code)
{
    uint8_t frame[256] = {1, opcode};
    seal_put_le16(frame + 2, (uint16_t)(len + 4));
    seal_put_le32(frame + 4, value);
    if (len) {
        memcpy(frame + 8, data, len);
    }
    frame[8 + len] = failed;
    frame[9 + len] = code;
    frame[10 + len] = 0x37; /* junk, as after an MD5 */
    assert_int_equal(seal_slip_encode(out, frame, 12 + len), SEAL_OK);
}

static void answer(struct fake_rom *fake, uint8_t opcode, uint32_t value, const void *data, size_t len,
                   uint8_t code)
{
    struct seal_buf *out = fake->answers;
    if (fake->hold_next) {
        fake->hold_next = false;
        out = fake->held;
    }
    put_answer(out, opcode, value, data, len, code != 0, code ? code : fake->stale_code);
    fake->last_opcode = opcode;
}

static void refuse(struct fake_rom *fake)
{
    for (int i = 0; i < (fake->last_opcode == SEAL_ROM_SYNC ? 8 : 1); i++) {
        put_answer(fake->answers, fake->last_opcode, 0, NULL, 0, 1, 5);
    }
}

static void program(struct fake_rom *fake, const uint8_t *data, size_t len)
{
    if (fake->writing_deflated) {
        struct seal_buf *out = seal_buf_new();
        assert_int_equal(seal_buf_put(fake->deflated, data, len), SEAL_OK);
        if (seal_inflate(out, seal_buf_ptr(fake->deflated), seal_buf_len(fake->deflated), FLASH_SIZE) ==
            SEAL_OK) {
            memcpy(fake->flash + fake->begin_offset, seal_buf_ptr(out), seal_buf_len(out));
        }
        seal_buf_free(&out);
    } else {
        memcpy(fake->flash + fake->begin_offset, data, len);
        fake->begin_offset += (uint32_t)len;
    }
}

static void take_block(struct fake_rom *fake, uint8_t opcode, const uint8_t *data, size_t len)
{
    if (fake->largest_block && len - 16 > fake->largest_block) {
        return;
    }
    if (++fake->data_blocks == fake->damage_block) {
        answer(fake, opcode, 0, NULL, 0, 7);
        return;
    }
    program(fake, data + 16, len - 16);
    answer(fake, opcode, 0, NULL, 0, 0);
}

static void begin_flash(struct fake_rom *fake, uint8_t opcode, const uint8_t *data)
{
    if (fake->lost_parameters) {
        answer(fake, opcode, 0, NULL, 0, 6);
        return;
    }
    fake->begin_size = seal_le32(data) + (fake->erase_too_much ? 4096 : 0);
    fake->begin_offset = seal_le32(data + 12) ^ (fake->begin_elsewhere ? 0x100000 : 0);
    fake->erase_too_much = fake->begin_elsewhere = false;
    fake->writing_deflated = opcode == SEAL_ROM_FLASH_DEFL_BEGIN;
    seal_buf_truncate(fake->deflated, 0);
    memset(fake->flash + fake->begin_offset, 0xFF, (fake->begin_size + 4095) / 4096 * 4096);
    answer(fake, opcode, 0, NULL, 0, 0);
}

static void answer_md5(struct fake_rom *fake, const uint8_t *data)
{
    uint8_t md5[16];
    char text[33];
    assert_int_equal(seal_md5(fake->flash + seal_le32(data), seal_le32(data + 4), md5), SEAL_OK);
    seal_hex_encode(md5, 16, text);
    answer(fake, SEAL_ROM_SPI_FLASH_MD5, 0, text, 32, 0);
}

static void answer_sync(struct fake_rom *fake)
{
    for (int i = 0; i < 8; i++) {
        answer(fake, SEAL_ROM_SYNC, 0x20120707, NULL, 0, 0);
    }
}

/* The last value written there. */
static uint32_t written(const struct fake_rom *fake, uint32_t address)
{
    uint32_t value = 0;
    for (size_t i = 0; i < fake->tuples && i < sizeof fake->writes / sizeof fake->writes[0]; i++) {
        value = fake->writes[i].address == address ? fake->writes[i].value : value;
    }
    return value;
}

static uint32_t read_register(const struct fake_rom *fake, uint32_t address)
{
    if (fake->sfdp && address >= SPI_W0 && address < SPI_W0 + 64 &&
        (written(fake, SPI_USR2) & 0xFF) == RDSFDP) {
        return seal_le32(fake->sfdp + written(fake, SPI_ADDR) + (address - SPI_W0));
    }
    return fake_register(address);
}

uint32_t fake_register(uint32_t address)
{
    return address == SPI_W0 ? RDID_ANSWER : address == 0x60002000 ? 0 : address ^ 0xC0DB5A5Au;
}

static void answer_register(struct fake_rom *fake, const uint8_t *data)
{
    if (fake->refuse_reads) {
        refuse(fake);
    } else if (++fake->answer_count != fake->lose_answer) {
        answer(fake, SEAL_ROM_READ_REG, read_register(fake, seal_le32(data)), NULL, 0, 0);
    }
}

static void write_registers(struct fake_rom *fake, const uint8_t *data, size_t len)
{
    for (size_t at = 0; at + 16 <= len; at += 16) {
        if (fake->tuples < sizeof fake->writes / sizeof fake->writes[0]) {
            fake->writes[fake->tuples] =
                (struct seal_reg_write){seal_le32(data + at), seal_le32(data + at + 4),
                                        seal_le32(data + at + 8), seal_le32(data + at + 12)};
        }
        fake->tuples++;
    }
    answer(fake, SEAL_ROM_WRITE_REG, 0, NULL, 0, 0);
}

static void handle(struct fake_rom *fake, uint8_t opcode, const uint8_t *data, size_t len)
{
    static const uint8_t security[20] = {[11] = 0x0c, [12] = 5, [16] = 3};
    static const char banner[] = "ESP-ROM:esp32c3-api1-20210207\r\nrst:0x3 (RTC_SW_SYS_RST),boot:0x2\r\n";
    fake->requests[opcode]++;
    if (fake->resets && opcode != SEAL_ROM_SYNC) {
        fake_say(fake, banner, sizeof banner - 1);
        return;
    }
    switch (opcode) {
    case SEAL_ROM_SYNC:
        answer_sync(fake);
        break;
    case SEAL_ROM_GET_SECURITY_INFO:
        answer(fake, opcode, 0, security, sizeof security, 0);
        break;
    case SEAL_ROM_READ_REG:
        answer_register(fake, data);
        break;
    case SEAL_ROM_WRITE_REG:
        write_registers(fake, data, len);
        break;
    case SEAL_ROM_FLASH_BEGIN:
    case SEAL_ROM_FLASH_DEFL_BEGIN:
        begin_flash(fake, opcode, data);
        break;
    case SEAL_ROM_FLASH_DATA:
    case SEAL_ROM_FLASH_DEFL_DATA:
        take_block(fake, opcode, data, len);
        break;
    case SEAL_ROM_SPI_FLASH_MD5:
        answer_md5(fake, data);
        break;
    case SEAL_ROM_READ_FLASH_SLOW:
        answer(fake, opcode, 0, fake->flash + seal_le32(data), 64, 0);
        break;
    case SEAL_ROM_CHANGE_BAUDRATE:
        answer(fake, opcode, 0, NULL, 0, 0);
        fake->chip_baud = fake->chip_baud ? seal_le32(data) : 0;
        break;
    case SEAL_ROM_SPI_ATTACH:
    case SEAL_ROM_SPI_SET_PARAMS:
        fake->lost_parameters = false;
        answer(fake, opcode, 0, NULL, 0, 0);
        break;
    case SEAL_ROM_FLASH_END:
        answer(fake, opcode, 0, NULL, 0, 0);
        break;
    default:
        refuse(fake);
        break;
    }
}

static int fake_write(void *self, const uint8_t *data, size_t len, seal_deadline deadline,
                      struct seal_cause *cause)
{
    (void)deadline;
    struct fake_rom *fake = self;
    static uint8_t storage[8192];
    struct seal_slip_decoder decoder;
    seal_slip_decoder_init(&decoder, storage, sizeof storage);
    if (fake->gone) {
        return seal_fail(cause, SEAL_ERR_LINK, "gone");
    }
    if (fake->host_baud != fake->chip_baud || (fake->line_fastest && fake->host_baud > fake->line_fastest)) {
        return SEAL_OK; /* noise to the chip */
    }
    if (fake->silent || fake->garbage || fake->download_disabled) {
        return SEAL_OK;
    }
    fake_say(fake, seal_buf_ptr(fake->held), seal_buf_len(fake->held));
    seal_buf_truncate(fake->held, 0);
    for (size_t at = 0, used = 0; at < len; at += used) {
        if (seal_slip_decode(&decoder, data + at, len - at, &used) == SEAL_SLIP_FRAME) {
            handle(fake, storage[1], storage + 8, decoder.len - 8);
            fake->in_flight += storage[1] == SEAL_ROM_READ_REG;
        }
    }
    fake->most_in_flight = fake->in_flight > fake->most_in_flight ? fake->in_flight : fake->most_in_flight;
    fake->most_bytes = len > fake->most_bytes ? len : fake->most_bytes;
    return SEAL_OK;
}

static int fake_read(void *self, uint8_t *data, size_t capacity, size_t *len, seal_deadline deadline,
                     struct seal_cause *cause)
{
    (void)deadline;
    struct fake_rom *fake = self;
    if (fake->garbage) {
        fake_say(fake, "\x80\xff\x13\x9a\x01", 5);
        fake->garbage = seal_buf_len(fake->answers) < 5000;
    }
    size_t have = seal_buf_len(fake->answers);
    if (have == 0) {
        return seal_fail(cause, SEAL_ERR_TIMEOUT, "silent");
    }
    *len = have < 14 ? have : 14; /* one register answer */
    *len = *len < capacity ? *len : capacity;
    memcpy(data, seal_buf_ptr(fake->answers), *len);
    seal_buf_consume(fake->answers, *len);
    fake->in_flight -= fake->in_flight > 0;
    return SEAL_OK;
}

static int fake_set_lines(void *self, bool dtr, bool rts, struct seal_cause *cause)
{
    (void)cause;
    struct fake_rom *fake = self;
    if (fake->lines_set < sizeof fake->lines) {
        fake->lines[fake->lines_set] = (uint8_t)(dtr << 1 | rts);
    }
    fake->lines_set++;
    fake->gone = fake->gone || fake->leaves_bus;
    fake->chip_baud = fake->chip_baud ? 115200 : 0; /* it was reset */
    return SEAL_OK;
}

static int fake_set_baud(void *self, unsigned baud, struct seal_cause *cause)
{
    struct fake_rom *fake = self;
    if (fake->adapter_fastest && baud > fake->adapter_fastest) {
        return seal_fail(cause, SEAL_ERR_IO, "the adapter has no %u baud", baud);
    }
    fake->host_baud = baud;
    return SEAL_OK;
}

static int fake_reopen(void *self, seal_deadline deadline, struct seal_cause *cause)
{
    (void)deadline;
    struct fake_rom *fake = self;
    fake->reopened++;
    if (fake->never_returns) {
        return seal_fail(cause, SEAL_ERR_NO_DEVICE, "it did not come back");
    }
    fake->gone = fake->leaves_bus = false;
    return SEAL_OK;
}

static const struct seal_link_ops fake_ops = {.kind = "fake", .write = fake_write, .read = fake_read};
static const struct seal_link_ops fake_ops_with_lines = {
    .kind = "fake",
    .write = fake_write,
    .read = fake_read,
    .set_baud = fake_set_baud,
    .set_lines = fake_set_lines,
    .reopen = fake_reopen,
};

struct fake_rom *fake_new(bool with_lines)
{
    struct fake_rom *fake = calloc(1, sizeof *fake);
    assert_non_null(fake);
    fake->answers = seal_buf_new();
    fake->held = seal_buf_new();
    fake->deflated = seal_buf_new();
    fake->flash = malloc(FLASH_SIZE);
    assert_non_null(fake->flash);
    memset(fake->flash, 0xFF, FLASH_SIZE);
    assert_int_equal(seal_link_wrap(with_lines ? &fake_ops_with_lines : &fake_ops, fake, "fake", &fake->link),
                     SEAL_OK);
    if (with_lines) {
        fake->link->baud = fake->host_baud = fake->chip_baud = 115200;
    }
    return fake;
}

void fake_free(struct fake_rom *fake)
{
    seal_link_close(&fake->link);
    seal_buf_free(&fake->answers);
    seal_buf_free(&fake->held);
    seal_buf_free(&fake->deflated);
    free(fake->flash);
    free(fake);
}

struct seal_loader *fake_connect(struct fake_rom *fake, const struct seal_loader_options *options)
{
    struct seal_loader *loader = NULL;
    struct seal_cause cause;
    int err = seal_loader_connect(fake->link, options, &loader, &cause);
    if (err) {
        fail_msg("%s", cause.text);
    }
    return loader;
}
