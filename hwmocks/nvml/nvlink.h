#ifndef HWMOCKS_NVLINK_H
#define HWMOCKS_NVLINK_H

#include "../nvml_abi.h"
#include "../node/values.h"

/* NOT_SUPPORTED without NVLink or with MIG on, INVALID_ARGUMENT past the last link. */
nvmlReturn_t nvlink_exists(const struct gpu *gpu, unsigned int link);
bool nvlink_is_up(const struct gpu *gpu, unsigned int link);

/* NVML's number for a version as "4.0". 0: unknown. */
unsigned int nvlink_version(const struct gpu *gpu);

/* A counter of the group; the scenario's sum is all on link 0. */
nvmlReturn_t nvlink_counter(const struct gpu *gpu, unsigned int link, const char *key, unsigned long long *count);

#endif
