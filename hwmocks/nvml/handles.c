#include "handles.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC 0x4Eull

static char **names;
static size_t name_count;
static uint64_t generation;

/* The first generation comes from the clock: a handle of another process or an earlier mapping does not fit. */
static uint64_t current_generation(void)
{
    if (generation == 0) {
        generation = ((uint64_t)clock_now() & 0x7FFF) + 1;
    }
    return generation & 0xFFFF;
}

void handles_expire(void)
{
    generation = current_generation() + 1;
}

void *handle_make(enum handle_kind kind, const char *text)
{
    size_t index = 0;
    while (index < name_count && strcmp(names[index], text) != 0) {
        index++;
    }
    if (index == name_count) {
        char **grown = realloc(names, (name_count + 1) * sizeof *names);
        char *copy = strdup(text);
        if (grown == NULL || copy == NULL) {
            abort();
        }
        names = grown;
        names[name_count++] = copy;
    }
    uint64_t token = MAGIC << 56 | (uint64_t)kind << 48 | current_generation() << 32 | (uint64_t)(index + 1);
    return (void *)(uintptr_t)token;
}

const char *handle_text(enum handle_kind kind, const void *handle)
{
    uint64_t token = (uint64_t)(uintptr_t)handle;
    uint64_t index = token & 0xFFFFFFFF;
    bool ours = token >> 56 == MAGIC && (token >> 48 & 0xFF) == (uint64_t)kind
        && (token >> 32 & 0xFFFF) == current_generation();
    return ours && index > 0 && index <= name_count ? names[index - 1] : NULL;
}

nvmlDevice_t handle_of_gpu(const struct gpu *gpu)
{
    return handle_make(HANDLE_DEVICE, gpu->uuid);
}

/* With reuses_mig_handles the handle is the slot's: whatever instance is made there next is behind it. */
nvmlDevice_t handle_of_instance(const struct gpu *gpu, const json_t *instance)
{
    char text[160];
    if (!node_driver_flag("reuses_mig_handles")) {
        return handle_make(HANDLE_DEVICE, json_string_value(json_object_get(instance, "uuid")));
    }
    snprintf(text, sizeof text, "%s/%d", gpu->uuid, (int)json_number_value(json_object_get(instance, "slot")));
    return handle_make(HANDLE_DEVICE, text);
}

static bool device_by_slot(const char *text, const char *slash, struct device *device)
{
    char uuid[160];
    size_t index;
    const json_t *instance;
    snprintf(uuid, sizeof uuid, "%.*s", (int)(slash - text), text);
    device->gpu = node_gpu_by_uuid(uuid);
    json_array_foreach(device->gpu == NULL ? NULL : gpu_instances(device->gpu), index, instance) {
        if ((int)json_number_value(json_object_get(instance, "slot")) == atoi(slash + 1)) {
            device->instance = instance;
            return true;
        }
    }
    return false;
}

bool device_by_uuid(const char *uuid, struct device *device)
{
    device->instance = NULL;
    device->gpu = node_gpu_by_uuid(uuid);
    for (size_t i = 0; device->gpu == NULL && i < node.gpu_count; i++) {
        size_t index;
        const json_t *instance;
        json_array_foreach(gpu_instances(&node.gpus[i]), index, instance) {
            if (strcmp(json_string_value(json_object_get(instance, "uuid")), uuid) == 0) {
                device->gpu = &node.gpus[i];
                device->instance = instance;
                return true;
            }
        }
    }
    return device->gpu != NULL;
}

bool device_of(nvmlDevice_t handle, struct device *device)
{
    const char *uuid = handle_text(HANDLE_DEVICE, handle);
    const char *slash = uuid == NULL ? NULL : strchr(uuid, '/');
    if (slash != NULL && !device_by_uuid(uuid, device)) {
        return device_by_slot(uuid, slash, device);
    }
    return uuid != NULL && device_by_uuid(uuid, device);
}
