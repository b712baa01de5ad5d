#include "event_set.h"
#include "gate.h"
#include "library.h"

#include <stdlib.h>

CALL(NEED_INIT, nvmlEventSetCreate, (nvmlEventSet_t *handle), (handle))
{
    const struct event_set *set = handle == NULL ? NULL : event_set_make();
    if (set == NULL) {
        return handle == NULL ? NVML_ERROR_INVALID_ARGUMENT : NVML_ERROR_MEMORY;
    }
    *handle = event_set_handle(set);
    return NVML_SUCCESS;
}

CALL(NEED_INIT, nvmlEventSetFree, (nvmlEventSet_t handle), (handle))
{
    struct event_set *set = event_set_find(handle);
    if (set == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    event_set_drop(set);
    node_wake();
    return NVML_SUCCESS;
}

/* The scenario does not say what a board reports; this follows from what else it has. */
static unsigned long long supported_types(const struct gpu *gpu)
{
    const char *version = json_string_value(json_object_get(node.driver, "version"));
    unsigned long long types = 0x4 | 0x8 | 0x10;
    if (gpu_value(gpu, "ecc", "enabled") != NULL) {
        types |= 0x1 | 0x2;
        types |= version != NULL && atoi(version) >= 570 ? 0xFE00 : 0;
    }
    if (gpu_value(gpu, "mig", "enabled") != NULL) {
        types |= 0x100;
    }
    return types;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetSupportedEventTypes, (unsigned long long *types), (types))
{
    if (types == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    *types = supported_types(device->gpu);
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceRegisterEvents, (unsigned long long types, nvmlEventSet_t handle), (types, handle))
{
    struct event_set *set = event_set_find(handle);
    if (set == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if ((types & ~supported_types(device->gpu)) != 0) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    event_set_register(set, device->gpu->uuid, types);
    node_wake();
    return NVML_SUCCESS;
}

/* Blocks with the lock let go, up to the timeout in milliseconds. */
static nvmlReturn_t wait_for_event(nvmlEventSet_t handle, nvmlEventData_t *data, unsigned int timeout)
{
    micros deadline = node.now + (micros)timeout * 1000;
    for (;;) {
        struct event_set *set = event_set_find(handle);
        nvmlReturn_t condition = library_condition();
        if (condition != NVML_SUCCESS) {
            return condition;
        }
        if (set == NULL) {
            return NVML_ERROR_INVALID_ARGUMENT;
        }
        event_sets_distribute();
        if (event_set_take(set, data)) {
            return NVML_SUCCESS;
        }
        if (event_set_has_new_loss(set)) {
            return NVML_ERROR_GPU_IS_LOST;
        }
        if (node.now >= deadline) {
            return NVML_ERROR_TIMEOUT;
        }
        node_wait(deadline);
    }
}

CALL(NEED_INIT, nvmlEventSetWait_v2, (nvmlEventSet_t set, nvmlEventData_t *data, unsigned int timeout),
    (set, data, timeout))
{
    return data == NULL ? NVML_ERROR_INVALID_ARGUMENT : wait_for_event(set, data, timeout);
}

/* The event of drivers before 450 has no instance ids. */
CALL(NEED_INIT, nvmlEventSetWait, (nvmlEventSet_t set, nvmlEventData_v1_t *data, unsigned int timeout),
    (set, data, timeout))
{
    nvmlEventData_t event;
    if (data == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    nvmlReturn_t answer = wait_for_event(set, &event, timeout);
    if (answer == NVML_SUCCESS) {
        *data = (nvmlEventData_v1_t){event.device, event.eventType, event.eventData};
    }
    return answer;
}
