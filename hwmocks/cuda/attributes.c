#include "driver.h"

#include <stdio.h>
#include <string.h>

/* A device attribute that is one key of the scenario. */
struct attribute {
    int id;
    const char *group;
    const char *key;
    const char *instance_key;
    double factor;
};

static const struct attribute numbers[] = {
    {13, "cuda", "clock_mhz", NULL, 1000},
    {16, "cuda", "sm_count", "sm_count", 1},
    {36, "clocks", "max_memory_mhz", NULL, 1000},
    {37, "memory", "bus_width_bits", NULL, 1},
    {38, "cuda", "l2_cache_kib", NULL, 1024},
    {39, "cuda", "threads_per_sm", NULL, 1},
    {40, "cuda", "copy_engines", "copy_engines", 1},
    {81, "cuda", "shared_memory_per_sm_kib", NULL, 1024},
};

static const struct attribute flags[] = {
    {18, "cuda", "integrated", NULL, 1},
    {32, "ecc", "enabled", NULL, 1},
    {83, "cuda", "managed_memory", NULL, 1},
    {84, "identity", "multi_gpu_board", NULL, 1},
};

static bool number_attribute(const struct gpu *gpu, const json_t *instance, int id, double *value)
{
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const struct attribute *one = &numbers[i];
        if (one->id == id) {
            bool known = instance != NULL && one->instance_key != NULL
                ? instance_number(gpu, instance, one->instance_key, value)
                : gpu_number(gpu, one->group, one->key, value);
            *value *= known ? one->factor : 0;
            return known;
        }
    }
    return false;
}

static bool flag_attribute(const struct gpu *gpu, int id, double *value)
{
    bool flag;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (flags[i].id == id && gpu_flag(gpu, flags[i].group, flags[i].key, &flag)) {
            *value = flag;
            return true;
        }
    }
    return false;
}

/* 75 and 76: compute capability; 33, 34, 50: PCI bus, device, domain. */
static bool text_attribute(const struct gpu *gpu, int id, double *value)
{
    const char *capability = gpu_text(gpu, "identity", "compute_capability");
    const char *bus_id = gpu_text(gpu, "pci", "bus_id");
    unsigned int parts[3];
    if ((id == 75 || id == 76) && capability != NULL && sscanf(capability, "%u.%u", &parts[0], &parts[1]) == 2) {
        *value = parts[id - 75];
        return true;
    }
    if ((id == 33 || id == 34 || id == 50) && bus_id != NULL
        && sscanf(bus_id, "%x:%x:%x", &parts[2], &parts[0], &parts[1]) == 3) {
        *value = id == 50 ? parts[2] : parts[id - 33];
        return true;
    }
    return false;
}

CUDA_CALL(NEED_INIT, device, cuDeviceGetAttribute, (int *value, int attribute, CUdevice device),
    (value, attribute, device))
{
    const struct gpu *gpu;
    const json_t *instance;
    double number = 0;
    if (value == NULL) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (!cuda_device(device, &gpu, &instance)) {
        return CUDA_ERROR_INVALID_DEVICE;
    }
    if (!number_attribute(gpu, instance, attribute, &number) && !flag_attribute(gpu, attribute, &number)
        && !text_attribute(gpu, attribute, &number)) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    *value = (int)number;
    return CUDA_SUCCESS;
}

static CUresult total_memory(size_t *bytes, CUdevice device)
{
    const struct gpu *gpu;
    const json_t *instance;
    double total;
    if (bytes == NULL) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (!cuda_device(device, &gpu, &instance)) {
        return CUDA_ERROR_INVALID_DEVICE;
    }
    bool known = instance != NULL ? instance_number(gpu, instance, "memory_total_mib", &total)
                                  : gpu_number(gpu, "cuda", "total_memory_mib", &total);
    if (!known) {
        return CUDA_ERROR_NOT_SUPPORTED;
    }
    *bytes = (size_t)(total * 1048576 + 0.5);
    return CUDA_SUCCESS;
}

CUDA_CALL(NEED_INIT, device, cuDeviceTotalMem_v2, (size_t *bytes, CUdevice device), (bytes, device))
{
    return total_memory(bytes, device);
}

/* The first version has 32 bits for the size. */
CUDA_CALL(NEED_INIT, device, cuDeviceTotalMem, (unsigned int *bytes, CUdevice device), (bytes, device))
{
    size_t total;
    CUresult result = bytes == NULL ? CUDA_ERROR_INVALID_VALUE : total_memory(&total, device);
    if (result == CUDA_SUCCESS) {
        *bytes = total > UINT32_MAX ? UINT32_MAX : (unsigned int)total;
    }
    return result;
}
