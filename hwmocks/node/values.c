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

/* A pattern on the used part of a memory moves its free part by as much the other way. */
static double moved_free(const json_t *used, const struct pattern *pattern, double free)
{
    if (pattern == NULL || !json_is_number(used)) {
        return free;
    }
    double moved = free - (pattern_value(pattern, node.now - node.start) - json_number_value(used));
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
    *value = pattern == NULL ? json_number_value(plain) : pattern_value(pattern, node.now - node.start);
    bool is_free = strcmp(key, slot >= 0 ? "memory_free_mib" : "free_mib") == 0;
    if (pattern == NULL && is_free) {
        const char *used = slot >= 0 ? "memory_used_mib" : "used_mib";
        *value = moved_free(json_object_get(object, used), find_pattern(gpu, slot, group, used), *value);
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
    int slot = (int)json_integer_value(json_object_get(instance, "slot"));
    return number_of(gpu, slot, "", instance, key, value);
}
