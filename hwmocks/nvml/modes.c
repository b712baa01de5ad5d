#include "gate.h"

#include <unistd.h>

static const struct word compute_modes[] = {
    {"default", 0}, {"exclusive_thread", 1}, {"prohibited", 2}, {"exclusive_process", 3}, {NULL, 0},
};

FLAG_GETTER(SCOPE_GPU, nvmlDeviceGetDisplayMode, "modes", "display_mode")
FLAG_GETTER(SCOPE_GPU, nvmlDeviceGetDisplayActive, "modes", "display_active")
FLAG_GETTER(SCOPE_GPU, nvmlDeviceGetPersistenceMode, "modes", "persistence")
WORD_GETTER(SCOPE_ANY, nvmlDeviceGetComputeMode, "modes", "compute", compute_modes)

/* The mode holds for this process until it ends: another one reads the scenario's. */
DEVICE_CALL(SCOPE_ANY, nvmlDeviceSetComputeMode, (unsigned int mode), (mode))
{
    if (mode > 3) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (gpu_value(device->gpu, "modes", "compute") == NULL) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    if (geteuid() != 0) {
        return NVML_ERROR_NO_PERMISSION;
    }
    node_override(device->gpu, "modes", "compute", json_integer(mode));
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceSetPersistenceMode, (unsigned int mode), (mode))
{
    if (mode > 1) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (gpu_value(device->gpu, "modes", "persistence") == NULL) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    if (geteuid() != 0) {
        return NVML_ERROR_NO_PERMISSION;
    }
    node_override(device->gpu, "modes", "persistence", json_boolean(mode));
    return NVML_SUCCESS;
}
