/*
 * Files of espefuse's virtual chips: every state that its runs left behind, of every chip, against the blocks
 * that it said were in there. A line is: chip, run, size of the file, its words that are not zero
 * (offset:hex), a bar, and the blocks that are not blank (name=hex).
 */
#include "unit.h"

#include <espseal/efuse.h>
#include <espseal/hex.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX 512

static size_t read_file(char **words, uint8_t *file)
{
    size_t size = strtoul(strtok_r(NULL, " ", words), NULL, 10);
    assert_in_range(size, 1, FILE_MAX);
    for (char *word; (word = strtok_r(NULL, " \n", words)) != NULL && strcmp(word, "|") != 0;) {
        char *hex;
        size_t at = strtoul(word, &hex, 16);
        assert_true(*hex == ':' && at + 4 <= size);
        assert_int_equal(seal_hex_decode(hex + 1, file + at, 4), 0);
    }
    return size;
}

static void take_block(struct seal_efuse *expected, char *block)
{
    uint8_t bytes[32] = {0};
    char *hex = strchr(block, '=');
    assert_non_null(hex);
    *hex++ = '\0';
    int id = seal_chip_block(expected->chip, block);
    assert_in_range(id, 0, 10);
    assert_int_equal(seal_hex_decode(hex, bytes, strlen(hex) / 2), 0);
    for (size_t i = 0; i < 8; i++) {
        expected->words[id][i] = (uint32_t)bytes[4 * i] | (uint32_t)bytes[4 * i + 1] << 8 |
                                 (uint32_t)bytes[4 * i + 2] << 16 | (uint32_t)bytes[4 * i + 3] << 24;
    }
}

static void check_state(char *line)
{
    char *words = NULL;
    uint8_t file[FILE_MAX] = {0}, again[FILE_MAX];
    struct seal_efuse efuse, expected = {0};
    struct seal_cause cause;
    const char *chip = strtok_r(line, " ", &words), *run = strtok_r(NULL, " ", &words);

    expected.chip = seal_chip_find(chip);
    assert_non_null(expected.chip);
    size_t size = read_file(&words, file);
    for (char *block; (block = strtok_r(NULL, " \n", &words)) != NULL;) {
        take_block(&expected, block);
    }
    if (seal_efuse_from_file(expected.chip, file, size, &efuse, &cause) != 0) {
        fail_msg("%s: %s", run, cause.text);
    }
    if (memcmp(efuse.words, expected.words, sizeof efuse.words) != 0) {
        fail_msg("%s: other blocks than espefuse says", run);
    }
    memcpy(again, file, sizeof again);
    for (size_t id = 0; id < efuse.chip->efuse->block_count; id++) { /* written over, they come back */
        memset(again + size - efuse.chip->efuse->blocks[id].read - 4u * efuse.chip->efuse->blocks[id].words,
               0xff, 4u * efuse.chip->efuse->blocks[id].words);
    }
    seal_efuse_to_registers(&efuse, again);
    assert_memory_equal(again, file, size);
}

static void every_state_is_read_as_espefuse_reads_it(void **state)
{
    FILE *file = fopen(TESTS_DIR "/vectors/efuse_states/espefuse.txt", "r");
    char *line = NULL;
    size_t capacity = 0, count = 0;

    (void)state;
    assert_non_null(file);
    for (; getline(&line, &capacity, file) > 0; count++) {
        check_state(line);
    }
    free(line);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(count, 179);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_is_read_as_espefuse_reads_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
