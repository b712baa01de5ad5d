#include "gpm.h"

#include "gate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* nvml.h: the two samples must lie at least this far apart. */
#define SHORTEST_INTERVAL 100000
#define METRICS 3

static const struct metric {
    unsigned int id;
    const char *gpu_key;
    const char *instance_key;
    const char *name;
} metrics[METRICS] = {
    {1, "graphics_engine_percent", "graphics_percent", "Graphics Engine Utilization"},
    {2, "sm_percent", "sm_percent", "SM Utilization"},
    {10, "dram_percent", "dram_percent", "DRAM Bandwidth Utilization"},
};

struct sample {
    struct sample *next;
    nvmlGpmSample_t handle;
    micros taken;
    bool known[METRICS];
    double values[METRICS];
};

static struct sample *samples;
static unsigned long long samples_made;

void gpm_forget(void)
{
    while (samples != NULL) {
        struct sample *sample = samples;
        samples = sample->next;
        free(sample);
    }
}

static struct sample *find_sample(nvmlGpmSample_t handle)
{
    for (struct sample *sample = samples; sample != NULL; sample = sample->next) {
        if (sample->handle == handle) {
            return sample;
        }
    }
    return NULL;
}

static bool supports_gpm(const struct gpu *gpu)
{
    const char *capability = gpu_text(gpu, "identity", "compute_capability");
    return capability != NULL && atoi(capability) >= 9;
}

DEVICE_CALL(SCOPE_ANY, nvmlGpmQueryDeviceSupport, (nvmlGpmSupport_t *support), (support))
{
    if (support == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (support->version != 1) {
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    }
    support->isSupportedDevice = supports_gpm(device->gpu);
    return NVML_SUCCESS;
}

CALL(NEED_INIT, nvmlGpmSampleAlloc, (nvmlGpmSample_t *handle), (handle))
{
    char text[32];
    struct sample *sample = handle == NULL ? NULL : calloc(1, sizeof *sample);
    if (sample == NULL) {
        return handle == NULL ? NVML_ERROR_INVALID_ARGUMENT : NVML_ERROR_MEMORY;
    }
    snprintf(text, sizeof text, "sample %llu", ++samples_made);
    sample->handle = handle_make(HANDLE_GPM_SAMPLE, text);
    sample->next = samples;
    samples = sample;
    *handle = sample->handle;
    return NVML_SUCCESS;
}

CALL(NEED_INIT, nvmlGpmSampleFree, (nvmlGpmSample_t handle), (handle))
{
    for (struct sample **link = &samples; *link != NULL; link = &(*link)->next) {
        struct sample *sample = *link;
        if (sample->handle == handle) {
            *link = sample->next;
            free(sample);
            return NVML_SUCCESS;
        }
    }
    return NVML_ERROR_INVALID_ARGUMENT;
}

static nvmlReturn_t fill(const struct gpu *gpu, const json_t *instance, nvmlGpmSample_t handle)
{
    struct sample *sample = find_sample(handle);
    if (sample == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!supports_gpm(gpu)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    sample->taken = node.now;
    for (size_t i = 0; i < METRICS; i++) {
        sample->known[i] = instance != NULL
            ? instance_number(gpu, instance, metrics[i].instance_key, &sample->values[i])
            : gpu_number(gpu, "utilization", metrics[i].gpu_key, &sample->values[i]);
    }
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_ANY, nvmlGpmSampleGet, (nvmlGpmSample_t sample), (sample))
{
    return fill(device->gpu, device->instance, sample);
}

/* Of several compute instances in the GPU instance, the first speaks for it. */
DEVICE_CALL(SCOPE_GPU, nvmlGpmMigSampleGet, (unsigned int gpu_instance, nvmlGpmSample_t sample),
    (gpu_instance, sample))
{
    size_t index;
    const json_t *instance;
    json_array_foreach(gpu_instances(device->gpu), index, instance) {
        if (json_number_value(json_object_get(instance, "gpu_instance")) == gpu_instance) {
            return fill(device->gpu, instance, sample);
        }
    }
    return gpu_mig_enabled(device->gpu) ? NVML_ERROR_NOT_FOUND : NVML_ERROR_NOT_SUPPORTED;
}

static void answer_metric(const struct sample *from, const struct sample *to, nvmlGpmMetric_t *metric)
{
    metric->nvmlReturn = NVML_ERROR_NOT_SUPPORTED;
    for (size_t i = 0; i < METRICS; i++) {
        if (metrics[i].id == metric->metricId && to->known[i]) {
            bool apart = to->taken - from->taken >= SHORTEST_INTERVAL;
            metric->nvmlReturn = NVML_SUCCESS;
            metric->value = apart ? to->values[i] : (double)NAN;
            metric->metricInfo.shortName = (char *)metrics[i].name;
            metric->metricInfo.longName = (char *)metrics[i].name;
            metric->metricInfo.unit = "%";
        }
    }
}

/* The struct grew with its version staying 1: only metrics[0..numMetrics-1] are surely the caller's. */
CALL(NEED_INIT, nvmlGpmMetricsGet, (nvmlGpmMetricsGet_t *request), (request))
{
    if (request == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (request->version != 1) {
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    }
    const struct sample *from = find_sample(request->sample1);
    const struct sample *to = find_sample(request->sample2);
    if (from == NULL || to == NULL || request->numMetrics > sizeof request->metrics / sizeof *request->metrics) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    for (unsigned int i = 0; i < request->numMetrics; i++) {
        answer_metric(from, to, &request->metrics[i]);
    }
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_GPU, nvmlGpmQueryIfStreamingEnabled, (unsigned int *state), (state))
{
    if (state == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    *state = 0;
    return supports_gpm(device->gpu) ? NVML_SUCCESS : NVML_ERROR_NOT_SUPPORTED;
}
