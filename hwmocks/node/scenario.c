#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void json_merge(json_t *target, const json_t *changes)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)changes, key, value) {
        json_t *old = json_object_get(target, key);
        if (json_is_object(old) && json_is_object(value)) {
            json_merge(old, value);
        } else {
            json_object_set_new(target, key, json_deep_copy(value));
        }
    }
}

void scenario_free(struct scenario *scenario)
{
    if (scenario == NULL) {
        return;
    }
    for (size_t i = 0; i < scenario->gpu_count; i++) {
        json_decref(scenario->gpus[i]);
    }
    free(scenario->gpus);
    free(scenario->timeline);
    free(scenario->patterns);
    free(scenario->faults);
    json_decref(scenario->root);
    free(scenario);
}

static bool refuse(struct problem *problem, const char *list, size_t index, const char *reason)
{
    snprintf(problem->text, sizeof problem->text, "%s[%zu]: %s", list, index, reason);
    return false;
}

static const char *uuid_of(const json_t *gpu)
{
    return json_string_value(json_object_get(json_object_get(gpu, "identity"), "uuid"));
}

static bool read_gpus(struct scenario *scenario, struct problem *problem)
{
    const json_t *gpus = json_object_get(scenario->root, "gpus");
    const json_t *models = json_object_get(scenario->root, "models");
    size_t index;
    const json_t *gpu;
    scenario->gpus = calloc(json_array_size(gpus) + 1, sizeof *scenario->gpus);
    json_array_foreach(gpus, index, gpu) {
        const char *model = json_string_value(json_object_get(gpu, "model"));
        const json_t *template = model == NULL ? NULL : json_object_get(models, model);
        if (model != NULL && template == NULL) {
            return refuse(problem, "gpus", index, "\"model\" is not in \"models\"");
        }
        json_t *merged = template == NULL ? json_object() : json_deep_copy(template);
        json_merge(merged, gpu);
        scenario->gpus[scenario->gpu_count++] = merged;
        if (uuid_of(merged) == NULL) {
            return refuse(problem, "gpus", index, "lacks \"identity.uuid\"");
        }
        for (size_t other = 0; other < index; other++) {
            if (strcmp(uuid_of(merged), uuid_of(scenario->gpus[other])) == 0) {
                return refuse(problem, "gpus", index, "has the UUID of an earlier GPU");
            }
        }
    }
    return true;
}

/* The position that a "gpu" key means. False: no such GPU. */
static bool select_gpu(const struct scenario *scenario, const json_t *selector, int *gpu)
{
    *gpu = SELECT_NONE;
    if (selector == NULL) {
        return true;
    }
    if (json_is_number(selector)) {
        *gpu = (int)json_number_value(selector);
        return json_number_value(selector) < (double)scenario->gpu_count;
    }
    const char *text = json_string_value(selector);
    if (strcmp(text, "all") == 0) {
        *gpu = SELECT_ALL;
        return true;
    }
    for (size_t i = 0; i < scenario->gpu_count; i++) {
        if (strcmp(text, uuid_of(scenario->gpus[i])) == 0) {
            *gpu = (int)i;
            return true;
        }
    }
    return false;
}

static micros seconds_or(const json_t *entry, const char *key, micros otherwise)
{
    const json_t *value = json_object_get(entry, key);
    return value == NULL ? otherwise : clock_from_seconds(json_number_value(value));
}

static bool id_is_new(const json_t *list, size_t index, const char *id)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(json_string_value(json_object_get(json_array_get(list, i), "id")), id) == 0) {
            return false;
        }
    }
    return true;
}

/* An insertion sort: stable, so entries of one moment keep the file's order. */
static void insert_by_moment(struct scenario *scenario, struct timeline_entry entry)
{
    size_t place = scenario->timeline_count++;
    while (place > 0 && scenario->timeline[place - 1].moment > entry.moment) {
        scenario->timeline[place] = scenario->timeline[place - 1];
        place--;
    }
    scenario->timeline[place] = entry;
}

static bool read_timeline(struct scenario *scenario, struct ledger *ledger, micros now, struct problem *problem)
{
    const json_t *list = json_object_get(scenario->root, "timeline");
    size_t index;
    const json_t *item;
    scenario->timeline = calloc(json_array_size(list) + 1, sizeof *scenario->timeline);
    json_array_foreach(list, index, item) {
        const char *id = json_string_value(json_object_get(item, "id"));
        struct timeline_entry entry = {
            .set = json_object_get(item, "set"),
            .driver = json_object_get(item, "driver"),
            .system = json_object_get(item, "system"),
            .event = json_object_get(item, "event"),
        };
        if (!id_is_new(list, index, id)) {
            return refuse(problem, "timeline", index, "has the \"id\" of an earlier entry");
        }
        if (!select_gpu(scenario, json_object_get(item, "gpu"), &entry.gpu)) {
            return refuse(problem, "timeline", index, "\"gpu\" names no GPU of the file");
        }
        if ((entry.set != NULL || entry.event != NULL) && entry.gpu == SELECT_NONE) {
            return refuse(problem, "timeline", index, "\"set\" and \"event\" need \"gpu\"");
        }
        entry.line = ledger_line_of(ledger, id, now);
        entry.moment = entry.line->first_seen + seconds_or(item, "at", 0);
        insert_by_moment(scenario, entry);
    }
    return true;
}

