#include "gate.h"

/* Newer boards replace rows (Ampere and later), older ones retire pages. */

static bool has_remap(const struct gpu *gpu)
{
    double ignored;
    return gpu_number(gpu, "remap", "corrected", &ignored) || gpu_number(gpu, "remap", "uncorrected", &ignored);
}

DEVICE_CALL(SCOPE_GPU_WITHOUT_MIG, nvmlDeviceGetRemappedRows,
    (unsigned int *corrected, unsigned int *uncorrected, unsigned int *pending, unsigned int *failed),
    (corrected, uncorrected, pending, failed))
{
    if (corrected == NULL || uncorrected == NULL || pending == NULL || failed == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!has_remap(device->gpu)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    *corrected = (unsigned int)number_or_zero(device->gpu, "remap", "corrected");
    *uncorrected = (unsigned int)number_or_zero(device->gpu, "remap", "uncorrected");
    *pending = flag_or_zero(device->gpu, "remap", "pending");
    *failed = flag_or_zero(device->gpu, "remap", "failed");
    return NVML_SUCCESS;
}

/* What it tells beyond the first version is what a driver that has it tells. */
DEVICE_CALL(SCOPE_GPU_WITHOUT_MIG, nvmlDeviceGetRemappedRows_v2, (nvmlRemappedRowsInfo_v2_t *info), (info))
{
    const struct gpu *gpu = device->gpu;
    double ignored;
    if (info == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!gpu_number(gpu, "remap", "corrected_inactive", &ignored)
        && !gpu_number(gpu, "remap", "uncorrected_inactive", &ignored)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    *info = (nvmlRemappedRowsInfo_v2_t){
        .corrActiveRemaps = (unsigned int)number_or_zero(gpu, "remap", "corrected"),
        .corrInactiveRemaps = (unsigned int)number_or_zero(gpu, "remap", "corrected_inactive"),
        .uncActiveRemaps = (unsigned int)number_or_zero(gpu, "remap", "uncorrected"),
        .uncInactiveRemaps = (unsigned int)number_or_zero(gpu, "remap", "uncorrected_inactive"),
        .bPending = flag_or_zero(gpu, "remap", "pending"),
        .bFailureOccurred = flag_or_zero(gpu, "remap", "failed"),
    };
    return NVML_SUCCESS;
}

/* It answers with MIG on too, in contrast to the counts. */
DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetRowRemapperHistogram, (nvmlRowRemapperHistogramValues_t *banks), (banks))
{
    double ignored;
    if (banks == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!gpu_number(device->gpu, "remap", "banks_max", &ignored)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    banks->max = (unsigned int)number_or_zero(device->gpu, "remap", "banks_max");
    banks->high = (unsigned int)number_or_zero(device->gpu, "remap", "banks_high");
    banks->partial = (unsigned int)number_or_zero(device->gpu, "remap", "banks_partial");
    banks->low = (unsigned int)number_or_zero(device->gpu, "remap", "banks_low");
    banks->none = (unsigned int)number_or_zero(device->gpu, "remap", "banks_none");
    return NVML_SUCCESS;
}

/* The scenario has counts alone; the addresses are one page after the other. */
static nvmlReturn_t answer_pages(const struct gpu *gpu, unsigned int cause, unsigned int *count,
    unsigned long long *addresses, unsigned long long *timestamps)
{
    unsigned int pages;
    if (cause > 1 || count == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    nvmlReturn_t answer = answer_u32(gpu, "retired_pages", cause == 0 ? "single_bit" : "double_bit", 1, &pages);
    if (answer != NVML_SUCCESS) {
        return answer;
    }
    unsigned int room = *count;
    *count = pages;
    if (room < pages) {
        return NVML_ERROR_INSUFFICIENT_SIZE;
    }
    for (unsigned int i = 0; i < pages && addresses != NULL; i++) {
        addresses[i] = (cause * 0x100000ull + i) << 12;
        if (timestamps != NULL) {
            timestamps[i] = 0;
        }
    }
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetRetiredPages,
    (unsigned int cause, unsigned int *count, unsigned long long *addresses), (cause, count, addresses))
{
    return answer_pages(device->gpu, cause, count, addresses, NULL);
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetRetiredPages_v2,
    (unsigned int cause, unsigned int *count, unsigned long long *addresses, unsigned long long *timestamps),
    (cause, count, addresses, timestamps))
{
    return answer_pages(device->gpu, cause, count, addresses, timestamps);
}

FLAG_GETTER(SCOPE_GPU, nvmlDeviceGetRetiredPagesPendingStatus, "retired_pages", "pending")
