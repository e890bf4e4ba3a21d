/* What stands in a chip's flash already, read in as few frames as it needs. */
#ifndef ESPSEAL_SURVEY_H
#define ESPSEAL_SURVEY_H

#include <espseal/partition_table.h>
#include <espseal/rom.h>
#include <espseal/secure_cert.h>

/*
 * Where the chip's partition table lies: offset, or SEAL_PARTITION_TABLE_OFFSET for 0 (ESP-IDF's
 * CONFIG_PARTITION_TABLE_OFFSET; a signed bootloader often needs more than the 28 KiB in front of the usual
 * place). SEAL_ERR_USAGE: not a multiple of 4096, or not behind the bootloader.
 */
int seal_survey_table_offset(const struct seal_chip *chip, uint32_t offset, uint32_t *at,
                             struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Reads the partition table at the flash offset at (0: SEAL_PARTITION_TABLE_OFFSET) up to its last entry.
 * SEAL_ERR_NOT_FOUND when that flash is erased, SEAL_ERR_FORMAT when it holds something else. Flash must be
 * attached.
 */
int seal_survey_partition_table(struct seal_loader *loader, uint32_t at, struct seal_partition_table *table,
                                struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Finds esp_secure_cert: offset SEAL_SURVEY_AUTO looks into the chip's partition table, which lies at
 * table_offset (0: SEAL_PARTITION_TABLE_OFFSET). *room is the size of the partition (SEAL_SECURE_CERT_MAX
 * where no table tells). SEAL_ERR_NOT_FOUND names what the table has instead.
 */
#define SEAL_SURVEY_AUTO (-1)
int seal_survey_locate(struct seal_loader *loader, uint32_t table_offset, int64_t wanted, uint32_t *offset,
                       uint32_t *room, struct seal_cause *cause) SEAL_MUST_CHECK;
/* The same in a table that is at hand. */
int seal_survey_locate_in(const struct seal_partition_table *table, uint32_t *offset, uint32_t *room,
                          struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Reads an esp_secure_cert partition in TLV format from offset, up to its last entry, at most room bytes,
 * into out (empty before). out stays empty when there is none.
 */
int seal_survey_secure_cert(struct seal_loader *loader, uint32_t offset, uint32_t room, struct seal_buf *out,
                            struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
