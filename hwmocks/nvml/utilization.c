#include "gate.h"

#include <time.h>

/* What boards say of the period that a figure covers. */
#define SAMPLING_PERIOD_US 167000

DEVICE_CALL(SCOPE_GPU_WITHOUT_MIG, nvmlDeviceGetUtilizationRates, (nvmlUtilization_t *utilization), (utilization))
{
    if (utilization == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    unsigned int memory = 0;
    nvmlReturn_t answer = answer_u32(device->gpu, "utilization", "gpu_percent", 1, &utilization->gpu);
    if (answer == NVML_SUCCESS) {
        answer_u32(device->gpu, "utilization", "memory_percent", 1, &memory);
        utilization->memory = memory;
    }
    return answer;
}

#define ENGINE_GETTER(name, key)                                                                 \
    DEVICE_CALL(SCOPE_GPU_WITHOUT_MIG, name, (unsigned int *percent, unsigned int *period), (percent, period)) \
    {                                                                                            \
        if (period == NULL) {                                                                    \
            return NVML_ERROR_INVALID_ARGUMENT;                                                  \
        }                                                                                        \
        *period = SAMPLING_PERIOD_US;                                                            \
        return answer_u32(device->gpu, "utilization", key, 1, percent);                          \
    }

ENGINE_GETTER(nvmlDeviceGetEncoderUtilization, "encoder_percent")
ENGINE_GETTER(nvmlDeviceGetDecoderUtilization, "decoder_percent")
ENGINE_GETTER(nvmlDeviceGetJpgUtilization, "jpeg_percent")
ENGINE_GETTER(nvmlDeviceGetOfaUtilization, "ofa_percent")

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetEncoderStats,
    (unsigned int *sessions, unsigned int *average_fps, unsigned int *average_latency),
    (sessions, average_fps, average_latency))
{
    if (sessions == NULL || average_fps == NULL || average_latency == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    *sessions = *average_fps = *average_latency = 0;
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetEncoderSessions, (unsigned int *count, nvmlEncoderSessionInfo_t *sessions),
    (count, sessions))
{
    (void)sessions;
    if (count == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    *count = 0;
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetFBCStats, (nvmlFBCStats_t *stats), (stats))
{
    if (stats == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    *stats = (nvmlFBCStats_t){0};
    return NVML_SUCCESS;
}

/* The mock keeps no history: its buffer holds the sample of this moment. */
DEVICE_CALL(SCOPE_GPU_WITHOUT_MIG, nvmlDeviceGetSamples,
    (unsigned int type, unsigned long long last_seen, unsigned int *value_type, unsigned int *count,
        nvmlSample_t *samples),
    (type, last_seen, value_type, count, samples))
{
    static const struct {
        const char *group;
        const char *key;
        double factor;
    } sources[] = {
        {"power", "usage_watts", 1000}, {"utilization", "gpu_percent", 1}, {"utilization", "memory_percent", 1},
        {"utilization", "encoder_percent", 1}, {"utilization", "decoder_percent", 1}, {"clocks", "graphics_mhz", 1},
        {"clocks", "memory_mhz", 1}, {"power", "module_average_watts", 1000}, {"utilization", "jpeg_percent", 1},
        {"utilization", "ofa_percent", 1},
    };
    unsigned int value;
    struct timespec now;
    if (type >= sizeof sources / sizeof *sources || value_type == NULL || count == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    nvmlReturn_t answer = answer_u32(device->gpu, sources[type].group, sources[type].key, sources[type].factor, &value);
    clock_gettime(CLOCK_REALTIME, &now);
    unsigned long long moment = (unsigned long long)now.tv_sec * 1000000ull + (unsigned long long)now.tv_nsec / 1000;
    if (answer != NVML_SUCCESS || last_seen >= moment) {
        return answer != NVML_SUCCESS ? answer : NVML_ERROR_NOT_FOUND;
    }
    if (samples != NULL && *count == 0) {
        return NVML_ERROR_INSUFFICIENT_SIZE;
    }
    *value_type = VALUE_UINT;
    *count = 1;
    if (samples != NULL) {
        samples[0] = (nvmlSample_t){.timeStamp = moment, .sampleValue.uiVal = value};
    }
    return NVML_SUCCESS;
}
