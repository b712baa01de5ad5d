#include "gate.h"

#include <stdio.h>
#include <string.h>

static const char *driver_text(const char *key)
{
    return json_string_value(json_object_get(node.driver, key));
}

CALL(NEED_INIT, nvmlSystemGetDriverVersion, (char *text, unsigned int length), (text, length))
{
    return answer_text(driver_text("version"), text, length);
}

CALL(NEED_NOTHING, nvmlSystemGetNVMLVersion, (char *text, unsigned int length), (text, length))
{
    return answer_text(driver_text("nvml_version"), text, length);
}

static nvmlReturn_t cuda_version(int *version)
{
    const char *text = driver_text("cuda_version");
    int major;
    int minor;
    if (version == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (text == NULL || sscanf(text, "%d.%d", &major, &minor) != 2) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    *version = 1000 * major + 10 * minor;
    return NVML_SUCCESS;
}

CALL(NEED_INIT, nvmlSystemGetCudaDriverVersion, (int *version), (version))
{
    return cuda_version(version);
}

/* The real one asks libcuda and fails without it; here the version is the scenario's alone. */
CALL(NEED_INIT, nvmlSystemGetCudaDriverVersion_v2, (int *version), (version))
{
    return cuda_version(version);
}

/* r580_00 for 580.105.08: the form that branch names have; the real text was not seen. */
CALL(NEED_INIT, nvmlSystemGetDriverBranch, (nvmlSystemDriverBranchInfo_v1_t *info, unsigned int length), (info, length))
{
    const char *version = driver_text("version");
    if (info == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (info->version != nvmlSystemDriverBranchInfo_v1) {
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    }
    if (version == NULL) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    char branch[sizeof info->branch];
    snprintf(branch, sizeof branch, "r%.*s_00", (int)strcspn(version, "."), version);
    return answer_text(branch, info->branch, length < sizeof info->branch ? length : sizeof info->branch);
}

static const char *process_name(unsigned int pid)
{
    static const char *const lists[] = {"compute", "graphics", "mps"};
    for (size_t i = 0; i < node.gpu_count; i++) {
        for (size_t list = 0; list < 3; list++) {
            size_t index;
            const json_t *process;
            json_array_foreach(gpu_value(&node.gpus[i], "processes", lists[list]), index, process) {
                if (json_number_value(json_object_get(process, "pid")) == pid) {
                    return json_string_value(json_object_get(process, "name"));
                }
            }
        }
    }
    return NULL;
}

/* The name is cut where the buffer ends, as nvml.h says, in contrast to every other text. */
CALL(NEED_INIT, nvmlSystemGetProcessName, (unsigned int pid, char *name, unsigned int length), (pid, name, length))
{
    const char *known = process_name(pid);
    if (name == NULL || length == 0) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (known == NULL) {
        return NVML_ERROR_NOT_FOUND;
    }
    snprintf(name, length, "%s", known);
    return NVML_SUCCESS;
}

CALL(NEED_INIT, nvmlGetExcludedDeviceCount, (unsigned int *count), (count))
{
    if (count == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    *count = 0;
    return NVML_SUCCESS;
}

CALL(NEED_INIT, nvmlGetExcludedDeviceInfoByIndex, (unsigned int index, nvmlExcludedDeviceInfo_t *info), (index, info))
{
    (void)index;
    (void)info;
    return NVML_ERROR_INVALID_ARGUMENT;
}

static bool confidential(bool *on)
{
    const json_t *value = json_object_get(node.system, "confidential_compute");
    *on = json_is_true(value);
    return json_is_boolean(value);
}

CALL(NEED_INIT, nvmlSystemGetConfComputeCapabilities, (nvmlConfComputeSystemCaps_t *caps), (caps))
{
    bool on;
    if (caps == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!confidential(&on)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    *caps = (nvmlConfComputeSystemCaps_t){.cpuCaps = on, .gpusCaps = on};
    return NVML_SUCCESS;
}

CALL(NEED_INIT, nvmlSystemGetConfComputeState, (nvmlConfComputeSystemState_t *state), (state))
{
    bool on;
    if (state == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!confidential(&on)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    *state = (nvmlConfComputeSystemState_t){.environment = on ? 2 : 0, .ccFeature = on};
    return NVML_SUCCESS;
}

CALL(NEED_INIT, nvmlSystemGetConfComputeSettings, (nvmlSystemConfComputeSettings_v1_t *settings), (settings))
{
    bool on;
    if (settings == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (settings->version != nvmlSystemConfComputeSettings_v1) {
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    }
    if (!confidential(&on)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    settings->environment = on ? 2 : 0;
    settings->ccFeature = on;
    settings->devToolsMode = 0;
    settings->multiGpuMode = 0;
    return NVML_SUCCESS;
}

CALL(NEED_INIT, nvmlSystemGetConfComputeGpusReadyState, (unsigned int *ready), (ready))
{
    bool on;
    if (ready == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (!confidential(&on)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    *ready = 1;
    return NVML_SUCCESS;
}
