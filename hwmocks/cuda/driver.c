#include "driver.h"

#include "../node/fault.h"
#include "../node/keeper.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct ordinal ordinals[MOST_DEVICES];
static size_t ordinal_count;
static bool initialized;

static int position_of(CUdevice device)
{
    const struct gpu *gpu;
    const json_t *instance;
    return cuda_device(device, &gpu, &instance) ? gpu->position : SELECT_NONE;
}

bool cuda_enter(struct call_site *site, enum need need, CUdevice device, CUresult *result)
{
    struct fault fault;
    keeper_start();
    node_lock();
    node_refresh();
    counts_add(site);
    if (fault_of(site->function, position_of(device), -1, &fault)) {
        fault_suffer(&fault);
        *result = (CUresult)fault.code;
        if (fault.has_code) {
            return false;
        }
    }
    *result = need == NEED_INIT && !initialized ? CUDA_ERROR_NOT_INITIALIZED : CUDA_SUCCESS;
    return *result == CUDA_SUCCESS;
}

CUresult cuda_leave(CUresult result)
{
    node_unlock();
    return result;
}

bool cuda_device(CUdevice device, const struct gpu **gpu, const json_t **instance)
{
    *gpu = device < 0 || (size_t)device >= ordinal_count ? NULL : node_gpu_by_uuid(ordinals[device].gpu);
    *instance = NULL;
    if (*gpu == NULL || ordinals[device].instance[0] == '\0') {
        return *gpu != NULL;
    }
    size_t index;
    const json_t *one;
    json_array_foreach(gpu_instances(*gpu), index, one) {
        if (strcmp(json_string_value(json_object_get(one, "uuid")), ordinals[device].instance) == 0) {
            *instance = one;
            return true;
        }
    }
    return false;
}

int cuda_device_count(void)
{
    return (int)ordinal_count;
}

static CUresult driver_result(void)
{
    static const struct {
        const char *state;
        CUresult result;
    } results[] = {
        {"loaded", CUDA_SUCCESS},
        {"library_missing", CUDA_ERROR_NO_DEVICE},
        {"not_loaded", CUDA_ERROR_NO_DEVICE},
        {"no_permission", CUDA_ERROR_NO_DEVICE},
        {"version_mismatch", CUDA_ERROR_SYSTEM_DRIVER_MISMATCH},
    };
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        if (strcmp(results[i].state, node_driver_state()) == 0) {
            return results[i].result;
        }
    }
    return CUDA_ERROR_UNKNOWN;
}

/*
 * CUDA asks the MPS daemon of its pipe directory for a server, and waits for as long as that one serves another user. Here the
 * daemon is whatever has the name of its control pipe.
 */
static void wait_for_mps(void)
{
    const char *folder = getenv("CUDA_MPS_PIPE_DIRECTORY");
    char control[PATH_MAX];
    snprintf(control, sizeof control, "%s/control", folder != NULL ? folder : "/tmp/nvidia-mps");
    while (node_driver_flag("mps_waits") && access(control, F_OK) == 0) {
        node_pause(20);
    }
}

/* The environment is read by the first call that succeeds; the devices stay what they were then. */
CUDA_CALL(NEED_NOTHING, NO_DEVICE, cuInit, (unsigned int flags), (flags))
{
    if (flags != 0) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (initialized) {
        return CUDA_SUCCESS;
    }
    wait_for_mps();
    CUresult result = node.broken ? CUDA_ERROR_UNKNOWN : driver_result();
    if (result != CUDA_SUCCESS) {
        return result;
    }
    ordinal_count = ordinals_find(ordinals);
    initialized = ordinal_count > 0;
    return initialized ? CUDA_SUCCESS : CUDA_ERROR_NO_DEVICE;
}

CUDA_CALL(NEED_NOTHING, NO_DEVICE, cuDriverGetVersion, (int *version), (version))
{
    const char *text = json_string_value(json_object_get(node.driver, "cuda_version"));
    int major;
    int minor;
    if (version == NULL) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (text == NULL || sscanf(text, "%d.%d", &major, &minor) != 2) {
        return CUDA_ERROR_NOT_SUPPORTED;
    }
    *version = 1000 * major + 10 * minor;
    return CUDA_SUCCESS;
}
