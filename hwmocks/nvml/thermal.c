#include "gate.h"

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetTemperature, (unsigned int sensor, unsigned int *celsius), (sensor, celsius))
{
    return sensor != 0 ? NVML_ERROR_INVALID_ARGUMENT : answer_u32(device->gpu, "thermal", "gpu_c", 1, celsius);
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetTemperatureV, (nvmlTemperature_v1_t *temperature), (temperature))
{
    if (temperature == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (temperature->version != nvmlTemperature_v1) {
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    }
    if (temperature->sensorType != 0) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    return answer_u32(device->gpu, "thermal", "gpu_c", 1, (unsigned int *)&temperature->temperature);
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetMarginTemperature, (nvmlMarginTemperature_v1_t *margin), (margin))
{
    if (margin == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (margin->version != nvmlMarginTemperature_v1) {
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    }
    return answer_u32(device->gpu, "thermal", "margin_c", 1, (unsigned int *)&margin->marginTemperature);
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetTemperatureThreshold, (unsigned int type, unsigned int *celsius), (type, celsius))
{
    static const char *const keys[] = {"shutdown_c", "slowdown_c", "memory_max_c", "gpu_max_c"};
    if (type > 7) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    return type > 3 ? NVML_ERROR_NOT_SUPPORTED : answer_u32(device->gpu, "thermal", keys[type], 1, celsius);
}

NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetFanSpeed, "thermal", "fan_percent", 1)
NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetNumFans, "thermal", "fans", 1)

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetFanSpeed_v2, (unsigned int fan, unsigned int *speed), (fan, speed))
{
    double fans;
    if (!gpu_number(device->gpu, "thermal", "fans", &fans)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    return fan >= fans ? NVML_ERROR_INVALID_ARGUMENT : answer_u32(device->gpu, "thermal", "fan_percent", 1, speed);
}
