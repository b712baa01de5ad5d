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

nvmlReturn_t nvlink_counter(const struct gpu *gpu, unsigned int link, const char *key, unsigned long long *count)
{
    nvmlReturn_t answer = nvlink_exists(gpu, link);
    if (answer == NVML_SUCCESS) {
        answer = answer_u64(gpu, "nvlink", key, 1, count);
    }
    if (answer == NVML_SUCCESS && link != 0) {
        *count = 0;
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
