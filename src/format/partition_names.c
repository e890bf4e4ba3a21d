/* Types and subtypes of partitions (ESP-IDF, api-guides/partition-tables). */
#include <espseal/partition_table.h>

#include <stdio.h>
#include <string.h>

struct name {
    const char *name;
    uint8_t value;
};

static const struct name types[] = {{"app", SEAL_PARTITION_APP},
                                    {"data", SEAL_PARTITION_DATA},
                                    {"bootloader", SEAL_PARTITION_BOOTLOADER},
                                    {"partition_table", SEAL_PARTITION_TABLE},
                                    {0}};

static const struct name app[] = {
    {"factory", 0x00}, {"ota_0", 0x10},  {"ota_1", 0x11},
    {"ota_2", 0x12},   {"ota_3", 0x13},  {"ota_4", 0x14},
    {"ota_5", 0x15},   {"ota_6", 0x16},  {"ota_7", 0x17},
    {"ota_8", 0x18},   {"ota_9", 0x19},  {"ota_10", 0x1A},
    {"ota_11", 0x1B},  {"ota_12", 0x1C}, {"ota_13", 0x1D},
    {"ota_14", 0x1E},  {"ota_15", 0x1F}, {"test", 0x20},
    {"tee_0", 0x30},   {"tee_1", 0x31},  {0},
};

static const struct name data[] = {
    {"ota", 0x00},
    {"phy", 0x01},
    {"nvs", 0x02},
    {"coredump", 0x03},
    {"nvs_keys", 0x04},
    {"efuse", 0x05},
    {"undefined", 0x06},
    {"esphttpd", 0x80},
    {"fat", 0x81},
    {"spiffs", 0x82},
    {"littlefs", 0x83},
    {"tee_ota", 0x90},
    {0},
};

static const struct name bootloader[] = {{"primary", 0}, {"ota", 1}, {"recovery", 2}, {0}};
static const struct name table[] = {{"primary", 0}, {"ota", 1}, {0}};
static const struct name none[] = {{0}};

static const struct name *subtypes_of(uint8_t type)
{
    static const struct name *const lists[] = {app, data, bootloader, table};
    return type < sizeof lists / sizeof lists[0] ? lists[type] : none;
}

static const char *name_of(const struct name *list, uint8_t value, char text[static 4])
{
    for (; list->name; list++) {
        if (list->value == value) {
            return list->name;
        }
    }
    (void)snprintf(text, 4, "%u", value);
    return text;
}

static int value_of(const struct name *list, const char *name)
{
    for (; list->name; list++) {
        if (strcmp(list->name, name) == 0) {
            return list->value;
        }
    }
    return -1;
}

const char *seal_partition_type_name(uint8_t type, char text[static 4])
{
    return name_of(types, type, text);
}

const char *seal_partition_subtype_name(uint8_t type, uint8_t subtype, char text[static 4])
{
    return name_of(subtypes_of(type), subtype, text);
}

int seal_partition_type_value(const char *name)
{
    return value_of(types, name);
}

int seal_partition_subtype_value(uint8_t type, const char *name)
{
    return value_of(subtypes_of(type), name);
}
