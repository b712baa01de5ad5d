/*
 * A libnvidia-ml.so.1 that answers SUCCESS with rubbish, which no scenario can say: what a sick driver or a foreign
 * library of that name might do. GPU 0 has a UUID without an end, GPU 1 a good UUID and everything else bad, GPU 2 is
 * well.
 */
#include "../nvml_abi.h"

#include <stdint.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define ENORMOUS 0xFFFFFFFFu

#pragma GCC diagnostic ignored "-Wunused-parameter"

static int index_of(nvmlDevice_t device)
{
    return (int)(uintptr_t)device - 1;
}

/* Every byte of the buffer and no terminator. */
static nvmlReturn_t without_end(char *text, unsigned int length)
{
    memset(text, 'A', length);
    return NVML_SUCCESS;
}

static nvmlReturn_t with_end(const char *source, char *text, unsigned int length)
{
    if (strlen(source) >= length) {
        return NVML_ERROR_INSUFFICIENT_SIZE;
    }
    strcpy(text, source);
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlInit_v2(void)
{
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlShutdown(void)
{
    return NVML_SUCCESS;
}

EXPORT const char *nvmlErrorString(nvmlReturn_t code)
{
    return NULL;
}

EXPORT nvmlReturn_t nvmlSystemGetDriverVersion(char *text, unsigned int length)
{
    return without_end(text, length);
}

EXPORT nvmlReturn_t nvmlSystemGetCudaDriverVersion_v2(int *version)
{
    *version = -1;
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *count)
{
    *count = 3;
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device)
{
    *device = (nvmlDevice_t)(uintptr_t)(index + 1);
    return index < 3 ? NVML_SUCCESS : NVML_ERROR_INVALID_ARGUMENT;
}

EXPORT nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *text, unsigned int length)
{
    static const char *const uuids[] = {
        NULL, "GPU-00000001-0000-0000-0000-000000000001", "GPU-00000002-0000-0000-0000-000000000002",
    };
    return index_of(device) == 0 ? without_end(text, length) : with_end(uuids[index_of(device)], text, length);
}

/* No UTF-8, a slash, an escape sequence and a line end. */
EXPORT nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *text, unsigned int length)
{
    return with_end(index_of(device) == 2 ? "NVIDIA Sound" : "\xC3\x28 ../\x1B[31m\xFF\n", text, length);
}

EXPORT nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t *pci)
{
    memset(pci, index_of(device) == 2 ? 0 : 0xEE, sizeof *pci);
    if (index_of(device) == 2) {
        pci->bus = 2;
        strcpy(pci->busId, "00000000:02:00.0");
        strcpy(pci->busIdLegacy, "0000:02:00.0");
    }
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory)
{
    *memory = index_of(device) == 2
        ? (nvmlMemory_t){.total = 16ull << 30, .free = 12ull << 30, .used = 4ull << 30}
        : (nvmlMemory_t){.total = 1, .free = ~0ull, .used = ~0ull};
    return NVML_SUCCESS;
}

/* Always more than the caller has room for. */
#define ENDLESS_LIST(name)                                                                       \
    EXPORT nvmlReturn_t name(nvmlDevice_t device, unsigned int *count, void *list)               \
    {                                                                                            \
        *count = index_of(device) == 2 ? 0 : ENORMOUS;                                           \
        return index_of(device) == 2 ? NVML_SUCCESS : NVML_ERROR_INSUFFICIENT_SIZE;              \
    }

ENDLESS_LIST(nvmlDeviceGetComputeRunningProcesses_v3)
ENDLESS_LIST(nvmlDeviceGetGraphicsRunningProcesses_v3)
ENDLESS_LIST(nvmlDeviceGetMPSComputeRunningProcesses_v3)
ENDLESS_LIST(nvmlDeviceGetSupportedMemoryClocks)

#define ENORMOUS_NUMBER(name)                                                                    \
    EXPORT nvmlReturn_t name(nvmlDevice_t device, unsigned int *value)                           \
    {                                                                                            \
        *value = ENORMOUS;                                                                       \
        return index_of(device) == 2 ? NVML_ERROR_NOT_SUPPORTED : NVML_SUCCESS;                  \
    }

ENORMOUS_NUMBER(nvmlDeviceGetMaxMigDeviceCount)
ENORMOUS_NUMBER(nvmlDeviceGetPowerUsage)
ENORMOUS_NUMBER(nvmlDeviceGetEnforcedPowerLimit)
ENORMOUS_NUMBER(nvmlDeviceGetMaxPcieLinkGeneration)
ENORMOUS_NUMBER(nvmlDeviceGetMaxPcieLinkWidth)
ENORMOUS_NUMBER(nvmlDeviceGetBrand)
ENORMOUS_NUMBER(nvmlDeviceGetArchitecture)
ENORMOUS_NUMBER(nvmlDeviceGetPersistenceMode)
ENORMOUS_NUMBER(nvmlDeviceGetDisplayMode)
ENORMOUS_NUMBER(nvmlDeviceGetComputeMode)
ENORMOUS_NUMBER(nvmlDeviceGetPerformanceState)

EXPORT nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t device, unsigned int *current, unsigned int *pending)
{
    *current = *pending = 1;
    return index_of(device) == 2 ? NVML_ERROR_NOT_SUPPORTED : NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t device, unsigned int slot, nvmlDevice_t *mig)
{
    return NVML_ERROR_NOT_FOUND;
}

EXPORT nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *utilization)
{
    *utilization = (nvmlUtilization_t){.gpu = ENORMOUS, .memory = ENORMOUS};
    return index_of(device) == 2 ? NVML_ERROR_NOT_SUPPORTED : NVML_SUCCESS;
}

/* Entries with a type and a code that do not exist; every other entry is left as the caller made it. */
EXPORT nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t device, int count, nvmlFieldValue_t *values)
{
    for (int i = 0; i < count; i += 2) {
        values[i].valueType = 77;
        values[i].nvmlReturn = index_of(device) == 2 ? (int)NVML_ERROR_NOT_SUPPORTED : i % 4 == 0 ? 0 : 12345;
        values[i].value.ullVal = ~0ull;
    }
    return NVML_SUCCESS;
}