static bool read_patterns(struct scenario *scenario, struct problem *problem)
{
    const json_t *list = json_object_get(scenario->root, "patterns");
    size_t index;
    const json_t *item;
    scenario->patterns = calloc(json_array_size(list) + 1, sizeof *scenario->patterns);
    json_array_foreach(list, index, item) {
        struct pattern *pattern = &scenario->patterns[index];
        const char *reason;
        if (!pattern_parse(item, pattern, &reason)) {
            return refuse(problem, "patterns", index, reason);
        }
        if (!select_gpu(scenario, json_object_get(item, "gpu"), &pattern->gpu)) {
            return refuse(problem, "patterns", index, "\"gpu\" names no GPU of the file");
        }
        for (size_t i = 0; i < index; i++) {
            const struct pattern *other = &scenario->patterns[i];
            bool same_gpu = other->gpu == pattern->gpu || other->gpu == SELECT_ALL || pattern->gpu == SELECT_ALL;
            bool same_key = strcmp(other->group, pattern->group) == 0 && strcmp(other->key, pattern->key) == 0;
            if (same_gpu && same_key && other->slot == pattern->slot) {
                return refuse(problem, "patterns", index, "an earlier pattern has the same value");
            }
        }
        scenario->pattern_count++;
    }
    return true;
}

static bool read_faults(struct scenario *scenario, struct ledger *ledger, micros now, struct problem *problem)
{
    const json_t *list = json_object_get(scenario->root, "calls");
    size_t index;
    const json_t *item;
    scenario->faults = calloc(json_array_size(list) + 1, sizeof *scenario->faults);
    json_array_foreach(list, index, item) {
        struct fault_entry *entry = &scenario->faults[index];
        const char *id = json_string_value(json_object_get(item, "id"));
        const json_t *field = json_object_get(item, "field");
        const json_t *times = json_object_get(item, "times");
        if (!id_is_new(list, index, id)) {
            return refuse(problem, "calls", index, "has the \"id\" of an earlier entry");
        }
        if (!select_gpu(scenario, json_object_get(item, "gpu"), &entry->gpu)) {
            return refuse(problem, "calls", index, "\"gpu\" names no GPU of the file");
        }
        entry->line = ledger_line_of(ledger, id, now);
        entry->function = json_string_value(json_object_get(item, "function"));
        entry->field = field == NULL ? -1 : (long long)json_number_value(field);
        entry->code = json_object_get(item, "return");
        entry->delay_ms = json_number_value(json_object_get(item, "delay_ms"));
        entry->hang = json_is_true(json_object_get(item, "hang"));
        entry->holds_lock = json_is_true(json_object_get(item, "holds_lock"));
        entry->crash = json_is_true(json_object_get(item, "crash"));
        entry->from = entry->line->first_seen + seconds_or(item, "at", 0);
        entry->until = json_object_get(item, "until") == NULL
            ? MICROS_NEVER
            : entry->line->first_seen + seconds_or(item, "until", 0);
        entry->after_calls = (unsigned long long)json_number_value(json_object_get(item, "after_calls"));
        entry->times = times == NULL ? ~0ull : (unsigned long long)json_number_value(times);
        scenario->fault_count++;
    }
    return true;
}

static struct scenario *from_json(json_t *root, struct ledger *timeline, struct ledger *faults, micros now,
    struct problem *problem)
{
    struct scenario *scenario = calloc(1, sizeof *scenario);
    if (scenario == NULL) {
        json_decref(root);
        return NULL;
    }
    scenario->root = root;
    bool good = read_gpus(scenario, problem) && read_patterns(scenario, problem)
        && read_timeline(scenario, timeline, now, problem) && read_faults(scenario, faults, now, problem);
    if (!good) {
        scenario_free(scenario);
        return NULL;
    }
    return scenario;
}

struct scenario *scenario_read(const char *path, struct ledger *timeline, struct ledger *faults, micros now,
    struct problem *problem)
{
    json_error_t error;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        snprintf(problem->text, sizeof problem->text, "line %d: %s", error.line, error.text);
        return NULL;
    }
    if (!schema_accepts(root, problem)) {
        json_decref(root);
        return NULL;
    }
    return from_json(root, timeline, faults, now, problem);
}

struct scenario *scenario_without_gpus(void)
{
    struct ledger none = {0};
    struct problem problem;
    json_t *root = json_pack("{s{ss ss ss ss} s[]}", "driver", "state", "loaded", "version", "580.105.08",
        "nvml_version", "13.580.105.08", "cuda_version", "13.0", "gpus");
    return from_json(root, &none, &none, 0, &problem);
}
