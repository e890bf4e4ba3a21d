/* The generations of the ECDSA peripheral. */
#include "tables.h"

/* ESP32-H2 before v1.2: it calculates on the RSA unit. */
const struct seal_ecdsa_layout seal_ecdsa_with_mpi = {
    .memory = 0xa00, .step = 0x20, .curve_shift = 1, .own_z = 3};
/* ESP32-H2 from v1.2, ESP32-C61. */
const struct seal_ecdsa_layout seal_ecdsa_two_curves = {
    .memory = 0x340, .step = 0x20, .curve_shift = 2, .own_z = 4, .fixed_k = 5};
/* ESP32-C5, ESP32-P4 from v3.0. */
const struct seal_ecdsa_layout seal_ecdsa_three_curves = {
    .memory = 0x3e0, .step = 0x30, .curve_shift = 2, .own_z = 5, .fixed_k = 6, .block_by_curve = true};
