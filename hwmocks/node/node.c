#include "node.h"

#include "scenario_file.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node node;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static pthread_once_t changed_once = PTHREAD_ONCE_INIT;
static struct ledger timeline_ledger;
static struct ledger fault_ledger;
static micros applied;
static bool driver_is_held;
/* UUIDs of the GPUs at the last nvmlInit; NULL: the library is not initialised. */
static json_t *listed;
/* UUID, group, key: see node_override. */
static json_t *overrides;

static void make_condition(void)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

void node_lock(void)
{
    pthread_once(&changed_once, make_condition);
    pthread_mutex_lock(&lock);
}

void node_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

void node_wake(void)
{
    pthread_cond_broadcast(&changed);
}

const char *node_driver_state(void)
{
    return json_string_value(json_object_get(node.driver, "state"));
}

double node_driver_number(const char *key, double absent)
{
    const json_t *value = json_object_get(node.driver, key);
    return json_is_number(value) ? json_number_value(value) : absent;
}

bool node_driver_flag(const char *key)
{
    return json_is_true(json_object_get(node.driver, key));
}

void node_pause(double milliseconds)
{
    if (milliseconds <= 0) {
        return;
    }
    struct timespec until = clock_timespec(clock_now() + (micros)(milliseconds * 1000));
    node_unlock();
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0) {
    }
    node_lock();
    node_refresh();
}

void node_hold_driver(bool is_held)
{
    driver_is_held = is_held;
    node_wake();
}

void node_wait_for_driver(void)
{
    while (driver_is_held) {
        node_wait(MICROS_NEVER);
    }
}

static bool is_listed(const struct gpu *gpu)
{
    if (listed == NULL || !node_driver_flag("fixed_gpus")) {
        return gpu->present;
    }
    return gpu->uuid != NULL && json_object_get(listed, gpu->uuid) != NULL;
}

void node_list_gpus(bool is_initialized)
{
    json_decref(listed);
    listed = is_initialized ? json_object() : NULL;
    for (size_t i = 0; i < node.gpu_count; i++) {
        struct gpu *gpu = &node.gpus[i];
        if (is_initialized && gpu->present && gpu->uuid != NULL) {
            json_object_set_new(listed, gpu->uuid, json_true());
        }
        gpu->listed = is_listed(gpu);
    }
}

static void release_view(void)
{
    for (size_t i = 0; i < node.gpu_count; i++) {
        json_decref(node.gpus[i].values);
    }
    free(node.gpus);
    json_decref(node.driver);
    json_decref(node.system);
    node.gpus = NULL;
    node.gpu_count = 0;
}

static void apply(const struct timeline_entry *entry)
{
    if (entry->driver != NULL) {
        json_merge(node.driver, entry->driver);
    }
    if (entry->system != NULL) {
        json_merge(node.system, entry->system);
    }
    for (size_t i = 0; entry->set != NULL && i < node.gpu_count; i++) {
        if (entry->gpu == SELECT_ALL || entry->gpu == (int)i) {
            json_merge(node.gpus[i].values, entry->set);
        }
    }
}

static const char *uuid_in(const json_t *values)
{
    return json_string_value(json_object_get(json_object_get(values, "identity"), "uuid"));
}

/* The file's values with every entry that is due until then on top. */
static void build_view(micros until)
{
    bool was_loaded = node.driver != NULL && strcmp(node_driver_state(), "loaded") == 0;
    const struct scenario *scenario = node.scenario;
    const json_t *system = json_object_get(scenario->root, "system");
    release_view();
    node.driver = json_deep_copy(json_object_get(scenario->root, "driver"));
    node.system = system == NULL ? json_object() : json_deep_copy(system);
    node.gpus = calloc(scenario->gpu_count + 1, sizeof *node.gpus);
    node.gpu_count = scenario->gpu_count;
    for (size_t i = 0; i < node.gpu_count; i++) {
        node.gpus[i].position = (int)i;
        node.gpus[i].values = json_deep_copy(scenario->gpus[i]);
    }
    for (size_t i = 0; i < scenario->timeline_count && scenario->timeline[i].moment <= until; i++) {
        apply(&scenario->timeline[i]);
    }
    for (size_t i = 0; i < node.gpu_count; i++) {
        struct gpu *gpu = &node.gpus[i];
        const char *state = json_string_value(json_object_get(gpu->values, "state"));
        /* A timeline may take the UUID from the caller's sight, not from ours. */
        gpu->uuid = uuid_in(gpu->values) != NULL ? uuid_in(gpu->values) : uuid_in(scenario->gpus[i]);
        json_merge(gpu->values, json_object_get(overrides, gpu->uuid));
        gpu->present = !json_is_false(json_object_get(gpu->values, "present"));
        gpu->state = state != NULL ? state : "ok";
        gpu->listed = is_listed(gpu);
    }
    if (was_loaded && strcmp(node_driver_state(), "loaded") != 0) {
        node.driver_losses++;
    }
    applied = until;
    node_wake();
}

