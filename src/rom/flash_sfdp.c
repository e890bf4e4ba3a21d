#include "loader.h"

#define SPI_CMD_USR (1u << 18)
#define SPI_USR_COMMAND (1u << 31)
#define SPI_USR_ADDR (1u << 30)
#define SPI_USR_DUMMY (1u << 29)
#define SPI_USR_MISO (1u << 28)
#define SPI_USR1_ADDRESS_24_BITS (23u << 26)
#define SPI_USR1_DUMMY_8_CYCLES 7u
#define SPI_USR2_COMMAND_8_BITS (7u << 28)
#define RDSFDP 0x5Au
#define ALL 0xFFFFFFFFu
#define WORDS_MAX 16u /* W0 to W15 */

struct spi_state { /* what the ROM had set */
    uint32_t addresses[3], values[3];
};

static int save(struct seal_loader *loader, struct spi_state *state, struct seal_cause *cause)
{
    const struct seal_spi_flash_registers *spi = &loader->chip->spi_flash;
    state->addresses[0] = spi->base + spi->usr;
    state->addresses[1] = spi->base + spi->usr1;
    state->addresses[2] = spi->base + spi->usr2;
    return seal_loader_read_regs(loader, state->addresses, state->values, 3, cause);
}

static int restore(struct seal_loader *loader, const struct spi_state *state, struct seal_cause *cause)
{
    struct seal_reg_write writes[3];
    for (size_t i = 0; i < 3; i++) {
        writes[i] = (struct seal_reg_write){state->addresses[i], state->values[i], ALL, 0};
    }
    return seal_loader_write_regs(loader, writes, 3, 0, cause);
}

/* Command, 24 bits of address, 8 cycles of nothing, and the answer in W0 and what follows. */
static int read_part(struct seal_loader *loader, uint32_t address, uint8_t *data, size_t len,
                     struct seal_cause *cause)
{
    const struct seal_spi_flash_registers *spi = &loader->chip->spi_flash;
    const uint32_t cmd = spi->base + spi->cmd;
    uint32_t words[WORDS_MAX];
    const struct seal_reg_write ask[] = {
        {spi->base + spi->miso_dlen, (uint32_t)len * 8 - 1, ALL, 0},
        {spi->base + spi->usr, SPI_USR_COMMAND | SPI_USR_ADDR | SPI_USR_DUMMY | SPI_USR_MISO, ALL, 0},
        {spi->base + spi->usr1, SPI_USR1_ADDRESS_24_BITS | SPI_USR1_DUMMY_8_CYCLES, ALL, 0},
        {spi->base + spi->usr2, SPI_USR2_COMMAND_8_BITS | RDSFDP, ALL, 0},
        {spi->base + spi->addr, spi->address_high ? address << 8 : address, ALL, 0},
        {cmd, SPI_CMD_USR, ALL, 100}, /* 552 bits at the slowest SPI clock take less */
    };
    int err = seal_loader_write_regs(loader, ask, sizeof ask / sizeof ask[0], 0, cause);
    if (!err) {
        err = seal_loader_poll(loader, cmd, SPI_CMD_USR, 0, 500, cause);
    }
    if (!err) {
        err = seal_loader_read_words(loader, spi->base + spi->w0, words, (len + 3) / 4, cause);
    }
    for (size_t i = 0; !err && i < len; i++) {
        data[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
    }
    return err;
}

static int read_tables(struct seal_loader *loader, struct seal_sfdp *sfdp, struct seal_cause *cause)
{
    uint8_t header[SEAL_SFDP_HEADER_LEN];
    uint8_t basic[SEAL_SFDP_BASIC_LEN];
    int err = read_part(loader, 0, header, sizeof header, cause);
    if (!err && seal_sfdp_header(header, sfdp) && sfdp->basic_len) {
        err = read_part(loader, sfdp->basic_offset, basic, sfdp->basic_len, cause);
        if (!err) {
            seal_sfdp_basic(basic, sfdp->basic_len, sfdp);
        }
    }
    return err;
}

int seal_flash_sfdp(struct seal_loader *loader, struct seal_sfdp *sfdp, struct seal_cause *cause)
{
    struct spi_state state;
    *sfdp = (struct seal_sfdp){0};
    int err = seal_loader_require_registers(loader, "read what the flash tells of itself", cause);
    if (!err) {
        err = seal_flash_attach(loader, NULL, cause);
    }
    if (!err) {
        err = save(loader, &state, cause);
    }
    if (err) {
        return err;
    }
    err = read_tables(loader, sfdp, cause);
    int restored = restore(loader, &state, err ? NULL : cause);
    return err ? err : restored;
}
