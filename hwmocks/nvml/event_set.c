#include "event_set.h"

#include "gate.h"

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
    int waits;
};

static struct event_set *sets;
static unsigned long long sets_made;

struct event_set *event_set_make(void)
{
    char text[32];
    struct event_set *set = calloc(1, sizeof *set);
    if (set != NULL) {
        snprintf(text, sizeof text, "set %llu", ++sets_made);
        set->handle = handle_make(HANDLE_EVENT_SET, text);
        set->next = sets;
        sets = set;
    }
    return set;
}

nvmlEventSet_t event_set_handle(const struct event_set *set)
{
    return set->handle;
}

struct event_set *event_set_find(nvmlEventSet_t handle)
{
    for (struct event_set *set = sets; set != NULL; set = set->next) {
        if (set->handle == handle) {
            return set;
        }
    }
    return NULL;
}

void event_set_count_waits(struct event_set *set, int change)
{
    set->waits += change;
}

bool event_set_is_waited_for(const struct event_set *set)
{
    return set->waits > 0;
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

void event_set_drop(struct event_set *set)
{
    struct event_set **link = &sets;
    while (*link != set) {
        link = &(*link)->next;
    }
    *link = set->next;
    free_set(set);
}

void event_sets_drop_all(void)
{
    while (sets != NULL) {
        event_set_drop(sets);
    }
}

static struct registration *registration_of(struct event_set *set, const char *uuid)
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

void event_set_register(struct event_set *set, const char *uuid, unsigned long long types)
{
    registration_of(set, uuid)->types |= types;
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

void event_sets_distribute(void)
{
    for (size_t i = 0; i < node.scenario->timeline_count; i++) {
        const struct timeline_entry *entry = &node.scenario->timeline[i];
        if (entry->event != NULL && entry->moment <= node.now && !entry->line->queued && !entry->line->delivered) {
            distribute_entry(entry);
        }
    }
}

bool event_set_take(struct event_set *set, nvmlEventData_t *data)
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

bool event_set_has_new_loss(struct event_set *set)
{
    bool found = false;
    for (struct registration *one = set->registrations; one != NULL; one = one->next) {
        const struct gpu *gpu = node_gpu_by_uuid(one->uuid);
        bool lost = gpu == NULL || gpu_condition(gpu) == NVML_ERROR_GPU_IS_LOST;
        found |= lost && (!one->loss_told || node_driver_flag("loss_lasts"));
        one->loss_told = lost;
    }
    return found;
}
