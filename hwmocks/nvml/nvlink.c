#include "nvlink.h"

#include "gate.h"

#include <math.h>

nvmlReturn_t nvlink_exists(const struct gpu *gpu, unsigned int link)
{
    double links;
    if (gpu_mig_enabled(gpu) || !gpu_number(gpu, "nvlink", "links", &links) || links == 0) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    return link < links ? NVML_SUCCESS : NVML_ERROR_INVALID_ARGUMENT;
}

bool nvlink_is_up(const struct gpu *gpu, unsigned int link)
{
    size_t index;
    const json_t *down;
    json_array_foreach(gpu_value(gpu, "nvlink", "down"), index, down) {
        if (json_number_value(down) == link) {
            return false;
        }
    }
    return true;
}

unsigned int nvlink_version(const struct gpu *gpu)
{
    static const double versions[] = {1.0, 2.0, 2.2, 3.0, 3.1, 4.0, 5.0, 6.0};
    double version;
    if (!gpu_number(gpu, "nvlink", "version", &version)) {
        return 0;
    }
    for (unsigned int i = 0; i < sizeof versions / sizeof *versions; i++) {
        if (fabs(versions[i] - version) < 0.01) {
            return i + 1;
        }
    }
    return 0;
}

/* The shares of a sum add up to it, and none falls when it grows. */
static unsigned long long share_of(const struct gpu *gpu, unsigned int link, unsigned long long sum)
{
    size_t index;
    const json_t *one;
    const json_t *links = gpu_value(gpu, "nvlink", "error_links");
    size_t count = json_array_size(links);
    if (count == 0) {
        return link == 0 ? sum : 0;
    }
    json_array_foreach(links, index, one) {
        if (json_number_value(one) == link) {
            return (sum + count - 1 - index) / count;
        }
    }
    return 0;
}

nvmlReturn_t nvlink_sum(const struct gpu *gpu, unsigned int link, const char *key, unsigned long long *count)
{
    nvmlReturn_t answer = nvlink_exists(gpu, link);
    return answer == NVML_SUCCESS ? answer_u64(gpu, "nvlink", key, 1, count) : answer;
}

nvmlReturn_t nvlink_counter(const struct gpu *gpu, unsigned int link, const char *key, unsigned long long *count)
{
    nvmlReturn_t answer = nvlink_sum(gpu, link, key, count);
    if (answer == NVML_SUCCESS) {
        *count = share_of(gpu, link, *count);
    }
    return answer;
}

DEVICE_CALL(SCOPE_GPU_WITHOUT_MIG, nvmlDeviceGetNvLinkState, (unsigned int link, unsigned int *active), (link, active))
{
    nvmlReturn_t answer = active == NULL ? NVML_ERROR_INVALID_ARGUMENT : nvlink_exists(device->gpu, link);
    if (answer == NVML_SUCCESS) {
        *active = nvlink_is_up(device->gpu, link);
    }
    return answer;
}

DEVICE_CALL(SCOPE_GPU_WITHOUT_MIG, nvmlDeviceGetNvLinkVersion, (unsigned int link, unsigned int *version),
    (link, version))
{
    nvmlReturn_t answer = version == NULL ? NVML_ERROR_INVALID_ARGUMENT : nvlink_exists(device->gpu, link);
    if (answer == NVML_SUCCESS && nvlink_version(device->gpu) == 0) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    if (answer == NVML_SUCCESS) {
        *version = nvlink_version(device->gpu);
    }
    return answer;
}

/* Of an active link: P2P, system memory, atomics on both; no SLI bridge. The last, "supported", depends on the board. */
DEVICE_CALL(SCOPE_GPU_WITHOUT_MIG, nvmlDeviceGetNvLinkCapability,
    (unsigned int link, unsigned int capability, unsigned int *has), (link, capability, has))
{
    if (has == NULL || capability > 5) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    nvmlReturn_t answer = nvlink_exists(device->gpu, link);
    if (answer == NVML_SUCCESS) {
        bool supported = nvlink_is_up(device->gpu, link) || nvlink_version(device->gpu) != 0;
        *has = capability == 5 ? supported : nvlink_is_up(device->gpu, link) && capability != 4;
    }
    return answer;
}

DEVICE_CALL(SCOPE_GPU_WITHOUT_MIG, nvmlDeviceGetNvLinkErrorCounter,
    (unsigned int link, unsigned int counter, unsigned long long *count), (link, counter, count))
{
    static const char *const keys[] = {"replay_errors", "recovery_errors", "crc_errors"};
    if (counter > 4) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    return counter > 2 ? NVML_ERROR_NOT_SUPPORTED : nvlink_counter(device->gpu, link, keys[counter], count);
}

/* With a fabric the links end at switches, else at GPUs. */
DEVICE_CALL(SCOPE_GPU_WITHOUT_MIG, nvmlDeviceGetNvLinkRemoteDeviceType, (unsigned int link, unsigned int *type),
    (link, type))
{
    nvmlReturn_t answer = type == NULL ? NVML_ERROR_INVALID_ARGUMENT : nvlink_exists(device->gpu, link);
    if (answer == NVML_SUCCESS) {
        *type = gpu_value(device->gpu, "fabric", "state") != NULL ? 2 : 0;
    }
    return answer;
}
