#include "gate.h"

/* The four sizes of a frame buffer, a GPU's or a MIG device's, in MiB. */
struct sizes {
    double total;
    double reserved;
    double used;
    double free;
};

static void read_instance(const struct device *device, struct sizes *sizes, bool *known)
{
    const json_t *instance = device->instance;
    *known = instance_number(device->gpu, instance, "memory_total_mib", &sizes->total);
    instance_number(device->gpu, instance, "memory_reserved_mib", &sizes->reserved);
    instance_number(device->gpu, instance, "memory_used_mib", &sizes->used);
    if (!instance_number(device->gpu, instance, "memory_free_mib", &sizes->free)) {
        sizes->free = sizes->total - sizes->used - sizes->reserved;
    }
}

static void read_gpu(const struct gpu *gpu, struct sizes *sizes, bool *known)
{
    bool unified;
    gpu_flag(gpu, "memory", "unified", &unified);
    *known = !unified && gpu_number(gpu, "memory", "total_mib", &sizes->total);
    gpu_number(gpu, "memory", "reserved_mib", &sizes->reserved);
    gpu_number(gpu, "memory", "used_mib", &sizes->used);
    if (!gpu_number(gpu, "memory", "free_mib", &sizes->free)) {
        sizes->free = sizes->total - sizes->used - sizes->reserved;
    }
}

static bool read_sizes(const struct device *device, struct sizes *sizes)
{
    bool known;
    *sizes = (struct sizes){0};
    if (device->instance != NULL) {
        read_instance(device, sizes, &known);
    } else {
        read_gpu(device->gpu, sizes, &known);
    }
    return known;
}

/* Version 1 counts the driver's reserve as used, version 2 does not. */
DEVICE_CALL(SCOPE_ANY, nvmlDeviceGetMemoryInfo, (nvmlMemory_t *memory), (memory))
{
    struct sizes sizes;
    if (memory == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!read_sizes(device, &sizes)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    memory->total = bytes_of(sizes.total);
    memory->free = bytes_of(sizes.free);
    memory->used = bytes_of(sizes.used + sizes.reserved);
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_ANY, nvmlDeviceGetMemoryInfo_v2, (nvmlMemory_v2_t *memory), (memory))
{
    struct sizes sizes;
    if (memory == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (memory->version != nvmlMemory_v2) {
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    }
    if (!read_sizes(device, &sizes)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    memory->total = bytes_of(sizes.total);
    memory->reserved = bytes_of(sizes.reserved);
    memory->free = bytes_of(sizes.free);
    memory->used = bytes_of(sizes.used);
    return NVML_SUCCESS;
}

static bool read_bar1(const struct device *device, struct sizes *sizes)
{
    *sizes = (struct sizes){0};
    if (device->instance != NULL) {
        bool known = instance_number(device->gpu, device->instance, "bar1_total_mib", &sizes->total);
        instance_number(device->gpu, device->instance, "bar1_used_mib", &sizes->used);
        sizes->free = sizes->total - sizes->used;
        return known;
    }
    bool known = gpu_number(device->gpu, "bar1", "total_mib", &sizes->total);
    gpu_number(device->gpu, "bar1", "used_mib", &sizes->used);
    if (!gpu_number(device->gpu, "bar1", "free_mib", &sizes->free)) {
        sizes->free = sizes->total - sizes->used;
    }
    return known;
}

DEVICE_CALL(SCOPE_ANY, nvmlDeviceGetBAR1MemoryInfo, (nvmlBAR1Memory_t *bar1), (bar1))
{
    struct sizes sizes;
    if (bar1 == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!read_bar1(device, &sizes)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    bar1->bar1Total = bytes_of(sizes.total);
    bar1->bar1Free = bytes_of(sizes.free);
    bar1->bar1Used = bytes_of(sizes.used);
    return NVML_SUCCESS;
}

NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetMemoryBusWidth, "memory", "bus_width_bits", 1)

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetConfComputeProtectedMemoryUsage, (nvmlMemory_t *memory), (memory))
{
    double total;
    double used = 0;
    if (memory == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!gpu_number(device->gpu, "memory", "protected_total_mib", &total)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    gpu_number(device->gpu, "memory", "protected_used_mib", &used);
    memory->total = bytes_of(total);
    memory->used = bytes_of(used);
    memory->free = bytes_of(total - used);
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetConfComputeMemSizeInfo, (nvmlConfComputeMemSizeInfo_t *sizes), (sizes))
{
    double total;
    double protected_total;
    if (sizes == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!gpu_number(device->gpu, "memory", "protected_total_mib", &protected_total)
        || !gpu_number(device->gpu, "memory", "total_mib", &total)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    sizes->protectedMemSizeKib = bytes_of(protected_total) / 1024;
    sizes->unprotectedMemSizeKib = bytes_of(total - protected_total) / 1024;
    return NVML_SUCCESS;
}
