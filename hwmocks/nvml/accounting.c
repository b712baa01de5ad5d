/* What NVML tells of one process: its utilization now, and its account while it runs and after it has ended. */
#include "gate.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NO_VALUE 0xFFFFFFFFu

static const char *const running_lists[] = {"compute", "graphics", "mps"};

FLAG_GETTER(SCOPE_GPU, nvmlDeviceGetAccountingMode, "modes", "accounting")
NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetAccountingBufferSize, "modes", "accounting_buffer", 1)

static unsigned int number_or(const json_t *process, const char *key, unsigned int absent)
{
    const json_t *number = json_object_get(process, key);
    return json_is_number(number) ? (unsigned int)json_number_value(number) : absent;
}

static unsigned long long long_of(const json_t *process, const char *key)
{
    return (unsigned long long)json_number_value(json_object_get(process, key));
}

/* One that has no percentage at all was not active. */
static bool is_active(const json_t *process)
{
    static const char *const keys[] = {"sm_percent", "memory_percent", "encoder_percent", "decoder_percent"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (json_is_number(json_object_get(process, keys[i]))) {
            return true;
        }
    }
    return false;
}

/* Those of a list that are active, from "next" on; "samples" may be NULL to count them. */
static unsigned int add_active(const json_t *processes, unsigned long long moment, unsigned int next,
    nvmlProcessUtilizationSample_t *samples)
{
    size_t index;
    const json_t *process;
    json_array_foreach(processes, index, process) {
        if (!is_active(process)) {
            continue;
        }
        if (samples != NULL) {
            samples[next] = (nvmlProcessUtilizationSample_t){
                .pid = number_or(process, "pid", 0),
                .timeStamp = moment,
                .smUtil = number_or(process, "sm_percent", 0),
                .memUtil = number_or(process, "memory_percent", 0),
                .encUtil = number_or(process, "encoder_percent", 0),
                .decUtil = number_or(process, "decoder_percent", 0),
            };
        }
        next++;
    }
    return next;
}

static unsigned int list_active(const struct gpu *gpu, unsigned long long moment,
    nvmlProcessUtilizationSample_t *samples)
{
    unsigned int count = 0;
    for (size_t i = 0; i < sizeof running_lists / sizeof *running_lists; i++) {
        count = add_active(gpu_value(gpu, "processes", running_lists[i]), moment, count, samples);
    }
    return count;
}

static unsigned long long microseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (unsigned long long)now.tv_sec * 1000000ull + (unsigned long long)now.tv_nsec / 1000;
}

