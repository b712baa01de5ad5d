#include "event_set.h"
#include "gate.h"
#include "library_state.h"

#include <stdlib.h>
#include <string.h>

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
    double told = node_driver_number("event_types", -1);
    if (told >= 0) {
        return (unsigned long long)told;
    }
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
    double known = node_driver_number("known_event_types", -1);
    bool is_known = known < 0 || (types & ~(unsigned long long)known) == 0;
    if ((types & ~supported_types(device->gpu)) != 0 || !is_known) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    /* The device of the gate does not outlive the lock. */
    char *uuid = strdup(device->gpu->uuid);
    while (node_driver_flag("registration_blocks") && set != NULL && event_set_is_waited_for(set)) {
        node_wait(MICROS_NEVER);
        set = event_set_find(handle);
    }
    if (set != NULL) {
        event_set_register(set, uuid, types);
        node_wake();
    }
    free(uuid);
    return set != NULL ? NVML_SUCCESS : NVML_ERROR_INVALID_ARGUMENT;
}

/* Blocks with the lock let go, up to the timeout in milliseconds. */
static nvmlReturn_t wait_on_set(nvmlEventSet_t handle, nvmlEventData_t *data, unsigned int timeout)
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
        event_set_count_waits(set, 1);
        node_wait(deadline);
        set = event_set_find(handle);
        if (set != NULL) {
            event_set_count_waits(set, -1);
        }
    }
}

static nvmlReturn_t wait_for_event(nvmlEventSet_t handle, nvmlEventData_t *data, unsigned int timeout)
{
    nvmlReturn_t answer = wait_on_set(handle, data, timeout);

    /* Whoever registers has waited for this. */
    node_wake();
    return answer;
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
