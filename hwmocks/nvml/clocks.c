#include "gate.h"

static const char *const current_keys[] = {"graphics_mhz", "sm_mhz", "memory_mhz", "video_mhz"};
static const char *const max_keys[] = {"max_graphics_mhz", "max_sm_mhz", "max_memory_mhz", "max_video_mhz"};
static const char *const application_keys[] = {"application_graphics_mhz", NULL, "application_memory_mhz", NULL};
static const char *const default_keys[] = {
    "default_application_graphics_mhz", NULL, "default_application_memory_mhz", NULL,
};
static const char *const boost_keys[] = {"boost_graphics_mhz", NULL, NULL, NULL};

static const struct word event_reasons[] = {
    {"idle", 0x1}, {"application_clocks", 0x2}, {"software_power_cap", 0x4}, {"hardware_slowdown", 0x8},
    {"sync_boost", 0x10}, {"software_thermal", 0x20}, {"hardware_thermal", 0x40}, {"power_brake", 0x80},
    {"display", 0x100}, {NULL, 0},
};

/* One of four clocks: graphics, SM, memory, video. */
static nvmlReturn_t answer_clock(const struct device *device, const char *const *keys, unsigned int type,
    unsigned int *clock)
{
    if (type > 3 || clock == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    return keys[type] == NULL ? NVML_ERROR_NOT_SUPPORTED : answer_u32(device->gpu, "clocks", keys[type], 1, clock);
}

#define CLOCK_GETTER(name, keys)                                                                 \
    DEVICE_CALL(SCOPE_GPU, name, (unsigned int type, unsigned int *clock), (type, clock))        \
    {                                                                                            \
        return answer_clock(device, keys, type, clock);                                          \
    }

CLOCK_GETTER(nvmlDeviceGetClockInfo, current_keys)
CLOCK_GETTER(nvmlDeviceGetMaxClockInfo, max_keys)
CLOCK_GETTER(nvmlDeviceGetApplicationsClock, application_keys)
CLOCK_GETTER(nvmlDeviceGetDefaultApplicationsClock, default_keys)
CLOCK_GETTER(nvmlDeviceGetMaxCustomerBoostClock, boost_keys)

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetClock, (unsigned int type, unsigned int id, unsigned int *clock),
    (type, id, clock))
{
    static const char *const *const keys[] = {current_keys, application_keys, default_keys, boost_keys};
    return id > 3 ? NVML_ERROR_INVALID_ARGUMENT : answer_clock(device, keys[id], type, clock);
}

static nvmlReturn_t answer_reasons(const struct gpu *gpu, unsigned long long *reasons)
{
    const json_t *list = gpu_value(gpu, "clocks", "event_reasons");
    size_t index;
    const json_t *reason;
    if (reasons == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!json_is_array(list)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    *reasons = 0;
    json_array_foreach(list, index, reason) {
        unsigned int bit = 0;
        word_number(reason, event_reasons, &bit);
        *reasons |= bit;
    }
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetCurrentClocksEventReasons, (unsigned long long *reasons), (reasons))
{
    return answer_reasons(device->gpu, reasons);
}

/* The name before branch 535. */
DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetCurrentClocksThrottleReasons, (unsigned long long *reasons), (reasons))
{
    return answer_reasons(device->gpu, reasons);
}

static nvmlReturn_t answer_supported_reasons(unsigned long long *reasons)
{
    if (reasons == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    *reasons = 0x1FF;
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetSupportedClocksEventReasons, (unsigned long long *reasons), (reasons))
{
    return answer_supported_reasons(reasons);
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetSupportedClocksThrottleReasons, (unsigned long long *reasons), (reasons))
{
    return answer_supported_reasons(reasons);
}

NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetPerformanceState, "clocks", "performance_state", 1)
NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetPowerState, "clocks", "performance_state", 1)

static nvmlReturn_t room_for(size_t needed, unsigned int *count, const void *target)
{
    unsigned int room = *count;
    *count = (unsigned int)needed;
    if (room < needed) {
        return NVML_ERROR_INSUFFICIENT_SIZE;
    }
    return target == NULL && needed > 0 ? NVML_ERROR_INVALID_ARGUMENT : NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetSupportedMemoryClocks, (unsigned int *count, unsigned int *clocks),
    (count, clocks))
{
    const json_t *sets = gpu_value(device->gpu, "clocks", "supported");
    size_t index;
    const json_t *set;
    if (count == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!json_is_array(sets)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    nvmlReturn_t answer = room_for(json_array_size(sets), count, clocks);
    if (answer != NVML_SUCCESS) {
        return answer;
    }
    json_array_foreach(sets, index, set) {
        clocks[index] = (unsigned int)json_number_value(json_object_get(set, "memory_mhz"));
    }
    return NVML_SUCCESS;
}

static const json_t *graphics_clocks(const json_t *sets, unsigned int memory_clock)
{
    size_t index;
    const json_t *set;
    json_array_foreach(sets, index, set) {
        if (json_number_value(json_object_get(set, "memory_mhz")) == memory_clock) {
            return json_object_get(set, "graphics_mhz");
        }
    }
    return NULL;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetSupportedGraphicsClocks,
    (unsigned int memory_clock, unsigned int *count, unsigned int *clocks), (memory_clock, count, clocks))
{
    const json_t *sets = gpu_value(device->gpu, "clocks", "supported");
    size_t index;
    const json_t *clock;
    if (count == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!json_is_array(sets)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    const json_t *list = graphics_clocks(sets, memory_clock);
    if (list == NULL) {
        return NVML_ERROR_NOT_FOUND;
    }
    nvmlReturn_t answer = room_for(json_array_size(list), count, clocks);
    if (answer != NVML_SUCCESS) {
        return answer;
    }
    json_array_foreach(list, index, clock) {
        clocks[index] = (unsigned int)json_number_value(clock);
    }
    return NVML_SUCCESS;
}

/* Policies 0 power, 1 thermal, 2 sync boost; the scenario has no figure for the others. */
DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetViolationStatus, (unsigned int policy, nvmlViolationTime_t *time), (policy, time))
{
    static const char *const keys[] = {"power_cap_us", "software_thermal_us", "sync_boost_us"};
    if (time == NULL || policy > 10) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (policy > 2) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    nvmlReturn_t answer = answer_u64(device->gpu, "clocks", keys[policy], 1000, &time->violationTime);
    if (answer == NVML_SUCCESS) {
        time->referenceTime = (unsigned long long)node.now;
    }
    return answer;
}
