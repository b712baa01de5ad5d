#include "library_state.h"

#include "../node/node.h"

#include <string.h>

static unsigned int references;
static bool ever_initialized;
/* node.driver_losses when the library was initialised. */
static unsigned int losses_at_init;

struct driver_answer {
    const char *state;
    nvmlReturn_t init;
    nvmlReturn_t call;
};

/* docs/scenarios.md, "Driver states". */
static const struct driver_answer driver_answers[] = {
    {"loaded", NVML_SUCCESS, NVML_SUCCESS},
    {"library_missing", NVML_ERROR_LIBRARY_NOT_FOUND, NVML_ERROR_UNINITIALIZED},
    {"not_loaded", NVML_ERROR_DRIVER_NOT_LOADED, NVML_ERROR_UNINITIALIZED},
    {"version_mismatch", NVML_ERROR_LIB_RM_VERSION_MISMATCH, NVML_ERROR_LIB_RM_VERSION_MISMATCH},
    {"no_permission", NVML_ERROR_NO_PERMISSION, NVML_ERROR_NO_PERMISSION},
    {"failed", NVML_ERROR_UNKNOWN, NVML_ERROR_UNKNOWN},
};

static const struct driver_answer *driver_answer(void)
{
    size_t last = sizeof driver_answers / sizeof *driver_answers - 1;
    for (size_t i = 0; i < last; i++) {
        if (strcmp(driver_answers[i].state, node_driver_state()) == 0) {
            return &driver_answers[i];
        }
    }
    return &driver_answers[last];
}

nvmlReturn_t library_condition(void)
{
    if (references == 0) {
        return NVML_ERROR_UNINITIALIZED;
    }
    nvmlReturn_t answer = driver_answer()->call;
    return answer == NVML_SUCCESS && node.driver_losses != losses_at_init ? NVML_ERROR_UNINITIALIZED : answer;
}

static unsigned int gpus_without_persistence(void)
{
    unsigned int count = 0;
    for (size_t i = 0; i < node.gpu_count; i++) {
        const json_t *modes = json_object_get(node.gpus[i].values, "modes");
        count += node.gpus[i].present && !json_is_true(json_object_get(modes, "persistence"));
    }
    return count;
}

nvmlReturn_t library_initialize(void)
{
    /* The driver loads itself for each GPU that nobody keeps awake. */
    if (references == 0 && driver_answer()->init == NVML_SUCCESS) {
        node_pause(node_driver_number("gpu_init_ms", 0) * gpus_without_persistence());
    }
    nvmlReturn_t answer = node.broken ? NVML_ERROR_UNKNOWN : driver_answer()->init;
    if (answer == NVML_SUCCESS && references++ == 0) {
        losses_at_init = node.driver_losses;
        ever_initialized = true;
        node_list_gpus(true);
    }
    return answer;
}

bool library_ever_initialized(void)
{
    return ever_initialized;
}

bool library_release(void)
{
    if (references == 0 || --references > 0) {
        return false;
    }
    node_list_gpus(false);
    return true;
}
