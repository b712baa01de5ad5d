#include "values.h"

#include <string.h>

static const struct pattern *find_pattern(const struct gpu *gpu, int slot, const char *group, const char *key)
{
    for (size_t i = 0; i < node.scenario->pattern_count; i++) {
        const struct pattern *pattern = &node.scenario->patterns[i];
        if ((pattern->gpu == SELECT_ALL || pattern->gpu == gpu->position) && pattern->slot == slot
            && strcmp(pattern->key, key) == 0 && strcmp(pattern->group, group) == 0) {
            return pattern;
        }
    }
    return NULL;
}

/* The sizes that belong together: a pattern on the used part stays below the total and moves the free part. */
static const struct memory {
    const char *group;
    const char *used;
    const char *total;
    const char *free;
} memories[] = {
    {"memory", "used_mib", "total_mib", "free_mib"},
    {"bar1", "used_mib", "total_mib", "free_mib"},
    {"", "memory_used_mib", "memory_total_mib", "memory_free_mib"},
};

static const struct memory *memory_with(const char *group, const char *key, bool used)
{
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++) {
        if (strcmp(memories[i].group, group) == 0
            && strcmp(used ? memories[i].used : memories[i].free, key) == 0) {
            return &memories[i];
        }
    }
    return NULL;
}

static double patterned(const struct pattern *pattern, const json_t *object)
{
    micros start = node_driver_flag("counts_from_boot") ? 0 : node.start;
    double value = pattern_value(pattern, node.now - start);
    const struct memory *memory = memory_with(pattern->group, pattern->key, true);
    const json_t *total = memory == NULL ? NULL : json_object_get(object, memory->total);
    return json_is_number(total) && value > json_number_value(total) ? json_number_value(total) : value;
}

/* As much less is free as the pattern uses more. */
static double moved_free(const struct gpu *gpu, int slot, const struct memory *memory, const json_t *object,
    double free)
{
    const struct pattern *pattern = find_pattern(gpu, slot, memory->group, memory->used);
    const json_t *used = json_object_get(object, memory->used);
    if (pattern == NULL || !json_is_number(used)) {
        return free;
    }
    double moved = free - (patterned(pattern, object) - json_number_value(used));
    return moved > 0 ? moved : 0;
}

static bool number_of(const struct gpu *gpu, int slot, const char *group, const json_t *object, const char *key,
    double *value)
{
    const json_t *plain = json_object_get(object, key);
    if (!json_is_number(plain)) {
        return false;
    }
    const struct pattern *pattern = find_pattern(gpu, slot, group, key);
    const struct memory *memory = memory_with(group, key, false);
    *value = pattern == NULL ? json_number_value(plain) : patterned(pattern, object);
    if (pattern == NULL && memory != NULL) {
        *value = moved_free(gpu, slot, memory, object, *value);
    }
    return true;
}

const json_t *gpu_value(const struct gpu *gpu, const char *group, const char *key)
{
    const json_t *object = group == NULL ? gpu->values : json_object_get(gpu->values, group);
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

bool gpu_number(const struct gpu *gpu, const char *group, const char *key, double *value)
{
    return number_of(gpu, SELECT_NONE, group, json_object_get(gpu->values, group), key, value);
}

bool gpu_flag(const struct gpu *gpu, const char *group, const char *key, bool *value)
{
    const json_t *flag = gpu_value(gpu, group, key);
    *value = json_is_true(flag);
    return json_is_boolean(flag);
}

const char *gpu_text(const struct gpu *gpu, const char *group, const char *key)
{
    return json_string_value(gpu_value(gpu, group, key));
}

const json_t *gpu_instances(const struct gpu *gpu)
{
    const json_t *list = gpu_mig_enabled(gpu) ? gpu_value(gpu, "mig", "instances") : NULL;
    return json_is_array(list) ? list : NULL;
}

bool gpu_mig_enabled(const struct gpu *gpu)
{
    bool enabled;
    return gpu_flag(gpu, "mig", "enabled", &enabled) && enabled;
}

bool instance_number(const struct gpu *gpu, const json_t *instance, const char *key, double *value)
{
    int slot = (int)json_number_value(json_object_get(instance, "slot"));
    return number_of(gpu, slot, "", instance, key, value);
}
