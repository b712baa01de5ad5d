#include "gate.h"
#include "pci.h"

#include <string.h>

CALL(NEED_INIT, nvmlDeviceGetCount_v2, (unsigned int *count), (count))
{
    if (count == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    *count = node_listed_gpus();
    return NVML_SUCCESS;
}

/* Driver 304's count and index leave out what the process may not open. */
static bool is_accessible(const struct gpu *gpu)
{
    return gpu->listed && gpu_condition(gpu) != NVML_ERROR_NO_PERMISSION;
}

CALL(NEED_INIT, nvmlDeviceGetCount, (unsigned int *count), (count))
{
    if (count == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    *count = 0;
    for (size_t i = 0; i < node.gpu_count; i++) {
        *count += is_accessible(&node.gpus[i]);
    }
    return NVML_SUCCESS;
}

/* A GPU that is lost or locked gets no handle: nvidia-smi says "Unable to determine the device handle" then. */
static nvmlReturn_t hand_out(const struct gpu *gpu, nvmlReturn_t unknown, nvmlDevice_t *device)
{
    if (device == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (gpu == NULL || !gpu->listed) {
        return unknown;
    }
    nvmlReturn_t condition = gpu_condition(gpu);
    if (condition == NVML_SUCCESS) {
        *device = handle_of_gpu(gpu);
    }
    return condition;
}

static int position_of(const struct gpu *gpu)
{
    return gpu == NULL ? SELECT_NONE : gpu->position;
}

LOOKUP_CALL(position_of(node_gpu_by_index(index)), nvmlDeviceGetHandleByIndex_v2,
    (unsigned int index, nvmlDevice_t *device), (index, device))
{
    return hand_out(node_gpu_by_index(index), NVML_ERROR_INVALID_ARGUMENT, device);
}

static const struct gpu *accessible_gpu(unsigned int index)
{
    for (size_t i = 0; i < node.gpu_count; i++) {
        if (is_accessible(&node.gpus[i]) && index-- == 0) {
            return &node.gpus[i];
        }
    }
    return NULL;
}

LOOKUP_CALL(position_of(accessible_gpu(index)), nvmlDeviceGetHandleByIndex,
    (unsigned int index, nvmlDevice_t *device), (index, device))
{
    return hand_out(accessible_gpu(index), NVML_ERROR_INVALID_ARGUMENT, device);
}

static int position_by_uuid(const char *uuid)
{
    struct device found;
    return uuid != NULL && device_by_uuid(uuid, &found) ? found.gpu->position : SELECT_NONE;
}

static nvmlReturn_t by_uuid(const char *uuid, nvmlDevice_t *device)
{
    struct device found;
    if (uuid == NULL || device == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!device_by_uuid(uuid, &found) || !found.gpu->listed) {
        return NVML_ERROR_NOT_FOUND;
    }
    nvmlReturn_t condition = gpu_condition(found.gpu);
    if (condition == NVML_SUCCESS) {
        *device = handle_make(HANDLE_DEVICE, uuid);
    }
    return condition;
}

LOOKUP_CALL(position_by_uuid(uuid), nvmlDeviceGetHandleByUUID, (const char *uuid, nvmlDevice_t *device), (uuid, device))
{
    return by_uuid(uuid, device);
}

static nvmlReturn_t by_binary_uuid(const unsigned char *wanted, nvmlDevice_t *device)
{
    for (size_t i = 0; i < node.gpu_count; i++) {
        unsigned char bytes[16];
        hex_to_bytes(node.gpus[i].uuid + strcspn(node.gpus[i].uuid, "-"), bytes, sizeof bytes);
        if (memcmp(bytes, wanted, sizeof bytes) == 0) {
            return by_uuid(node.gpus[i].uuid, device);
        }
    }
    return NVML_ERROR_NOT_FOUND;
}

CALL(NEED_INIT, nvmlDeviceGetHandleByUUIDV, (const nvmlUUID_v1_t *uuid, nvmlDevice_t *device), (uuid, device))
{
    if (uuid == NULL || device == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (uuid->version != nvmlUUID_v1) {
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    }
    switch (uuid->type) {
    case 1:
        return memchr(uuid->value.str, '\0', sizeof uuid->value.str) == NULL
            ? NVML_ERROR_INVALID_ARGUMENT
            : by_uuid(uuid->value.str, device);
    case 2:
        return by_binary_uuid(uuid->value.bytes, device);
    default:
        return NVML_ERROR_INVALID_ARGUMENT;
    }
}

static const struct gpu *gpu_at(const char *bus_id)
{
    struct pci_address wanted;
    for (size_t i = 0; bus_id != NULL && pci_parse(bus_id, &wanted) && i < node.gpu_count; i++) {
        struct pci_address address;
        if (node.gpus[i].listed && pci_address_of(&node.gpus[i], &address) && address.domain == wanted.domain
            && address.bus == wanted.bus && address.device == wanted.device) {
            return &node.gpus[i];
        }
    }
    return NULL;
}

static nvmlReturn_t by_bus_id(const char *bus_id, nvmlDevice_t *device)
{
    struct pci_address wanted;
    return bus_id == NULL || !pci_parse(bus_id, &wanted)
        ? NVML_ERROR_INVALID_ARGUMENT
        : hand_out(gpu_at(bus_id), NVML_ERROR_NOT_FOUND, device);
}

LOOKUP_CALL(position_of(gpu_at(bus_id)), nvmlDeviceGetHandleByPciBusId_v2, (const char *bus_id, nvmlDevice_t *device),
    (bus_id, device))
{
    return by_bus_id(bus_id, device);
}

LOOKUP_CALL(position_of(gpu_at(bus_id)), nvmlDeviceGetHandleByPciBusId, (const char *bus_id, nvmlDevice_t *device),
    (bus_id, device))
{
    nvmlReturn_t answer = by_bus_id(bus_id, device);
    return answer == NVML_ERROR_NO_PERMISSION ? NVML_ERROR_NOT_FOUND : answer;
}

static const struct gpu *gpu_with_serial(const char *serial)
{
    for (size_t i = 0; serial != NULL && i < node.gpu_count; i++) {
        const char *own = gpu_text(&node.gpus[i], "identity", "serial");
        if (own != NULL && node.gpus[i].listed && strcmp(own, serial) == 0) {
            return &node.gpus[i];
        }
    }
    return NULL;
}

LOOKUP_CALL(position_of(gpu_with_serial(serial)), nvmlDeviceGetHandleBySerial,
    (const char *serial, nvmlDevice_t *device), (serial, device))
{
    return serial == NULL
        ? NVML_ERROR_INVALID_ARGUMENT
        : hand_out(gpu_with_serial(serial), NVML_ERROR_NOT_FOUND, device);
}

DEVICE_CALL(SCOPE_ANY, nvmlDeviceGetIndex, (unsigned int *index), (index))
{
    if (index == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    *index = device->instance == NULL
        ? (unsigned int)node_index_of(device->gpu)
        : (unsigned int)json_number_value(json_object_get(device->instance, "slot"));
    return NVML_SUCCESS;
}
