#include "gate.h"

#include <string.h>

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetMigMode, (unsigned int *current, unsigned int *pending), (current, pending))
{
    if (pending == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    nvmlReturn_t answer = answer_flag(device->gpu, "mig", "enabled", current);
    if (answer == NVML_SUCCESS && answer_flag(device->gpu, "mig", "enabled_pending", pending) != NVML_SUCCESS) {
        *pending = *current;
    }
    return answer;
}

static unsigned int slots_of(const struct gpu *gpu)
{
    double slots;
    return gpu_mig_enabled(gpu) && gpu_number(gpu, "mig", "max_instances", &slots) ? (unsigned int)slots : 0;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetMaxMigDeviceCount, (unsigned int *count), (count))
{
    if (count == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    *count = slots_of(device->gpu);
    return NVML_SUCCESS;
}

static unsigned int id_of(const json_t *instance, const char *key)
{
    return (unsigned int)json_number_value(json_object_get(instance, key));
}

/* Slots may have gaps: an empty one is NOT_FOUND, one past the last INVALID_ARGUMENT. */
DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetMigDeviceHandleByIndex, (unsigned int slot, nvmlDevice_t *mig), (slot, mig))
{
    size_t index;
    const json_t *instance;
    if (mig == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (gpu_value(device->gpu, "mig", "enabled") == NULL) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    json_array_foreach(gpu_instances(device->gpu), index, instance) {
        if (id_of(instance, "slot") == slot) {
            *mig = handle_of_instance(device->gpu, instance);
            return NVML_SUCCESS;
        }
    }
    unsigned int slots = slots_of(device->gpu);
    return slots == 0 || slot < slots ? NVML_ERROR_NOT_FOUND : NVML_ERROR_INVALID_ARGUMENT;
}

DEVICE_CALL(SCOPE_ANY, nvmlDeviceIsMigDeviceHandle, (unsigned int *is_mig), (is_mig))
{
    if (is_mig == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    *is_mig = device->instance != NULL;
    return NVML_SUCCESS;
}

/* The official plugin asks this of every handle and takes INVALID_ARGUMENT for "a GPU". */
DEVICE_CALL(SCOPE_ANY, nvmlDeviceGetDeviceHandleFromMigDeviceHandle, (nvmlDevice_t *parent), (parent))
{
    if (parent == NULL || device->instance == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    *parent = handle_of_gpu(device->gpu);
    return NVML_SUCCESS;
}

static nvmlReturn_t answer_id(const struct device *device, const char *key, unsigned int *id)
{
    if (id == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    *id = id_of(device->instance, key);
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_MIG, nvmlDeviceGetGpuInstanceId, (unsigned int *id), (id))
{
    return answer_id(device, "gpu_instance", id);
}

DEVICE_CALL(SCOPE_MIG, nvmlDeviceGetComputeInstanceId, (unsigned int *id), (id))
{
    return answer_id(device, "compute_instance", id);
}

static nvmlDeviceAttributes_t attributes_of(const json_t *instance)
{
    return (nvmlDeviceAttributes_t){
        .multiprocessorCount = id_of(instance, "sm_count"),
        .sharedCopyEngineCount = id_of(instance, "copy_engines"),
        .sharedDecoderCount = id_of(instance, "decoders"),
        .sharedEncoderCount = id_of(instance, "encoders"),
        .sharedJpegCount = id_of(instance, "jpeg_engines"),
        .sharedOfaCount = id_of(instance, "ofa_engines"),
        .gpuInstanceSliceCount = id_of(instance, "gpu_slices"),
        .computeInstanceSliceCount = id_of(instance, "compute_slices"),
        .memorySizeMB = id_of(instance, "memory_total_mib"),
    };
}

DEVICE_CALL(SCOPE_MIG, nvmlDeviceGetAttributes_v2, (nvmlDeviceAttributes_t *attributes), (attributes))
{
    if (attributes == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    *attributes = attributes_of(device->instance);
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_MIG, nvmlDeviceGetAttributes, (nvmlDeviceAttributes_v1_t *attributes), (attributes))
{
    if (attributes == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    nvmlDeviceAttributes_t newest = attributes_of(device->instance);
    memcpy(attributes, &newest, sizeof *attributes);
    return NVML_SUCCESS;
}
