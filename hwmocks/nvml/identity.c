#include "gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct word brands[] = {
    {"unknown", 0}, {"quadro", 1}, {"tesla", 2}, {"nvs", 3}, {"grid", 4}, {"geforce", 5}, {"titan", 6}, {"vapps", 7},
    {"vpc", 8}, {"vcs", 9}, {"vws", 10}, {"cloud_gaming", 11}, {"quadro_rtx", 12}, {"nvidia_rtx", 13},
    {"nvidia", 14}, {"geforce_rtx", 15}, {"titan_rtx", 16}, {NULL, 0},
};

static const struct word architectures[] = {
    {"kepler", 2}, {"maxwell", 3}, {"pascal", 4}, {"volta", 5}, {"turing", 6}, {"ampere", 7}, {"ada", 8},
    {"hopper", 9}, {"blackwell", 10}, {"rubin", 13}, {"unknown", 0xFFFFFFFFu}, {NULL, 0},
};

static const struct word virtualizations[] = {
    {"none", 0}, {"passthrough", 1}, {"vgpu", 2}, {"host_vgpu", 3}, {"host_vsga", 4}, {NULL, 0},
};

static const struct word addressings[] = {{"none", 0}, {"hmm", 1}, {"ats", 2}, {NULL, 0}};

static const char *own_text(const struct device *device, const char *key)
{
    return device->instance == NULL
        ? gpu_text(device->gpu, "identity", key)
        : json_string_value(json_object_get(device->instance, key));
}

DEVICE_CALL(SCOPE_ANY, nvmlDeviceGetName, (char *text, unsigned int length), (text, length))
{
    return answer_text(own_text(device, "name"), text, length);
}

DEVICE_CALL(SCOPE_ANY, nvmlDeviceGetUUID, (char *text, unsigned int length), (text, length))
{
    return answer_text(own_text(device, "uuid"), text, length);
}

TEXT_GETTER(SCOPE_GPU, nvmlDeviceGetSerial, "identity", "serial")
TEXT_GETTER(SCOPE_GPU, nvmlDeviceGetBoardPartNumber, "identity", "board_part_number")
TEXT_GETTER(SCOPE_GPU, nvmlDeviceGetVbiosVersion, "identity", "vbios_version")
TEXT_GETTER(SCOPE_GPU, nvmlDeviceGetInforomImageVersion, "inforom", "image")
NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetBoardId, "identity", "board_id", 1)
NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetMinorNumber, "identity", "minor_number", 1)
NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetModuleId, "identity", "module_id", 1)
NUMBER_GETTER(SCOPE_GPU_WITHOUT_MIG, nvmlDeviceGetNumGpuCores, "identity", "cuda_cores", 1)
FLAG_GETTER(SCOPE_GPU, nvmlDeviceGetMultiGpuBoard, "identity", "multi_gpu_board")
WORD_GETTER(SCOPE_GPU, nvmlDeviceGetBrand, "identity", "brand", brands)
WORD_GETTER(SCOPE_GPU, nvmlDeviceGetArchitecture, "identity", "architecture", architectures)
WORD_GETTER(SCOPE_GPU, nvmlDeviceGetVirtualizationMode, "modes", "virtualization", virtualizations)
NUMBER_GETTER(SCOPE_GPU, nvmlDeviceGetNumaNodeId, "memory", "numa_node", 1)

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetCudaComputeCapability, (int *major, int *minor), (major, minor))
{
    const char *text = gpu_text(device->gpu, "identity", "compute_capability");
    if (major == NULL || minor == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    return text != NULL && sscanf(text, "%d.%d", major, minor) == 2 ? NVML_SUCCESS : NVML_ERROR_NOT_SUPPORTED;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetInforomVersion, (unsigned int object, char *text, unsigned int length),
    (object, text, length))
{
    static const char *const keys[] = {"oem", "ecc", "power", NULL};
    if (object > 3) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    const char *version = keys[object] == NULL ? NULL : gpu_text(device->gpu, "inforom", keys[object]);
    return answer_text(version, text, length);
}

EXPORT nvmlReturn_t nvmlDeviceValidateInforom(nvmlDevice_t handle)
{
    static struct call_site site = {.function = "nvmlDeviceValidateInforom"};
    struct device device;
    nvmlReturn_t result;
    bool valid;
    if (gate_enter_device(&site, SCOPE_GPU, handle, &device, &result)) {
        bool known = gpu_flag(device.gpu, "inforom", "valid", &valid);
        result = !known ? NVML_ERROR_NOT_SUPPORTED : valid ? NVML_SUCCESS : NVML_ERROR_CORRUPTED_INFOROM;
    }
    return gate_leave(result);
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetBusType, (unsigned int *type), (type))
{
    if (type == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    *type = gpu_text(device->gpu, "pci", "bus_id") == NULL ? 0 : 2;
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetPdi, (nvmlPdi_v1_t *pdi), (pdi))
{
    const char *text = gpu_text(device->gpu, "identity", "pdi");
    if (pdi == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (pdi->version != nvmlPdi_v1) {
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    }
    if (text == NULL) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    pdi->value = strtoull(text, NULL, 16);
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetCapabilities, (nvmlDeviceCapabilities_v1_t *capabilities), (capabilities))
{
    bool egm;
    if (capabilities == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (capabilities->version != nvmlDeviceCapabilities_v1) {
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    }
    if (!gpu_flag(device->gpu, "modes", "egm", &egm)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    capabilities->capMask = egm;
    return NVML_SUCCESS;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetAddressingMode, (nvmlDeviceAddressingMode_v1_t *mode), (mode))
{
    if (mode == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (mode->version != nvmlDeviceAddressingMode_v1) {
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    }
    return answer_word(device->gpu, "modes", "addressing", addressings, &mode->value);
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetC2cModeInfoV, (nvmlC2cModeInfo_v1_t *info), (info))
{
    return answer_flag(device->gpu, "modes", "c2c", info == NULL ? NULL : &info->isC2cEnabled);
}

/* No length argument: the caller gives 64 bytes, and the scenario's schema keeps the text below that. */
DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetGspFirmwareVersion, (char *version), (version))
{
    return answer_text(gpu_text(device->gpu, "identity", "gsp_firmware"), version, 64);
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetGspFirmwareMode, (unsigned int *enabled, unsigned int *by_default),
    (enabled, by_default))
{
    if (enabled == NULL || by_default == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    *enabled = gpu_text(device->gpu, "identity", "gsp_firmware") != NULL;
    *by_default = *enabled;
    return NVML_SUCCESS;
}
