#include "events.h"

#include "gate.h"
#include "library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct word event_types[] = {
    {"single_bit_ecc", 0x1}, {"double_bit_ecc", 0x2}, {"pstate", 0x4}, {"xid", 0x8}, {"clock", 0x10},
    {"power_source", 0x80}, {"mig_config", 0x100}, {"single_bit_storm", 0x200}, {"dram_retirement", 0x400},
    {"dram_retirement_failure", 0x800}, {"nonfatal_poison", 0x1000}, {"fatal_poison", 0x2000},
    {"gpu_unavailable", 0x4000}, {"recovery_action", 0x8000}, {NULL, 0},
};

/* A GPU in an event set. */
struct registration {
    struct registration *next;
    char *uuid;
    unsigned long long types;
    /* GPU_IS_LOST ends one wait, not every one from then on. */
    bool loss_told;
};

struct queued_event {
    struct queued_event *next;
    struct ledger_line *line;
    nvmlEventData_t data;
};

struct event_set {
    struct event_set *next;
    nvmlEventSet_t handle;
    struct registration *registrations;
    struct queued_event *queue;
};

static struct event_set *sets;
static unsigned long long sets_made;

static struct event_set *find_set(nvmlEventSet_t handle)
{
    for (struct event_set *set = sets; set != NULL; set = set->next) {
        if (set->handle == handle) {
            return set;
        }
    }
    return NULL;
}

/* An event that nobody took waits for the next set. */
static void free_set(struct event_set *set)
{
    while (set->queue != NULL) {
        struct queued_event *event = set->queue;
        set->queue = event->next;
        event->line->queued = event->line->delivered;
        free(event);
    }
    while (set->registrations != NULL) {
        struct registration *registration = set->registrations;
        set->registrations = registration->next;
        free(registration->uuid);
        free(registration);
    }
    free(set);
}

void events_forget(void)
{
    while (sets != NULL) {
        struct event_set *set = sets;
        sets = set->next;
        free_set(set);
    }
}

CALL(NEED_INIT, nvmlEventSetCreate, (nvmlEventSet_t *handle), (handle))
{
    char text[32];
    struct event_set *set = handle == NULL ? NULL : calloc(1, sizeof *set);
    if (set == NULL) {
        return handle == NULL ? NVML_ERROR_INVALID_ARGUMENT : NVML_ERROR_MEMORY;
    }
    snprintf(text, sizeof text, "set %llu", ++sets_made);
    set->handle = handle_make(HANDLE_EVENT_SET, text);
    set->next = sets;
    sets = set;
    *handle = set->handle;
    return NVML_SUCCESS;
}

CALL(NEED_INIT, nvmlEventSetFree, (nvmlEventSet_t handle), (handle))
{
    for (struct event_set **link = &sets; *link != NULL; link = &(*link)->next) {
        struct event_set *set = *link;
        if (set->handle == handle) {
            *link = set->next;
            free_set(set);
            node_wake();
            return NVML_SUCCESS;
        }
    }
    return NVML_ERROR_INVALID_ARGUMENT;
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

static struct registration *register_gpu(struct event_set *set, const char *uuid)
{
    for (struct registration *old = set->registrations; old != NULL; old = old->next) {
        if (strcmp(old->uuid, uuid) == 0) {
            return old;
        }
    }
    struct registration *registration = calloc(1, sizeof *registration);
    char *copy = strdup(uuid);
    if (registration == NULL || copy == NULL) {
        abort();
    }
    registration->uuid = copy;
    registration->next = set->registrations;
    set->registrations = registration;
    return registration;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceRegisterEvents, (unsigned long long types, nvmlEventSet_t handle), (types, handle))
{
    struct event_set *set = find_set(handle);
    if (set == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if ((types & ~supported_types(device->gpu)) != 0) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    register_gpu(set, device->gpu->uuid)->types |= types;
    node_wake();
    return NVML_SUCCESS;
}

static unsigned int instance_or_none(const json_t *event, const char *key)
{
    const json_t *id = json_object_get(event, key);
    return json_is_number(id) ? (unsigned int)json_number_value(id) : NVML_NO_INSTANCE;
}

static void enqueue(struct event_set *set, struct ledger_line *line, const nvmlEventData_t *data)
{
    struct queued_event **end = &set->queue;
    struct queued_event *event = calloc(1, sizeof *event);
    if (event == NULL) {
        abort();
    }
    while (*end != NULL) {
        end = &(*end)->next;
    }
    event->line = line;
    event->data = *data;
    *end = event;
    line->queued = true;
}

static void distribute_entry(const struct timeline_entry *entry)
{
    nvmlEventData_t data = {
        .eventData = (unsigned long long)json_number_value(json_object_get(entry->event, "data")),
        .gpuInstanceId = instance_or_none(entry->event, "gpu_instance"),
        .computeInstanceId = instance_or_none(entry->event, "compute_instance"),
    };
    unsigned int type;
    if (!word_number(json_object_get(entry->event, "type"), event_types, &type)) {
        return;
    }
    data.eventType = type;
    for (struct event_set *set = sets; set != NULL; set = set->next) {
        for (const struct registration *one = set->registrations; one != NULL; one = one->next) {
            const struct gpu *gpu = node_gpu_by_uuid(one->uuid);
            if (gpu != NULL && (entry->gpu == SELECT_ALL || entry->gpu == gpu->position) && (one->types & type) != 0) {
                data.device = handle_of_gpu(gpu);
                enqueue(set, entry->line, &data);
            }
        }
    }
}

/* Moves what is due into the sets that have registered for it. It happens in a wait, when registering is over. */
static void distribute(void)
{
    for (size_t i = 0; i < node.scenario->timeline_count; i++) {
        const struct timeline_entry *entry = &node.scenario->timeline[i];
        if (entry->event != NULL && entry->moment <= node.now && !entry->line->queued && !entry->line->delivered) {
            distribute_entry(entry);
        }
    }
}

static bool take(struct event_set *set, nvmlEventData_t *data)
{
    struct queued_event *event = set->queue;
    if (event == NULL) {
        return false;
    }
    set->queue = event->next;
    event->line->delivered = true;
    *data = event->data;
    free(event);
    return true;
}

static bool loss_to_tell(struct event_set *set)
{
    bool found = false;
    for (struct registration *one = set->registrations; one != NULL; one = one->next) {
        const struct gpu *gpu = node_gpu_by_uuid(one->uuid);
        bool lost = gpu == NULL || gpu_condition(gpu) == NVML_ERROR_GPU_IS_LOST;
        found |= lost && !one->loss_told;
        one->loss_told = lost;
    }
    return found;
}

/* Blocks with the lock let go, up to the timeout in milliseconds. */
static nvmlReturn_t wait_for_event(nvmlEventSet_t handle, nvmlEventData_t *data, unsigned int timeout)
{
    micros deadline = node.now + (micros)timeout * 1000;
    for (;;) {
        struct event_set *set = find_set(handle);
        nvmlReturn_t condition = library_condition();
        if (condition != NVML_SUCCESS) {
            return condition;
        }
        if (set == NULL) {
            return NVML_ERROR_INVALID_ARGUMENT;
        }
        distribute();
        if (take(set, data)) {
            return NVML_SUCCESS;
        }
        if (loss_to_tell(set)) {
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
