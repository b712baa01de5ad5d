#ifndef HWMOCKS_NODE_H
#define HWMOCKS_NODE_H

#include "scenario.h"

#include <stdbool.h>

/* A GPU of the file as it is now. */
struct gpu {
    int position;
    json_t *values;
    const char *uuid;
    bool present;
    /* Whether NVML counts it: present, or so when the library was initialised (fixed_gpus). */
    bool listed;
    const char *state;
};

/*
 * The made-up node: the scenario at this moment. One lock guards it and everything else that the library keeps; a
 * driver serialises its calls likewise. Pointers into it are good until the lock is let go.
 */
struct node {
    struct scenario *scenario;
    json_t *driver;
    json_t *system;
    struct gpu *gpus;
    size_t gpu_count;
    micros start;
    micros now;
    /* How often the driver went away; who initialised before that has to do so again. */
    unsigned int driver_losses;
    /* The first file was refused: there is nothing to serve. */
    bool broken;
};

extern struct node node;

void node_lock(void);
void node_unlock(void);

/* Under the lock: reads the file if it is new or changed, and brings the node up to this moment. */
void node_refresh(void);

/* Under the lock: waits for a change of the file, node_wake, a timeline entry, or the deadline; then refreshes. */
void node_wait(micros deadline);

/* Under the lock: wakes everyone in node_wait. */
void node_wake(void);

/* Under the lock: what this process set on a GPU itself; it lies over the scenario until the process ends. */
void node_override(const struct gpu *gpu, const char *group, const char *key, json_t *value);

/* Under the lock, which is let go meanwhile. */
void node_pause(double milliseconds);

/* Under the lock: a call holds the driver's own lock, and every other one waits in node_wait_for_driver. */
void node_hold_driver(bool is_held);
void node_wait_for_driver(void);

/* Under the lock: the GPUs that are there now are those of the library until the next time (fixed_gpus). */
void node_list_gpus(bool is_initialized);

/* What the driver is like; docs/scenarios.md, "Driver quirks". */
double node_driver_number(const char *key, double absent);
bool node_driver_flag(const char *key);

/* "loaded" and so on. */
const char *node_driver_state(void);

/* The GPU with that NVML index; NULL past the last one that is listed. */
struct gpu *node_gpu_by_index(unsigned int index);
unsigned int node_listed_gpus(void);

/* -1 for a GPU that is not listed. */
int node_index_of(const struct gpu *gpu);

/* By UUID, present or not. */
struct gpu *node_gpu_by_uuid(const char *uuid);

#endif
