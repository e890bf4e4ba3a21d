#include "run.h"

#include <string.h>

extern const struct cli_command cli_command_identity_key;
extern const struct cli_command cli_command_identity_csr;
extern const struct cli_command cli_command_identity_ca;
extern const struct cli_command cli_command_identity_cert;
extern const struct cli_command cli_command_identity_enroll;
extern const struct cli_command cli_command_ds_params;
extern const struct cli_command cli_command_nvs_build;
extern const struct cli_command cli_command_nvs_encrypt;
extern const struct cli_command cli_command_nvs_decrypt;
extern const struct cli_command cli_command_nvs_keygen;
extern const struct cli_command cli_command_nvs_dump;
extern const struct cli_command cli_command_nvs_check;
extern const struct cli_command cli_command_ota_keygen;
extern const struct cli_command cli_command_ota_encrypt;
extern const struct cli_command cli_command_ota_decrypt;
extern const struct cli_command cli_command_ota_info;
extern const struct cli_command cli_command_wifi_prov_make;
extern const struct cli_command cli_command_bundle_build;
extern const struct cli_command cli_command_bundle_show;
extern const struct cli_command cli_command_bundle_verify;
extern const struct cli_command cli_command_chip_list;
extern const struct cli_command cli_command_device_list;
extern const struct cli_command cli_command_device_watch;
extern const struct cli_command cli_command_device_info;
extern const struct cli_command cli_command_device_security_info;
extern const struct cli_command cli_command_device_exits;
extern const struct cli_command cli_command_jtag_token;
extern const struct cli_command cli_command_flash_id;
extern const struct cli_command cli_command_flash_read;
extern const struct cli_command cli_command_flash_write;
extern const struct cli_command cli_command_flash_verify;
extern const struct cli_command cli_command_flash_erase;
extern const struct cli_command cli_command_flash_md5;
extern const struct cli_command cli_command_flash_merge;
extern const struct cli_command cli_command_image_info;
extern const struct cli_command cli_command_secure_boot_keygen;
extern const struct cli_command cli_command_secure_boot_sign;
extern const struct cli_command cli_command_secure_boot_verify;
extern const struct cli_command cli_command_secure_boot_digest;
extern const struct cli_command cli_command_secure_boot_info;
extern const struct cli_command cli_command_secure_boot_rotate;
extern const struct cli_command cli_command_partition_table_show;
extern const struct cli_command cli_command_partition_table_check;
extern const struct cli_command cli_command_partition_table_decode;
extern const struct cli_command cli_command_partition_table_encode;

extern const struct cli_command cli_command_efuse_summary;
extern const struct cli_command cli_command_efuse_burn;
extern const struct cli_command cli_command_efuse_burn_bits;
extern const struct cli_command cli_command_efuse_burn_key;
extern const struct cli_command cli_command_efuse_protect;
extern const struct cli_command cli_command_efuse_burn_block;
extern const struct cli_command cli_command_efuse_burn_digest;
extern const struct cli_command cli_command_efuse_burn_mac;
extern const struct cli_command cli_command_efuse_set_flash_voltage;
extern const struct cli_command cli_command_efuse_check;
extern const struct cli_command cli_command_efuse_dump;
extern const struct cli_command cli_command_efuse_adc;
extern const struct cli_command cli_command_apply;
extern const struct cli_command cli_command_help;
extern const struct cli_command cli_command_flash_encryption_keygen;
extern const struct cli_command cli_command_flash_encryption_encrypt;
extern const struct cli_command cli_command_flash_encryption_decrypt;
extern const struct cli_command cli_command_unlock;
extern const struct cli_command cli_command_provision;
extern const struct cli_command cli_command_profile_init;
extern const struct cli_command cli_command_profile_check;
extern const struct cli_command cli_command_profile_show;
extern const struct cli_command cli_command_profile_schema;
extern const struct cli_command cli_command_prove;
extern const struct cli_command cli_command_audit;
extern const struct cli_command cli_command_boot_check;
extern const struct cli_command cli_command_secure_cert_build;
extern const struct cli_command cli_command_secure_cert_inspect;
extern const struct cli_command cli_command_secure_cert_extract;
extern const struct cli_command cli_command_secure_cert_scan;
extern const struct cli_command cli_command_secure_cert_sign;
extern const struct cli_command cli_command_secure_cert_verify;
extern const struct cli_command cli_command_secure_cert_append_integrity;

