#include "gate.h"

#include "../node/fault.h"
#include "../node/keeper.h"
#include "library_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *state;
    nvmlReturn_t code;
} conditions[] = {
    {"ok", NVML_SUCCESS},
    {"lost", NVML_ERROR_GPU_IS_LOST},
    {"reset_required", NVML_ERROR_RESET_REQUIRED},
    {"no_permission", NVML_ERROR_NO_PERMISSION},
    {"insufficient_power", NVML_ERROR_INSUFFICIENT_POWER},
    {"irq_issue", NVML_ERROR_IRQ_ISSUE},
    {"operating_system", NVML_ERROR_OPERATING_SYSTEM},
    {"timeout", NVML_ERROR_TIMEOUT},
    {"in_use", NVML_ERROR_IN_USE},
    {"insufficient_resources", NVML_ERROR_INSUFFICIENT_RESOURCES},
};

nvmlReturn_t gpu_condition(const struct gpu *gpu)
{
    if (!gpu->present) {
        return NVML_ERROR_GPU_IS_LOST;
    }
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        if (strcmp(conditions[i].state, gpu->state) == 0) {
            return conditions[i].code;
        }
    }
    return NVML_ERROR_UNKNOWN;
}

void gate_begin(struct call_site *site, enum need need)
{
    keeper_start();
    node_lock();
    node_refresh();
    counts_add(site);
    if (need != NEED_NOTHING) {
        node_wait_for_driver();
    }
}

static bool strikes(const char *function, int gpu, nvmlReturn_t *result)
{
    struct fault fault;
    if (!fault_of(function, gpu, -1, &fault)) {
        return false;
    }
    fault_suffer(&fault);
    *result = (nvmlReturn_t)fault.code;
    return fault.has_code;
}

static void abort_if_strict(const char *function)
{
    const char *strict = getenv("HWMOCKS_STRICT");
    if (strict != NULL && strcmp(strict, "1") == 0) {
        fprintf(stderr, "hwmocks: %s is not implemented (HWMOCKS_STRICT=1)\n", function);
        fflush(stderr);
        node_unlock();
        counts_write();
        abort();
    }
}

bool gate_enter(struct call_site *site, enum need need, nvmlReturn_t *result)
{
    gate_begin(site, need);
    return gate_pass(site, need, SELECT_NONE, result);
}

bool gate_pass(struct call_site *site, enum need need, int gpu, nvmlReturn_t *result)
{
    if (strikes(site->function, gpu, result)) {
        return false;
    }
    if (need == NEED_IMPLEMENTATION) {
        abort_if_strict(site->function);
    }
    *result = need <= NEED_DRIVER ? NVML_SUCCESS : library_condition();
    return *result == NVML_SUCCESS;
}

static bool in_scope(enum scope scope, const struct device *device)
{
    switch (scope) {
    case SCOPE_GPU:
        return device->instance == NULL;
    case SCOPE_GPU_WITHOUT_MIG:
        return device->instance == NULL && !gpu_mig_enabled(device->gpu);
    case SCOPE_MIG:
        return device->instance != NULL;
    default:
        return true;
    }
}

/* Without persistence mode the driver lets go of a GPU that nobody asks, and the next call loads it again. */
static void wake_up(const struct gpu *gpu)
{
    static struct ledger last_calls;
    bool kept = false;
    double idle = node_driver_number("idle_seconds", 0);
    struct ledger_line *last = ledger_line_of(&last_calls, gpu->uuid, node.now);
    gpu_flag(gpu, "modes", "persistence", &kept);
    bool asleep = idle > 0 && !kept && node.now - last->first_seen > clock_from_seconds(idle);
    last->first_seen = node.now;
    if (asleep) {
        node_pause(node_driver_number("gpu_init_ms", 0));
        last->first_seen = node.now;
    }
}

bool gate_enter_device(struct call_site *site, enum scope scope, nvmlDevice_t handle, struct device *device,
    nvmlReturn_t *result)
{
    gate_begin(site, NEED_INIT);
    bool known = device_of(handle, device);
    if (strikes(site->function, known ? device->gpu->position : SELECT_NONE, result)) {
        return false;
    }
    if (device_of(handle, device)) {
        wake_up(device->gpu);
    }
    *result = library_condition();
    /* A delay or a hang lets the lock go: the device may be another one, or gone, since. */
    if (*result == NVML_SUCCESS && !device_of(handle, device)) {
        *result = NVML_ERROR_INVALID_ARGUMENT;
    }
    if (*result == NVML_SUCCESS) {
        *result = gpu_condition(device->gpu);
    }
    if (*result == NVML_SUCCESS && !in_scope(scope, device)) {
        *result = NVML_ERROR_NOT_SUPPORTED;
    }
    return *result == NVML_SUCCESS;
}

nvmlReturn_t gate_leave(nvmlReturn_t result)
{
    node_unlock();
    return result;
}
