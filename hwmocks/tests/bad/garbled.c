/*
 * A library that looks like NVML and cannot be trusted. GPU 0 is sound. GPU 1 fills the buffer of its UUID to the end,
 * GPU 2 has a UUID and lies about everything else, GPU 3 answers with codes that nobody knows.
 */
#include "../../nvml_abi.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef GPU_COUNT
#define GPU_COUNT 4
#endif

#define EXPORT(...) \
    __attribute__((visibility("default"))) int __VA_ARGS__; \
    int __VA_ARGS__

enum { SUCCESS = 0, INVALID_ARGUMENT = 2, INSUFFICIENT_SIZE = 7, NOBODY_KNOWS = 4711 };

static int position(nvmlDevice_t device)
{
    return (int)(intptr_t)device - 1;
}

/* Neither ended by NUL nor UTF-8. */
static int lie(void *buffer, size_t size)
{
    memset(buffer, 0xC3, size);
    return SUCCESS;
}

EXPORT(nvmlInit_v2(void))
{
    return SUCCESS;
}

EXPORT(nvmlShutdown(void))
{
    return SUCCESS;
}

EXPORT(nvmlSystemGetDriverVersion(char *version, unsigned int length))
{
    return lie(version, length);
}

EXPORT(nvmlDeviceGetCount_v2(unsigned int *count))
{
    *count = GPU_COUNT;
    return SUCCESS;
}

EXPORT(nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device))
{
    *device = (nvmlDevice_t)(intptr_t)(index + 1);
    return index < 4 ? SUCCESS : INVALID_ARGUMENT;
}

EXPORT(nvmlDeviceGetUUID(nvmlDevice_t device, char *uuid, unsigned int length))
{
    int gpu = position(device);
    if (gpu == 0 || gpu == 2) {
        snprintf(uuid, length, "GPU-0bad0bad-0000-0000-0000-00000000000%d", gpu);
        return SUCCESS;
    }
    return gpu == 3 ? NOBODY_KNOWS : lie(uuid, length);
}

EXPORT(nvmlDeviceGetName(nvmlDevice_t device, char *name, unsigned int length))
{
    if (position(device) != 0) {
        return lie(name, length);
    }
    snprintf(name, length, "Sound GPU");
    return SUCCESS;
}

EXPORT(nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t *pci))
{
    if (position(device) != 0) {
        return lie(pci, sizeof *pci);
    }
    memset(pci, 0, sizeof *pci);
    pci->bus = 0x3b;
    return SUCCESS;
}

EXPORT(nvmlDeviceGetGspFirmwareVersion(nvmlDevice_t device, char *version))
{
    (void)device;
    return lie(version, 64);
}

EXPORT(nvmlDeviceGetTemperature(nvmlDevice_t device, int sensor, unsigned int *degrees))
{
    (void)sensor;
    *degrees = 40;
    return position(device) == 0 ? SUCCESS : lie(degrees, sizeof *degrees);
}

EXPORT(nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory))
{
    *memory = (nvmlMemory_t){.total = 16ull << 30, .free = 15ull << 30, .used = 1ull << 30};
    return position(device) == 0 ? SUCCESS : lie(memory, sizeof *memory);
}

/* Entries of no known type, one of which claims to be a double that is not a number. */
EXPORT(nvmlDeviceGetFieldValues(nvmlDevice_t device, int count, nvmlFieldValue_t *values))
{
    for (int i = 0; i < count; i++) {
        values[i].nvmlReturn = position(device) == 0 ? 3 : SUCCESS;
        values[i].valueType = i == 0 ? 0 : 0x7F7F7F7F;
        memset(&values[i].value, 0xFF, sizeof values[i].value);
    }
    return SUCCESS;
}

/* Nobody has room for so many, and most who try to make some end there. */
static int too_many(nvmlDevice_t device, unsigned int *count)
{
    *count = position(device) == 0 ? 0 : 0xFFFFFFFFu;
    return position(device) == 0 ? SUCCESS : INSUFFICIENT_SIZE;
}

EXPORT(nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t device, unsigned int *count, void *processes))
{
    (void)processes;
    return too_many(device, count);
}

EXPORT(nvmlDeviceGetGraphicsRunningProcesses_v3(nvmlDevice_t device, unsigned int *count, void *processes))
{
    (void)processes;
    return too_many(device, count);
}

EXPORT(nvmlDeviceGetMigMode(nvmlDevice_t device, unsigned int *current, unsigned int *pending))
{
    *current = *pending = position(device) == 2;
    return SUCCESS;
}

EXPORT(nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t device, unsigned int *count))
{
    (void)device;
    *count = 1000000;
    return SUCCESS;
}

/* Slots without end, whose devices have no name that could be read. */
EXPORT(nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t device, unsigned int slot, nvmlDevice_t *mig))
{
    *mig = (nvmlDevice_t)(intptr_t)(0x100 + slot);
    return position(device) == 2 ? SUCCESS : INVALID_ARGUMENT;
}
