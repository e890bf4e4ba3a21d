/* prove: the chip signs a fresh nonce, and the certificate from its own partition verifies the signature. */
#include "partition.h"

#include <espseal/hex.h>
#include <espseal/prove.h>
#include <espseal/survey.h>

#include <string.h>

static int read_partition(struct cli_run *run, struct seal_loader *loader, struct seal_buf *partition,
                          uint32_t *offset, struct seal_cause *cause)
{
    const char *text = cli_text(run, "offset");
    int64_t wanted = SEAL_SURVEY_AUTO;
    uint32_t number, room, table = 0;
    struct seal_flash_id id;
    if (!text || strcmp(text, "auto") != 0) {
        int err = cli_number(run, "offset", UINT32_MAX, SEAL_SECURE_CERT_DEFAULT_OFFSET, &number, cause);
        if (err != SEAL_OK) {
            return err;
        }
        wanted = number;
    }
    int err = cli_table_offset(run, &table, cause);
    err = err == SEAL_OK ? seal_loader_require_registers(loader, "prove the key", cause) : err;
    if (err == SEAL_OK) {
        err = seal_flash_attach(loader, &id, cause);
    }
    if (err == SEAL_OK) {
        err = seal_survey_locate(loader, table, wanted, offset, &room, cause);
    }
    if (err == SEAL_OK) {
        err = seal_survey_secure_cert(loader, *offset, room, partition, cause);
    }
    if (err == SEAL_OK && seal_buf_len(partition) == 0) {
        err = seal_fail(cause, SEAL_ERR_STATE, "there is no esp_secure_cert partition in TLV format at 0x%x",
                        *offset);
        seal_hint(cause, "give its place with --offset, or --offset auto to look into the partition table");
    }
    return err;
}

static int show(struct cli_run *run, const struct seal_proof *proof, uint32_t offset)
{
    char hex[65];
    seal_hex_encode(proof->nonce, sizeof proof->nonce, hex);
    cli_print(run,
              "proven: BLOCK_KEY%u signed nonce %s (%s), verified with the certificate in flash at 0x%x\n",
              proof->efuse_key, hex, proof->key, offset);
    if (!cli_json(run)) {
        return SEAL_OK;
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_bool(root, "proven", true);
    seal_json_put_formatted(root, "key_block", "BLOCK_KEY%u", proof->efuse_key);
    seal_json_put_text(root, "key", proof->key);
    if (proof->rsa_bits) {
        seal_json_put_number(root, "rsa_bits", proof->rsa_bits);
    }
    seal_json_put_hex(root, "nonce", proof->nonce, sizeof proof->nonce);
    if (proof->signature_len) {
        seal_json_put_hex(root, "signature", proof->signature, proof->signature_len);
    }
    seal_json_put_hex(root, "certificate_sha256", proof->cert_sha256, sizeof proof->cert_sha256);
    seal_json_put_formatted(root, "offset", "0x%x", offset);
    return cli_emit_json(run, &root);
}

static int run_prove(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_loader *loader = NULL;
    struct seal_proof proof;
    uint32_t offset = 0;
    struct seal_buf *partition = seal_buf_new_secret();
    int err = partition ? cli_connect(run, &loader, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = read_partition(run, loader, partition, &offset, cause);
    }
    if (err == SEAL_OK) {
        err = seal_prove_partition(loader, seal_buf_ptr(partition), seal_buf_len(partition), &proof, cause);
    }
    if (err == SEAL_OK) {
        err = show(run, &proof, offset);
    }
    seal_buf_free(&partition);
    return err;
}

static const struct cli_option options[] = {
    {.name = "offset",
     .value = "OFFSET",
     .summary = "flash offset of esp_secure_cert, or auto: from the partition table",
     .fallback = "0xd000"},
    CLI_TABLE_OFFSET,
    {0},
};

const struct cli_command cli_command_prove = {
    .name = "prove",
    .summary = "let the chip sign a nonce and check it with its certificate",
    .description =
        "Reads the esp_secure_cert partition from the chip, loads its DS parameters into the Digital "
        "Signature peripheral (or hands the key to the ECDSA peripheral, where the partition says so), "
        "lets it sign a fresh random nonce with the key in the eFuse block that the partition names, and "
        "verifies the signature with the device certificate from the same partition. Works over the ROM "
        "alone: no "
        "firmware is needed, nothing is written to flash or fuses, and a read-protected key is no obstacle.",
    .examples = "espseal prove --port /dev/ttyUSB0\nespseal prove --port socket://127.0.0.1:5555 --offset "
                "auto --json",
    .options = options,
    .device = true,
    .run = run_prove,
};