/* One line per command, in the order of help; the descriptor is at the end of cmd_<name>.c. */
const struct cli_command *const cli_commands[] = {
    /* the job */
    &cli_command_provision,
    &cli_command_prove,
    &cli_command_audit,
    &cli_command_boot_check,

    /* profile */
    &cli_command_profile_init,
    &cli_command_profile_check,
    &cli_command_profile_show,
    &cli_command_profile_schema,

    /* identity */
    &cli_command_identity_key,
    &cli_command_identity_csr,
    &cli_command_identity_ca,
    &cli_command_identity_cert,
    &cli_command_identity_enroll,

    /* digital signature */
    &cli_command_ds_params,

    /* partition */
    &cli_command_secure_cert_build,
    &cli_command_secure_cert_inspect,
    &cli_command_secure_cert_extract,
    &cli_command_secure_cert_sign,
    &cli_command_secure_cert_verify,
    &cli_command_secure_cert_append_integrity,
    &cli_command_secure_cert_scan,

    /* nvs */
    &cli_command_nvs_build,
    &cli_command_nvs_encrypt,
    &cli_command_nvs_decrypt,
    &cli_command_nvs_keygen,
    &cli_command_nvs_dump,
    &cli_command_nvs_check,
    /* ota */
    &cli_command_ota_keygen,
    &cli_command_ota_encrypt,
    &cli_command_ota_decrypt,
    &cli_command_ota_info,
    /* wifi-prov */
    &cli_command_wifi_prov_make,
    /* bundle */
    &cli_command_bundle_build,
    &cli_command_bundle_show,
    &cli_command_bundle_verify,

    /* device */
    &cli_command_device_list,
    &cli_command_device_watch,
    &cli_command_device_info,
    &cli_command_device_security_info,
    &cli_command_device_exits,
    &cli_command_jtag_token,

    /* flash */
    &cli_command_flash_id,
    &cli_command_flash_read,
    &cli_command_flash_write,
    &cli_command_flash_verify,
    &cli_command_flash_erase,
    &cli_command_flash_md5,
    &cli_command_flash_merge,

    /* image */
    &cli_command_image_info,

    /* secure boot */
    &cli_command_secure_boot_keygen,
    &cli_command_secure_boot_sign,
    &cli_command_secure_boot_verify,
    &cli_command_secure_boot_digest,
    &cli_command_secure_boot_info,
    &cli_command_secure_boot_rotate,

    /* partition table */
    &cli_command_partition_table_show,
    &cli_command_partition_table_check,
    &cli_command_partition_table_decode,
    &cli_command_partition_table_encode,

    /* efuse */
    &cli_command_efuse_summary,
    &cli_command_efuse_burn,
    &cli_command_efuse_burn_bits,
    &cli_command_efuse_burn_key,
    &cli_command_efuse_burn_block,
    &cli_command_efuse_burn_digest,
    &cli_command_efuse_burn_mac,
    &cli_command_efuse_protect,
    &cli_command_efuse_set_flash_voltage,
    &cli_command_efuse_check,
    &cli_command_efuse_dump,
    &cli_command_efuse_adc,
    &cli_command_apply,

    /* flash encryption */
    &cli_command_flash_encryption_keygen,
    &cli_command_flash_encryption_encrypt,
    &cli_command_flash_encryption_decrypt,
    &cli_command_unlock,

    /* chips */
    &cli_command_chip_list,
    /* help */
    &cli_command_help,
    NULL,
};

const struct cli_group cli_groups[] = {
    {"The job", (const char *const[]){"provision", "profile", "prove", "boot-check", "audit", NULL}},
    {"Identity: keys, certificates, partitions",
     (const char *const[]){"identity", "ds", "secure-cert", "nvs", NULL}},
    {"Sealing", (const char *const[]){"secure-boot", "flash-encryption", "unlock", NULL}},
    {"Product data", (const char *const[]){"ota", "wifi-prov", "bundle", NULL}},
    {"The device",
     (const char *const[]){"device", "jtag", "flash", "image", "partition-table", "efuse", "apply", NULL}},
    {"About espseal", (const char *const[]){"chip", "help", NULL}},
    {0},
};