void node_override(const struct gpu *gpu, const char *group, const char *key, json_t *value)
{
    json_t *change = json_pack("{s{s{so}}}", gpu->uuid, group, key, value);
    if (overrides == NULL) {
        overrides = json_object();
    }
    json_merge(overrides, change);
    json_decref(change);
    build_view(applied);
}

/* The first entry after the moment the view stands at. */
static micros next_moment(void)
{
    const struct scenario *scenario = node.scenario;
    for (size_t i = 0; i < scenario->timeline_count; i++) {
        if (scenario->timeline[i].moment > applied) {
            return scenario->timeline[i].moment;
        }
    }
    return MICROS_NEVER;
}

static void read_file(const char *path)
{
    struct problem problem;
    struct scenario *scenario = scenario_read(path, &timeline_ledger, &fault_ledger, node.now, &problem);
    if (scenario == NULL) {
        fprintf(stderr, "hwmocks: %s is refused%s: %s\n", path,
            node.scenario == NULL || node.broken ? "" : ", the node stays as it was", problem.text);
        if (node.scenario != NULL) {
            return;
        }
        node.broken = true;
        scenario = scenario_without_gpus();
    } else {
        if (node.start == 0) {
            node.start = node.now;
        }
        node.broken = false;
    }
    struct scenario *old = node.scenario;
    node.scenario = scenario;
    build_view(node.now);
    scenario_free(old);
}

void node_refresh(void)
{
    node.now = clock_now();
    const char *path = scenario_file_path();
    if (node.scenario == NULL && path == NULL) {
        node.scenario = scenario_without_gpus();
        node.start = node.now;
        build_view(node.now);
    } else if (path != NULL && (scenario_file_changed() || node.scenario == NULL)) {
        read_file(path);
    }
    /* One moment at a time: a driver that went and came back between two calls must still be noticed. */
    for (micros moment = next_moment(); moment <= node.now; moment = next_moment()) {
        build_view(moment);
    }
}

void node_wait(micros deadline)
{
    micros moment = next_moment();
    micros until = moment < deadline ? moment : deadline;
    if (until == MICROS_NEVER) {
        pthread_cond_wait(&changed, &lock);
    } else {
        struct timespec time = clock_timespec(until);
        pthread_cond_timedwait(&changed, &lock, &time);
    }
    node_refresh();
}

struct gpu *node_gpu_by_index(unsigned int index)
{
    for (size_t i = 0; i < node.gpu_count; i++) {
        if (node.gpus[i].listed && index-- == 0) {
            return &node.gpus[i];
        }
    }
    return NULL;
}

unsigned int node_listed_gpus(void)
{
    unsigned int count = 0;
    for (size_t i = 0; i < node.gpu_count; i++) {
        count += node.gpus[i].listed;
    }
    return count;
}

int node_index_of(const struct gpu *gpu)
{
    int index = 0;
    for (size_t i = 0; i < node.gpu_count; i++) {
        if (&node.gpus[i] == gpu) {
            return gpu->listed ? index : -1;
        }
        index += node.gpus[i].listed;
    }
    return -1;
}

struct gpu *node_gpu_by_uuid(const char *uuid)
{
    for (size_t i = 0; i < node.gpu_count; i++) {
        if (node.gpus[i].uuid != NULL && strcmp(node.gpus[i].uuid, uuid) == 0) {
            return &node.gpus[i];
        }
    }
    return NULL;
}
