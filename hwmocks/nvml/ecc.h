#ifndef HWMOCKS_ECC_H
#define HWMOCKS_ECC_H

#include "../nvml_abi.h"
#include "../node/values.h"

/* A count of one location ("dram", "" for all): type 0 corrected, 1 uncorrected; counter 0 volatile, 1 aggregate. */
nvmlReturn_t ecc_count(const struct gpu *gpu, const char *location, unsigned int type, unsigned int counter,
    unsigned long long *count);

#endif