const struct cli_option cli_common_options[] = {
    {.name = "json", .summary = "print the result, or the error, as JSON on stdout"},
    {.name = "progress",
     .value = "HOW",
     .summary = "progress on stderr: a bar (on a terminal only), JSON lines, or none",
     .choices = (const char *const[]){"bar", "json", "none", NULL},
     .fallback = "bar"},
    {.name = "help", .letter = 'h', .summary = "print help and exit"},
    {0},
};

#define PORT_OPTION                                                                                          \
    .name = "port", .letter = 'p', .value = "PORT",                                                          \
    .summary = "the device: /dev/ttyUSB0, socket://HOST:PORT or sim:CHIP"

static const struct cli_option optional_port = {PORT_OPTION};

const struct cli_option cli_device_options[] = {
    {PORT_OPTION, .required = true},
    {.name = "chip", .letter = 'c', .value = "CHIP", .summary = "refuse any other chip than this"},
    {.name = "baud",
     .letter = 'b',
     .value = "RATE",
     .summary = "line rate after the first contact at 115200; auto: 921600 when much is to be written, "
                "2000000 where no cable is",
     .fallback = "auto"},
    {.name = "before",
     .value = "RESET",
     .summary = "how to get into the bootloader: reset the chip, or take it as being there",
     .choices = (const char *const[]){"default-reset", "usb-reset", "no-reset", NULL},
     .fallback = "default-reset"},
    {.name = "after",
     .value = "RESET",
     .summary = "how to leave it: run the application, the same by the chip's watchdog, or stay",
     .choices = (const char *const[]){"hard-reset", "watchdog-reset", "no-reset", NULL},
     .fallback = "no-reset"},
    {.name = "trace",
     .value = "FILE",
     .summary = "append a line for each frame, without secrets; - is stderr"},
    {0},
};

const struct cli_option cli_burn_options[] = {
    {.name = "dry-run", .summary = "show the plan and change nothing"},
    {.name = "confirm",
     .value = "WORD",
     .summary = "burn: without asking; stdin: read the word BURN from standard input, a pipe too",
     .choices = (const char *const[]){"burn", "stdin", NULL}},
    {0},
};

static const struct cli_option *take_from(const struct cli_option *options, size_t *index)
{
    for (; options && options->name; options++) {
        if (*index == 0) {
            return options;
        }
        --*index;
    }
    return NULL;
}

const struct cli_option *cli_command_option(const struct cli_command *command, size_t index)
{
    const struct cli_option *option = NULL;
    if (command) {
        option = take_from(command->options, &index);
        if (!option && command->device) {
            option = take_from(cli_device_options, &index);
            option = option == &cli_device_options[0] && command->offline ? &optional_port : option;
        }
        if (!option && command->danger == CLI_BURNS) {
            option = take_from(cli_burn_options, &index);
        }
    }
    return option ? option : take_from(cli_common_options, &index);
}

static bool is_named(const struct cli_command *command, const char *word1, const char *word2)
{
    size_t len = strlen(word1);
    if (strncmp(command->name, word1, len) != 0) {
        return false;
    }
    const char *rest = command->name + len;
    return word2 ? rest[0] == ' ' && strcmp(rest + 1, word2) == 0 : rest[0] == '\0';
}

const struct cli_command *cli_command_find(const char *word1, const char *word2, int *words)
{
    for (*words = word2 ? 2 : 1; *words > 0; --*words) {
        for (size_t i = 0; cli_commands[i]; i++) {
            if (is_named(cli_commands[i], word1, *words == 2 ? word2 : NULL)) {
                return cli_commands[i];
            }
        }
    }
    return NULL;
}

static bool begins_with_word(const struct cli_command *command, const char *word)
{
    size_t len = strlen(word);
    return strncmp(command->name, word, len) == 0 && (command->name[len] == ' ' || command->name[len] == 0);
}

bool cli_is_group(const char *word)
{
    for (size_t i = 0; cli_commands[i]; i++) {
        if (begins_with_word(cli_commands[i], word) && cli_commands[i]->name[strlen(word)] == ' ') {
            return true;
        }
    }
    return false;
}

bool cli_group_has(const struct cli_group *group, const struct cli_command *command)
{
    for (size_t i = 0; group->first_words[i]; i++) {
        if (begins_with_word(command, group->first_words[i])) {
            return true;
        }
    }
    return false;
}
