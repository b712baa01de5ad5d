#include "driver.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

CUDA_CALL(NEED_INIT, NO_DEVICE, cuDeviceGetCount, (int *count), (count))
{
    if (count == NULL) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    *count = cuda_device_count();
    return CUDA_SUCCESS;
}

CUDA_CALL(NEED_INIT, ordinal, cuDeviceGet, (CUdevice *device, int ordinal), (device, ordinal))
{
    if (device == NULL) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (ordinal < 0 || ordinal >= cuda_device_count()) {
        return CUDA_ERROR_INVALID_DEVICE;
    }
    *device = ordinal;
    return CUDA_SUCCESS;
}

/* Cut where the buffer ends. */
CUDA_CALL(NEED_INIT, device, cuDeviceGetName, (char *text, int length, CUdevice device), (text, length, device))
{
    const struct gpu *gpu;
    const json_t *instance;
    if (text == NULL || length <= 0) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (!cuda_device(device, &gpu, &instance)) {
        return CUDA_ERROR_INVALID_DEVICE;
    }
    const char *name = instance == NULL
        ? gpu_text(gpu, "identity", "name")
        : json_string_value(json_object_get(instance, "name"));
    snprintf(text, (size_t)length, "%s", name == NULL ? "" : name);
    return CUDA_SUCCESS;
}

static void uuid_bytes(const char *text, CUuuid *uuid)
{
    size_t digits = 0;
    memset(uuid, 0, sizeof *uuid);
    for (text += strcspn(text, "-"); *text != '\0' && digits < 32; text++) {
        unsigned int digit;
        if (isxdigit((unsigned char)*text) && sscanf((char[]){*text, '\0'}, "%x", &digit) == 1) {
            uuid->bytes[digits / 2] |= (unsigned char)(digits % 2 == 0 ? digit << 4 : digit);
            digits++;
        }
    }
}

static CUresult answer_uuid(CUuuid *uuid, CUdevice device, bool of_instance)
{
    const struct gpu *gpu;
    const json_t *instance;
    if (uuid == NULL) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (!cuda_device(device, &gpu, &instance)) {
        return CUDA_ERROR_INVALID_DEVICE;
    }
    bool own = of_instance && instance != NULL;
    uuid_bytes(own ? json_string_value(json_object_get(instance, "uuid")) : gpu->uuid, uuid);
    return CUDA_SUCCESS;
}

/* The physical GPU's; version 2 gives a MIG device its own. */
CUDA_CALL(NEED_INIT, device, cuDeviceGetUuid, (CUuuid *uuid, CUdevice device), (uuid, device))
{
    return answer_uuid(uuid, device, false);
}

CUDA_CALL(NEED_INIT, device, cuDeviceGetUuid_v2, (CUuuid *uuid, CUdevice device), (uuid, device))
{
    return answer_uuid(uuid, device, true);
}

static bool bus_address(const struct gpu *gpu, unsigned int *parts)
{
    const char *text = gpu_text(gpu, "pci", "bus_id");
    return text != NULL && sscanf(text, "%x:%x:%x", &parts[0], &parts[1], &parts[2]) == 3;
}

CUDA_CALL(NEED_INIT, device, cuDeviceGetPCIBusId, (char *text, int length, CUdevice device), (text, length, device))
{
    const struct gpu *gpu;
    const json_t *instance;
    unsigned int parts[3];
    if (text == NULL || length < 13) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (!cuda_device(device, &gpu, &instance) || !bus_address(gpu, parts)) {
        return CUDA_ERROR_INVALID_DEVICE;
    }
    snprintf(text, (size_t)length, "%04X:%02X:%02X.0", parts[0], parts[1], parts[2]);
    return CUDA_SUCCESS;
}

CUDA_CALL(NEED_INIT, NO_DEVICE, cuDeviceGetByPCIBusId, (CUdevice *device, const char *text), (device, text))
{
    unsigned int wanted[3];
    if (device == NULL || text == NULL || sscanf(text, "%x:%x:%x", &wanted[0], &wanted[1], &wanted[2]) != 3) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    for (int i = 0; i < cuda_device_count(); i++) {
        const struct gpu *gpu;
        const json_t *instance;
        unsigned int parts[3];
        if (cuda_device(i, &gpu, &instance) && bus_address(gpu, parts) && memcmp(parts, wanted, sizeof parts) == 0) {
            *device = i;
            return CUDA_SUCCESS;
        }
    }
    return CUDA_ERROR_INVALID_DEVICE;
}

/* Windows only. */
CUDA_CALL(NEED_INIT, device, cuDeviceGetLuid, (char *luid, unsigned int *mask, CUdevice device), (luid, mask, device))
{
    (void)luid;
    (void)mask;
    (void)device;
    return CUDA_ERROR_NOT_SUPPORTED;
}
