#ifndef HWMOCKS_NVLINK_H
#define HWMOCKS_NVLINK_H

#include "../nvml_abi.h"
#include "../node/values.h"

/* NOT_SUPPORTED without NVLink or with MIG on, INVALID_ARGUMENT past the last link. */
nvmlReturn_t nvlink_exists(const struct gpu *gpu, unsigned int link);
bool nvlink_is_up(const struct gpu *gpu, unsigned int link);

/* NVML's number for a version as "4.0". 0: unknown. */
unsigned int nvlink_version(const struct gpu *gpu);

/* A key of the group, whatever link is asked for. */
nvmlReturn_t nvlink_sum(const struct gpu *gpu, unsigned int link, const char *key, unsigned long long *count);

/* A counter of the group: the link's share of the scenario's sum. */
nvmlReturn_t nvlink_counter(const struct gpu *gpu, unsigned int link, const char *key, unsigned long long *count);

#endif
