#include "ordinals.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *uuid_of(const json_t *instance)
{
    return json_string_value(json_object_get(instance, "uuid"));
}

static double speed_of(const struct ordinal *ordinal)
{
    const struct gpu *gpu = node_gpu_by_uuid(ordinal->gpu);
    double processors = 0;
    double clock = 0;
    gpu_number(gpu, "cuda", "sm_count", &processors);
    gpu_number(gpu, "clocks", "max_sm_mhz", &clock);
    return processors * clock;
}

/* A GPU with MIG on is seen by its MIG devices alone; a process gets one of them, the first unless it names another. */
static size_t find_all(struct ordinal *ordinals)
{
    size_t count = 0;
    for (size_t i = 0; i < node.gpu_count && count < MOST_DEVICES; i++) {
        const struct gpu *gpu = &node.gpus[i];
        if (!gpu->present || strcmp(gpu->state, "ok") != 0) {
            continue;
        }
        size_t index;
        const json_t *instance;
        if (!gpu_mig_enabled(gpu)) {
            ordinals[count] = (struct ordinal){0};
            snprintf(ordinals[count++].gpu, sizeof ordinals->gpu, "%s", gpu->uuid);
        }
        json_array_foreach(gpu_instances(gpu), index, instance) {
            if (count < MOST_DEVICES) {
                snprintf(ordinals[count].gpu, sizeof ordinals->gpu, "%s", gpu->uuid);
                snprintf(ordinals[count++].instance, sizeof ordinals->instance, "%s", uuid_of(instance));
            }
        }
    }
    return count;
}

/* CUDA's own order puts the fastest first; only PCI_BUS_ID is NVML's. */
static void sort_by_speed(struct ordinal *ordinals, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct ordinal moved = ordinals[i];
        size_t place = i;
        while (place > 0 && speed_of(&ordinals[place - 1]) < speed_of(&moved)) {
            ordinals[place] = ordinals[place - 1];
            place--;
        }
        ordinals[place] = moved;
    }
}

static const struct ordinal *named(const struct ordinal *all, size_t count, const char *name, size_t length)
{
    if (length > 0 && isdigit((unsigned char)name[0])) {
        unsigned long wanted = strtoul(name, NULL, 10);
        return wanted < count ? &all[wanted] : NULL;
    }
    for (size_t i = 0; i < count; i++) {
        const char *uuid = all[i].instance[0] != '\0' ? all[i].instance : all[i].gpu;
        if (length > 4 && strncasecmp(uuid, name, length) == 0) {
            return &all[i];
        }
    }
    return NULL;
}

/* A list of numbers and UUIDs (or their beginnings); what follows the first bad entry does not count. */
static size_t choose(const struct ordinal *all, size_t count, const char *list, struct ordinal *chosen)
{
    size_t found = 0;
    while (*list != '\0' && found < MOST_DEVICES) {
        size_t length = strcspn(list, ",");
        const struct ordinal *one = named(all, count, list, length);
        if (one == NULL) {
            break;
        }
        chosen[found++] = *one;
        list += length + (list[length] == ',');
    }
    return found;
}

static size_t keep_one_instance(struct ordinal *ordinals, size_t count)
{
    size_t kept = 0;
    bool has_instance = false;
    for (size_t i = 0; i < count; i++) {
        bool is_instance = ordinals[i].instance[0] != '\0';
        if (!is_instance || !has_instance) {
            ordinals[kept++] = ordinals[i];
        }
        has_instance |= is_instance;
    }
    return kept;
}

size_t ordinals_find(struct ordinal *ordinals)
{
    const char *visible = getenv("CUDA_VISIBLE_DEVICES");
    const char *order = getenv("CUDA_DEVICE_ORDER");
    struct ordinal *all = calloc(MOST_DEVICES, sizeof *all);
    if (all == NULL) {
        return 0;
    }
    size_t count = find_all(all);
    if (order == NULL || strcmp(order, "PCI_BUS_ID") != 0) {
        sort_by_speed(all, count);
    }
    if (visible != NULL) {
        count = choose(all, count, visible, ordinals);
    } else {
        memcpy(ordinals, all, count * sizeof *all);
    }
    free(all);
    return keep_one_instance(ordinals, count);
}
