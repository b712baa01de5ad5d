#include "pci.h"

#include "gate.h"

#include <stdio.h>
#include <stdlib.h>

bool pci_parse(const char *text, struct pci_address *address)
{
    char rest;
    *address = (struct pci_address){0};
    return sscanf(text, "%x:%x:%x.%x%c", &address->domain, &address->bus, &address->device, &address->function, &rest)
            == 4
        || sscanf(text, "%x:%x:%x%c", &address->domain, &address->bus, &address->device, &rest) == 3
        || (address->domain = 0,
            sscanf(text, "%x:%x.%x%c", &address->bus, &address->device, &address->function, &rest) == 3);
}

bool pci_address_of(const struct gpu *gpu, struct pci_address *address)
{
    const char *text = gpu_text(gpu, "pci", "bus_id");
    return text != NULL && pci_parse(text, address);
}

static unsigned int hex_number(const struct gpu *gpu, const char *key)
{
    const char *text = gpu_text(gpu, "pci", key);
    return text == NULL ? 0 : (unsigned int)strtoul(text, NULL, 16);
}

static void write_legacy_id(const struct pci_address *address, char *text, size_t size)
{
    snprintf(text, size, "%04X:%02X:%02X.%X", address->domain, address->bus, address->device, address->function);
}

static void write_id(const struct pci_address *address, char *text, size_t size)
{
    snprintf(text, size, "%08X:%02X:%02X.%X", address->domain, address->bus, address->device, address->function);
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetPciInfo_v3, (nvmlPciInfo_t *pci), (pci))
{
    struct pci_address address;
    if (pci == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!pci_address_of(device->gpu, &address)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    *pci = (nvmlPciInfo_t){
        .domain = address.domain,
        .bus = address.bus,
        .device = address.device,
        .pciDeviceId = hex_number(device->gpu, "device_id"),
        .pciSubSystemId = hex_number(device->gpu, "subsystem_id"),
    };
    write_legacy_id(&address, pci->busIdLegacy, sizeof pci->busIdLegacy);
    write_id(&address, pci->busId, sizeof pci->busId);
    return NVML_SUCCESS;
}

static nvmlReturn_t answer_short(const struct gpu *gpu, nvmlPciInfo_v2_t *pci)
{
    struct pci_address address;
    if (pci == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!pci_address_of(gpu, &address)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    *pci = (nvmlPciInfo_v2_t){
        .domain = address.domain,
        .bus = address.bus,
        .device = address.device,
        .pciDeviceId = hex_number(gpu, "device_id"),
        .pciSubSystemId = hex_number(gpu, "subsystem_id"),
    };
    write_legacy_id(&address, pci->busId, sizeof pci->busId);
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetPciInfo_v2, (nvmlPciInfo_v2_t *pci), (pci))
{
    return answer_short(device->gpu, pci);
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetPciInfo, (nvmlPciInfo_v2_t *pci), (pci))
{
    return answer_short(device->gpu, pci);
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetPciInfoExt, (nvmlPciInfoExt_v1_t *pci), (pci))
{
    struct pci_address address;
    if (pci == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (pci->version != nvmlPciInfoExt_v1) {
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    }
    if (!pci_address_of(device->gpu, &address)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    *pci = (nvmlPciInfoExt_v1_t){
        .version = nvmlPciInfoExt_v1,
        .domain = address.domain,
        .bus = address.bus,
        .device = address.device,
        .pciDeviceId = hex_number(device->gpu, "device_id"),
        .pciSubSystemId = hex_number(device->gpu, "subsystem_id"),
        /* Display controller, 3D. */
        .baseClass = 3,
        .subClass = 2,
    };
    write_id(&address, pci->busId, sizeof pci->busId);
    return NVML_SUCCESS;
}

NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetMaxPcieLinkGeneration, "pci", "max_generation", 1)
NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetGpuMaxPcieLinkGeneration, "pci", "device_max_generation", 1)
NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetMaxPcieLinkWidth, "pci", "max_width", 1)
NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetCurrPcieLinkGeneration, "pci", "generation", 1)
NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetCurrPcieLinkWidth, "pci", "width", 1)
NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetPcieLinkMaxSpeed, "pci", "device_max_generation", 1)
NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetPcieReplayCounter, "pci", "replays", 1)

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetPcieSpeed, (unsigned int *speed), (speed))
{
    static const unsigned int megabits[] = {0, 2500, 5000, 8000, 16000, 32000, 64000, 128000};
    unsigned int generation = 0;
    nvmlReturn_t answer = answer_u32(device->gpu, "pci", "generation", 1, &generation);
    if (speed == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (answer == NVML_SUCCESS) {
        *speed = megabits[generation < 8 ? generation : 7];
    }
    return answer;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetPcieThroughput, (unsigned int counter, unsigned int *value), (counter, value))
{
    switch (counter) {
    case 0:
        return answer_u32(device->gpu, "pci", "tx_kb_per_second", 1, value);
    case 1:
        return answer_u32(device->gpu, "pci", "rx_kb_per_second", 1, value);
    default:
        return NVML_ERROR_INVALID_ARGUMENT;
    }
}
