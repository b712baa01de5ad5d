#include "ecc.h"

#include "driver.h"
#include "gate.h"

#include <stdio.h>

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetEccMode, (unsigned int *current, unsigned int *pending), (current, pending))
{
    if (pending == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    nvmlReturn_t answer = answer_flag(device->gpu, "ecc", "enabled", current);
    if (answer == NVML_SUCCESS && answer_flag(device->gpu, "ecc", "enabled_pending", pending) != NVML_SUCCESS) {
        *pending = *current;
    }
    return answer;
}

FLAG_GETTER(SCOPE_GPU, nvmlDeviceGetDefaultEccMode, "ecc", "default_enabled")

nvmlReturn_t ecc_count(const struct gpu *gpu, const char *location, unsigned int type, unsigned int counter,
    unsigned long long *count)
{
    char key[64];
    bool enabled;
    if (type > 1 || counter > 1 || count == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!gpu_flag(gpu, "ecc", "enabled", &enabled) || !enabled) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    snprintf(key, sizeof key, "%s%s%s_%s", location, location[0] == '\0' ? "" : "_",
        type == 0 ? "corrected" : "uncorrected", counter == 0 ? "volatile" : "aggregate");
    return answer_u64(gpu, "ecc", key, 1, count);
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetTotalEccErrors,
    (unsigned int type, unsigned int counter, unsigned long long *count), (type, counter, count))
{
    return ecc_count(device->gpu, "", type, counter, count);
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetMemoryErrorCounter,
    (unsigned int type, unsigned int counter, unsigned int location, unsigned long long *count),
    (type, counter, location, count))
{
    static const char *const locations[] = {"l1", "l2", "dram", "register_file", "texture", "shared", "cbu", "sram"};
    return location > 7
        ? NVML_ERROR_INVALID_ARGUMENT
        : ecc_count(device->gpu, locations[location], type, counter, count);
}

/* Four locations with one code: those that the board does not count are 0. */
DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetDetailedEccErrors,
    (unsigned int type, unsigned int counter, nvmlEccErrorCounts_t *counts), (type, counter, counts))
{
    unsigned long long total;
    if (counts == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    nvmlReturn_t answer = ecc_count(device->gpu, "", type, counter, &total);
    if (answer != NVML_SUCCESS) {
        return answer;
    }
    nvmlEccErrorCounts_t found = {0};
    ecc_count(device->gpu, "l1", type, counter, &found.l1Cache);
    ecc_count(device->gpu, "l2", type, counter, &found.l2Cache);
    ecc_count(device->gpu, "dram", type, counter, &found.deviceMemory);
    ecc_count(device->gpu, "register_file", type, counter, &found.registerFile);
    *counts = found;
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetSramEccErrorStatus, (nvmlEccSramErrorStatus_v1_t *status), (status))
{
    const struct gpu *gpu = device->gpu;
    double ignored;
    if (status == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (status->version != nvmlEccSramErrorStatus_v1) {
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    }
    if (!driver_is_at_least(550)
        || (!gpu_number(gpu, "ecc", "sram_parity_volatile", &ignored)
            && !gpu_number(gpu, "ecc", "sram_parity_aggregate", &ignored))) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    *status = (nvmlEccSramErrorStatus_v1_t){
        .version = nvmlEccSramErrorStatus_v1,
        .aggregateUncParity = number_or_zero(gpu, "ecc", "sram_parity_aggregate"),
        .aggregateUncSecDed = number_or_zero(gpu, "ecc", "sram_secded_aggregate"),
        .aggregateCor = number_or_zero(gpu, "ecc", "sram_corrected_aggregate"),
        .volatileUncParity = number_or_zero(gpu, "ecc", "sram_parity_volatile"),
        .volatileUncSecDed = number_or_zero(gpu, "ecc", "sram_secded_volatile"),
        .volatileCor = number_or_zero(gpu, "ecc", "sram_corrected_volatile"),
        .aggregateUncBucketL2 = number_or_zero(gpu, "ecc", "sram_l2_aggregate"),
        .aggregateUncBucketSm = number_or_zero(gpu, "ecc", "sram_sm_aggregate"),
        .aggregateUncBucketPcie = number_or_zero(gpu, "ecc", "sram_pcie_aggregate"),
        .aggregateUncBucketMcu = number_or_zero(gpu, "ecc", "sram_microcontroller_aggregate"),
        .aggregateUncBucketOther = number_or_zero(gpu, "ecc", "sram_other_aggregate"),
        .bThresholdExceeded = flag_or_zero(gpu, "ecc", "sram_threshold_exceeded"),
    };
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetRepairStatus, (nvmlRepairStatus_v1_t *status), (status))
{
    bool ignored;
    if (status == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (status->version != nvmlRepairStatus_v1) {
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    }
    if (!driver_is_at_least(580)
        || (!gpu_flag(device->gpu, "ecc", "channel_repair_pending", &ignored)
            && !gpu_flag(device->gpu, "ecc", "tpc_repair_pending", &ignored))) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    status->bChannelRepairPending = flag_or_zero(device->gpu, "ecc", "channel_repair_pending");
    status->bTpcRepairPending = flag_or_zero(device->gpu, "ecc", "tpc_repair_pending");
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetUnrepairableMemoryFlag_v1, (nvmlUnrepairableMemoryStatus_v1_t *status), (status))
{
    if (!driver_is_at_least(580)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    return answer_flag(device->gpu, "ecc", "unrepairable_memory", status == NULL ? NULL : &status->bUnrepairableMemory);
}