/* The sample is that of this moment: the mock keeps no history. */
DEVICE_CALL(SCOPE_GPU_WITHOUT_MIG, nvmlDeviceGetProcessUtilization,
    (nvmlProcessUtilizationSample_t *samples, unsigned int *count, unsigned long long last_seen),
    (samples, count, last_seen))
{
    if (count == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    unsigned long long moment = microseconds_now();
    unsigned int room = *count;
    *count = last_seen >= moment ? 0 : list_active(device->gpu, moment, NULL);
    if (*count == 0) {
        return NVML_ERROR_NOT_FOUND;
    }
    if (samples == NULL || room < *count) {
        return NVML_ERROR_INSUFFICIENT_SIZE;
    }
    list_active(device->gpu, moment, samples);
    return NVML_SUCCESS;
}

/* The same with the engines that NVML learned of later, which a scenario gives no process. */
DEVICE_CALL(SCOPE_GPU_WITHOUT_MIG, nvmlDeviceGetProcessesUtilizationInfo, (nvmlProcessesUtilizationInfo_v1_t *info), (info))
{
    if (info == NULL || info->version != nvmlProcessesUtilizationInfo_v1) {
        return info == NULL ? NVML_ERROR_INVALID_ARGUMENT : NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    }
    unsigned long long moment = microseconds_now();
    unsigned int room = info->processSamplesCount;
    info->processSamplesCount = info->lastSeenTimeStamp >= moment ? 0 : list_active(device->gpu, moment, NULL);
    if (info->processSamplesCount == 0) {
        return NVML_ERROR_NOT_FOUND;
    }
    if (info->procUtilArray == NULL || room < info->processSamplesCount) {
        return NVML_ERROR_INSUFFICIENT_SIZE;
    }
    nvmlProcessUtilizationSample_t *samples = calloc(info->processSamplesCount, sizeof *samples);
    if (samples == NULL) {
        return NVML_ERROR_MEMORY;
    }
    list_active(device->gpu, moment, samples);
    for (unsigned int i = 0; i < info->processSamplesCount; i++) {
        info->procUtilArray[i] = (nvmlProcessUtilizationInfo_v1_t){
            .timeStamp = samples[i].timeStamp,
            .pid = samples[i].pid,
            .smUtil = samples[i].smUtil,
            .memUtil = samples[i].memUtil,
            .encUtil = samples[i].encUtil,
            .decUtil = samples[i].decUtil,
        };
    }
    free(samples);
    return NVML_SUCCESS;
}

/* NOT_SUPPORTED while accounting is off, as without it. */
static bool is_accounting(const struct gpu *gpu)
{
    bool on;
    return gpu_flag(gpu, "modes", "accounting", &on) && on;
}

/* Those of CUDA, which may run or have ended. */
static const char *const accounted_lists[] = {"compute", "ended"};

static unsigned int list_accounted(const struct gpu *gpu, unsigned int *pids)
{
    unsigned int count = 0;
    for (size_t i = 0; i < sizeof accounted_lists / sizeof *accounted_lists; i++) {
        size_t index;
        const json_t *process;
        json_array_foreach(gpu_value(gpu, "processes", accounted_lists[i]), index, process) {
            if (pids != NULL) {
                pids[count] = number_or(process, "pid", 0);
            }
            count++;
        }
    }
    return count;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetAccountingPids, (unsigned int *count, unsigned int *pids), (count, pids))
{
    if (count == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!is_accounting(device->gpu)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    unsigned int room = *count;
    *count = list_accounted(device->gpu, NULL);
    if (room < *count) {
        return NVML_ERROR_INSUFFICIENT_SIZE;
    }
    if (*count > 0 && pids == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    list_accounted(device->gpu, pids);
    return NVML_SUCCESS;
}

static const json_t *find_account(const struct gpu *gpu, unsigned int pid, bool *is_running)
{
    for (size_t i = 0; i < sizeof accounted_lists / sizeof *accounted_lists; i++) {
        size_t index;
        const json_t *process;
        *is_running = i == 0;
        json_array_foreach(gpu_value(gpu, "processes", accounted_lists[i]), index, process) {
            if (number_or(process, "pid", 0) == pid) {
                return process;
            }
        }
    }
    return NULL;
}

static unsigned long long most_memory(const json_t *process)
{
    const json_t *used = json_object_get(process, "used_mib");
    return json_is_number(used) ? bytes_of(json_number_value(used)) : NVML_VALUE_NOT_AVAILABLE;
}

/* The time is told when it has ended. */
DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetAccountingStats, (unsigned int pid, nvmlAccountingStats_t *stats), (pid, stats))
{
    bool is_running;
    if (stats == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!is_accounting(device->gpu)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    const json_t *process = find_account(device->gpu, pid, &is_running);
    if (process == NULL) {
        return NVML_ERROR_NOT_FOUND;
    }
    *stats = (nvmlAccountingStats_t){
        .gpuUtilization = number_or(process, "sm_percent", NO_VALUE),
        .memoryUtilization = number_or(process, "memory_percent", NO_VALUE),
        .maxMemoryUsage = most_memory(process),
        .time = is_running ? 0 : long_of(process, "active_ms"),
        .startTime = long_of(process, "started_us"),
        .isRunning = is_running,
    };
    return NVML_SUCCESS;
}

/* The structure names the process. How many samples the percentages are means of, and their sums, the mock does not know. */
DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetAccountingStats_v2, (nvmlAccountingStats_v2_t *stats), (stats))
{
    bool is_running;
    if (stats == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!is_accounting(device->gpu)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    const json_t *process = find_account(device->gpu, stats->pid, &is_running);
    if (process == NULL) {
        return NVML_ERROR_NOT_FOUND;
    }
    *stats = (nvmlAccountingStats_v2_t){
        .pid = stats->pid,
        .isRunning = is_running,
        .gpuUtilization = number_or(process, "sm_percent", NO_VALUE),
        .memoryUtilization = number_or(process, "memory_percent", NO_VALUE),
        .maxMemoryUsage = most_memory(process),
        .time = is_running ? 0 : long_of(process, "active_ms"),
        .startTime = long_of(process, "started_us"),
    };
    return NVML_SUCCESS;
}
