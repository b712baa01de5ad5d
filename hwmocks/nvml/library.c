#include "event_set.h"
#include "gate.h"
#include "gpm.h"
#include "library_state.h"

#include <string.h>

CALL(NEED_DRIVER, nvmlInit_v2, (void), ())
{
    return library_initialize();
}

/* Driver 304's: it touches every GPU and fails with the first bad one. */
CALL(NEED_DRIVER, nvmlInit, (void), ())
{
    for (size_t i = 0; i < node.gpu_count && strcmp(node_driver_state(), "loaded") == 0; i++) {
        if (node.gpus[i].present && gpu_condition(&node.gpus[i]) != NVML_SUCCESS) {
            return gpu_condition(&node.gpus[i]);
        }
    }
    return library_initialize();
}

CALL(NEED_DRIVER, nvmlInitWithFlags, (unsigned int flags), (flags))
{
    return flags > 7 ? NVML_ERROR_INVALID_ARGUMENT : library_initialize();
}

/* It succeeds whatever became of the driver: a program must be able to get back to the start. */
CALL(NEED_DRIVER, nvmlShutdown, (void), ())
{
    if (!library_ever_initialized()) {
        return NVML_ERROR_UNINITIALIZED;
    }
    if (library_release()) {
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
