/* The parts of the receipt that have a file of their own. */
#ifndef SEAL_RECEIPT_PARTS_H
#define SEAL_RECEIPT_PARTS_H

#include "job.h"

void receipt_put_sealing(const struct seal_job *job, seal_json *root);
void receipt_put_regions(const struct seal_job *job, seal_json *root); /* recall.c */

#endif
