#include "gate.h"

/* The scenario says W and J, NVML mW and mJ. */
NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetPowerUsage, "power", "usage_watts", 1000)
NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetPowerManagementLimit, "power", "requested_limit_watts", 1000)
NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetPowerManagementDefaultLimit, "power", "default_limit_watts", 1000)
NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetEnforcedPowerLimit, "power", "limit_watts", 1000)
LONG_GETTER(SCOPE_GPU, nvmlDeviceGetTotalEnergyConsumption, "power", "energy_joules", 1000)

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetPowerManagementLimitConstraints, (unsigned int *lowest, unsigned int *highest),
    (lowest, highest))
{
    double ignored;
    if (!gpu_number(device->gpu, "power", "max_limit_watts", &ignored)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    if (highest == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    nvmlReturn_t answer = answer_u32(device->gpu, "power", "min_limit_watts", 1000, lowest);
    return answer != NVML_SUCCESS ? answer : answer_u32(device->gpu, "power", "max_limit_watts", 1000, highest);
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetPowerManagementMode, (unsigned int *mode), (mode))
{
    double ignored;
    if (mode == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!gpu_number(device->gpu, "power", "requested_limit_watts", &ignored)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    *mode = 1;
    return NVML_SUCCESS;
}
