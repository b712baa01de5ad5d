#include "gate.h"

#include <string.h>

static unsigned int instance_or_none(const json_t *process, const char *key)
{
    const json_t *id = json_object_get(process, key);
    return json_is_number(id) ? (unsigned int)json_number_value(id) : NVML_NO_INSTANCE;
}

static bool belongs_to(const struct device *device, const json_t *process)
{
    static const char *const keys[] = {"gpu_instance", "compute_instance"};
    for (size_t i = 0; device->instance != NULL && i < 2; i++) {
        unsigned int own = (unsigned int)json_number_value(json_object_get(device->instance, keys[i]));
        if (instance_or_none(process, keys[i]) != own) {
            return false;
        }
    }
    return true;
}

static nvmlProcessInfo_t info_of(const json_t *process)
{
    const json_t *used = json_object_get(process, "used_mib");
    return (nvmlProcessInfo_t){
        .pid = (unsigned int)json_number_value(json_object_get(process, "pid")),
        .usedGpuMemory = json_is_number(used) ? bytes_of(json_number_value(used)) : NVML_VALUE_NOT_AVAILABLE,
        .gpuInstanceId = instance_or_none(process, "gpu_instance"),
        .computeInstanceId = instance_or_none(process, "compute_instance"),
    };
}

/*
 * The newest entry is 24 bytes, the oldest symbol's 16: the caller's buffer is filled by its stride. Too small a count
 * gets the needed one and nothing is written.
 */
static nvmlReturn_t answer_list(const struct device *device, const char *list, unsigned int *count, void *infos,
    size_t stride)
{
    const json_t *processes = gpu_value(device->gpu, "processes", list);
    size_t index;
    const json_t *process;
    if (count == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!json_is_array(processes)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    unsigned int room = *count;
    unsigned int needed = 0;
    json_array_foreach(processes, index, process) {
        needed += belongs_to(device, process);
    }
    *count = needed;
    if (needed == 0) {
        return NVML_SUCCESS;
    }
    if (room < needed) {
        return NVML_ERROR_INSUFFICIENT_SIZE;
    }
    if (infos == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    char *target = infos;
    json_array_foreach(processes, index, process) {
        if (belongs_to(device, process)) {
            nvmlProcessInfo_t info = info_of(process);
            memcpy(target, &info, stride);
            target += stride;
        }
    }
    return NVML_SUCCESS;
}

#define LIST_GETTERS(name, list)                                                                 \
    DEVICE_CALL(SCOPE_ANY, name, (unsigned int *count, nvmlProcessInfo_v1_t *infos), (count, infos)) \
    {                                                                                            \
        return answer_list(device, list, count, infos, sizeof *infos);                           \
    }                                                                                            \
    DEVICE_CALL(SCOPE_ANY, name##_v2, (unsigned int *count, nvmlProcessInfo_t *infos), (count, infos)) \
    {                                                                                            \
        return answer_list(device, list, count, infos, sizeof *infos);                           \
    }                                                                                            \
    DEVICE_CALL(SCOPE_ANY, name##_v3, (unsigned int *count, nvmlProcessInfo_t *infos), (count, infos)) \
    {                                                                                            \
        return answer_list(device, list, count, infos, sizeof *infos);                           \
    }

LIST_GETTERS(nvmlDeviceGetComputeRunningProcesses, "compute")
LIST_GETTERS(nvmlDeviceGetGraphicsRunningProcesses, "graphics")
LIST_GETTERS(nvmlDeviceGetMPSComputeRunningProcesses, "mps")

DEVICE_CALL(SCOPE_ANY, nvmlDeviceGetRunningProcessDetailList, (nvmlProcessDetailList_v1_t *details), (details))
{
    static const char *const lists[] = {"compute", "graphics", "mps"};
    size_t index;
    const json_t *process;
    if (details == NULL || details->version != nvmlProcessDetailList_v1) {
        return details == NULL ? NVML_ERROR_INVALID_ARGUMENT : NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    }
    if (details->mode > 2) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    unsigned int room = details->numProcArrayEntries;
    const json_t *processes = gpu_value(device->gpu, "processes", lists[details->mode]);
    if (!json_is_array(processes)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    details->numProcArrayEntries = 0;
    json_array_foreach(processes, index, process) {
        details->numProcArrayEntries += belongs_to(device, process);
    }
    if (room < details->numProcArrayEntries || details->procArray == NULL) {
        return details->numProcArrayEntries == 0 ? NVML_SUCCESS : NVML_ERROR_INSUFFICIENT_SIZE;
    }
    unsigned int next = 0;
    json_array_foreach(processes, index, process) {
        if (belongs_to(device, process)) {
            nvmlProcessInfo_t info = info_of(process);
            details->procArray[next++] = (nvmlProcessDetail_v1_t){
                info.pid, info.usedGpuMemory, info.gpuInstanceId, info.computeInstanceId, NVML_VALUE_NOT_AVAILABLE,
            };
        }
    }
    return NVML_SUCCESS;
}
