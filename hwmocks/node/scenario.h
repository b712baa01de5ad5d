#ifndef HWMOCKS_SCENARIO_H
#define HWMOCKS_SCENARIO_H

#include "clock.h"
#include "ledger.h"
#include "pattern.h"
#include "schema.h"

#include <jansson.h>

/* Something that happens once. JSON members belong to the scenario; an absent one is NULL. */
struct timeline_entry {
    struct ledger_line *line;
    micros moment;
    int gpu;
    const json_t *set;
    const json_t *driver;
    const json_t *system;
    const json_t *event;
};

/* A function that misbehaves. */
struct fault_entry {
    struct ledger_line *line;
    const char *function;
    int gpu;
    long long field;
    const json_t *code;
    double delay_ms;
    bool hang;
    bool holds_lock;
    bool crash;
    micros from;
    micros until;
    unsigned long long after_calls;
    unsigned long long times;
};

/* One reading of a scenario file. GPUs have their model merged in; the timeline is in the order of its moments. */
struct scenario {
    json_t *root;
    json_t **gpus;
    size_t gpu_count;
    struct timeline_entry *timeline;
    size_t timeline_count;
    struct pattern *patterns;
    size_t pattern_count;
    struct fault_entry *faults;
    size_t fault_count;
};

/* Reads and checks a file; NULL with the reason in "problem". Ids that are new start in their ledger now. */
struct scenario *scenario_read(const char *path, struct ledger *timeline, struct ledger *faults, micros now,
    struct problem *problem);

/* A node with a loaded driver and no GPU. */
struct scenario *scenario_without_gpus(void);

void scenario_free(struct scenario *scenario);

/* Objects are merged key by key, anything else replaces. */
void json_merge(json_t *target, const json_t *changes);

#endif
