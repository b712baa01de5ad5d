#ifndef HWMOCKS_HANDLES_H
#define HWMOCKS_HANDLES_H

#include "../nvml_abi.h"
#include "../node/values.h"

enum handle_kind {
    HANDLE_DEVICE = 1,
    HANDLE_GPU_INSTANCE,
    HANDLE_COMPUTE_INSTANCE,
    HANDLE_EVENT_SET,
    HANDLE_SYSTEM_EVENT_SET,
    HANDLE_GPM_SAMPLE,
};

/*
 * A handle is a token made of its kind, the library generation and the number of a text (a UUID and the like). It is
 * never followed, so a stale, foreign or random one is noticed instead of crashing the program under test.
 */
void *handle_make(enum handle_kind kind, const char *text);

/* The text; NULL: not a handle of that kind and of this generation. */
const char *handle_text(enum handle_kind kind, const void *handle);

/* From now on every handle made so far is stale. */
void handles_expire(void);

/* What a device handle stands for now. */
struct device {
    struct gpu *gpu;
    /* The MIG device; NULL: the physical GPU. */
    const json_t *instance;
};

nvmlDevice_t handle_of_gpu(const struct gpu *gpu);
nvmlDevice_t handle_of_instance(const struct gpu *gpu, const json_t *instance);

bool device_by_uuid(const char *uuid, struct device *device);

/* False: no device behind it (any more). A GPU that has left the bus is one still. */
bool device_of(nvmlDevice_t handle, struct device *device);

#endif
