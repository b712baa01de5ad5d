#include "library.h"

#include "event_set.h"
#include "gate.h"
#include "gpm.h"

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

static nvmlReturn_t initialize(void)
{
    nvmlReturn_t answer = node.broken ? NVML_ERROR_UNKNOWN : driver_answer()->init;
    if (answer == NVML_SUCCESS && references++ == 0) {
        losses_at_init = node.driver_losses;
        ever_initialized = true;
    }
    return answer;
}

CALL(NEED_NOTHING, nvmlInit_v2, (void), ())
{
    return initialize();
}

/* Driver 304's: it touches every GPU and fails with the first bad one. */
CALL(NEED_NOTHING, nvmlInit, (void), ())
{
    for (size_t i = 0; i < node.gpu_count && strcmp(node_driver_state(), "loaded") == 0; i++) {
        if (node.gpus[i].present && gpu_condition(&node.gpus[i]) != NVML_SUCCESS) {
            return gpu_condition(&node.gpus[i]);
        }
    }
    return initialize();
}

CALL(NEED_NOTHING, nvmlInitWithFlags, (unsigned int flags), (flags))
{
    return flags > 7 ? NVML_ERROR_INVALID_ARGUMENT : initialize();
}

/* It succeeds whatever became of the driver: a program must be able to get back to the start. */
CALL(NEED_NOTHING, nvmlShutdown, (void), ())
{
    if (!ever_initialized) {
        return NVML_ERROR_UNINITIALIZED;
    }
    if (references > 0 && --references == 0) {
        handles_expire();
        event_sets_drop_all();
        gpm_forget();
        node_wake();
    }
    return NVML_SUCCESS;
}

EXPORT const char *nvmlErrorString(nvmlReturn_t code)
{
    static struct call_site site = {.function = "nvmlErrorString"};
    static const char *const texts[] = {
        "Success", "Uninitialized", "Invalid Argument", "Not Supported", "Insufficient Permissions",
        "Already Initialized", "Not Found", "Insufficient Size", "Insufficient External Power", "Driver Not Loaded",
        "Timeout", "Interrupt Request Issue", "NVML Shared Library Not Found", "Function Not Found",
        "Corrupted infoROM", "GPU is lost", "GPU requires reset", "GPU access blocked by the operating system",
        "Driver/library version mismatch", "In use by another client", "Insufficient Memory", "No data",
        "vGPU ECC not supported", "Insufficient Resources", "Frequency not supported", "Argument version mismatch",
        "Deprecated", "System is not in ready state", "GPU not found", "Invalid state", "Reset type not supported",
    };
    nvmlReturn_t ignored;
    gate_enter(&site, NEED_NOTHING, &ignored);
    gate_leave(NVML_SUCCESS);
    return (unsigned int)code < sizeof texts / sizeof *texts ? texts[code] : "Unknown Error";
}

/* nvidia-smi's private door; nothing is behind it. */
CALL(NEED_NOTHING, nvmlInternalGetExportTable, (const void **table, const void *id), (table, id))
{
    (void)id;
    if (table != NULL) {
        *table = NULL;
    }
    return NVML_ERROR_NOT_SUPPORTED;
}
