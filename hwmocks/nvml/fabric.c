#include "driver.h"
#include "gate.h"

#include "../node/fault.h"

#include <stdlib.h>
#include <string.h>

static const struct word states[] = {
    {"not_supported", 0}, {"not_started", 1}, {"in_progress", 2}, {"completed", 3}, {NULL, 0},
};

static const struct word healths[] = {
    {"not_supported", 0}, {"healthy", 1}, {"unhealthy", 2}, {"limited_capacity", 3}, {NULL, 0},
};

static const struct word configurations[] = {
    {"not_supported", 0}, {"none", 1}, {"incorrect_sysguid", 2}, {"incorrect_chassis_serial", 3}, {"no_partition", 4},
    {"insufficient_nvlinks", 5}, {"incompatible_gpu_fw", 6}, {"invalid_location", 7}, {"gpu_state_invalid", 8}, {NULL, 0},
};

static const struct word peer_types[] = {{"direct", 0}, {"switch", 1}, {NULL, 0}};

/* Two bits a flag: 0 not supported, 1 true, 2 false. */
static unsigned int health_bits(const struct gpu *gpu, const char *key, unsigned int shift)
{
    bool flag;
    return !gpu_flag(gpu, "fabric", key, &flag) ? 0 : (flag ? 1u : 2u) << shift;
}

static unsigned int health_mask(const struct gpu *gpu)
{
    unsigned int configuration = 0;
    word_number(gpu_value(gpu, "fabric", "incorrect_configuration"), configurations, &configuration);
    return health_bits(gpu, "bandwidth_degraded", 0) | health_bits(gpu, "route_recovery", 2)
        | health_bits(gpu, "route_unhealthy", 4) | health_bits(gpu, "access_timeout_recovery", 6) | (configuration & 0xF) << 8;
}

static bool read_fabric(const struct gpu *gpu, nvmlGpuFabricInfo_t *info)
{
    const char *uuid = gpu_text(gpu, "fabric", "cluster_uuid");
    const json_t *status = gpu_value(gpu, "fabric", "status");
    unsigned int state;
    if (!driver_is_at_least(525) || !word_number(gpu_value(gpu, "fabric", "state"), states, &state)) {
        return false;
    }
    hex_to_bytes(uuid == NULL ? "" : uuid, info->clusterUuid, sizeof info->clusterUuid);
    info->status = status == NULL ? 0 : return_code(status);
    info->cliqueId = (unsigned int)number_or_zero(gpu, "fabric", "clique");
    info->state = (unsigned char)state;
    return true;
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetGpuFabricInfo, (nvmlGpuFabricInfo_t *info), (info))
{
    if (info == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    return read_fabric(device->gpu, info) ? NVML_SUCCESS : NVML_ERROR_NOT_SUPPORTED;
}

static void write_v2(const struct gpu *gpu, const nvmlGpuFabricInfo_t *fabric, nvmlGpuFabricInfo_v2_t *info)
{
    memcpy(info->clusterUuid, fabric->clusterUuid, sizeof info->clusterUuid);
    info->status = fabric->status;
    info->cliqueId = fabric->cliqueId;
    info->state = fabric->state;
    info->healthMask = health_mask(gpu);
}

/* Version 3 is version 2 with a summary behind it. */
DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetGpuFabricInfoV, (void *info), (info))
{
    nvmlGpuFabricInfo_t fabric;
    unsigned int summary = 0;
    if (info == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    unsigned int version = *(unsigned int *)info;
    bool newest = version == nvmlGpuFabricInfo_v3 && driver_is_at_least(580);
    if (!newest && version != nvmlGpuFabricInfo_v2) {
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    }
    if (!read_fabric(device->gpu, &fabric)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    write_v2(device->gpu, &fabric, info);
    if (newest) {
        word_number(gpu_value(device->gpu, "fabric", "health"), healths, &summary);
        ((nvmlGpuFabricInfo_v3_t *)info)->healthSummary = (unsigned char)summary;
    }
    return NVML_SUCCESS;
}

/* Both versions have one layout; of the GUID, Blackwell uses the first eight bytes. */
DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetPlatformInfo, (nvmlPlatformInfo_v2_t *info), (info))
{
    const struct gpu *gpu = device->gpu;
    const char *guid = gpu_text(gpu, "platform", "fabric_guid");
    const char *serial = gpu_text(gpu, "platform", "chassis_serial");
    unsigned int peer_type = 0;
    if (info == NULL) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    unsigned int version = info->version;
    if (version != nvmlPlatformInfo_v1 && version != nvmlPlatformInfo_v2) {
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    }
    if (!json_is_object(json_object_get(gpu->values, "platform"))) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    *info = (nvmlPlatformInfo_v2_t){
        .version = version,
        .slotNumber = (unsigned char)number_or_zero(gpu, "platform", "slot"),
        .trayIndex = (unsigned char)number_or_zero(gpu, "platform", "tray"),
        .hostId = (unsigned char)number_or_zero(gpu, "platform", "host_id"),
        .moduleId = (unsigned char)number_or_zero(gpu, "platform", "module_id"),
    };
    word_number(gpu_value(gpu, "platform", "peer_type"), peer_types, &peer_type);
    info->peerType = (unsigned char)peer_type;
    for (unsigned long long i = 0, bits = guid == NULL ? 0 : strtoull(guid, NULL, 16); i < 8; i++) {
        info->ibGuid[i] = (unsigned char)(bits >> (56 - 8 * i));
    }
    if (serial != NULL) {
        strncpy((char *)info->chassisSerialNumber, serial, sizeof info->chassisSerialNumber - 1);
    }
    return NVML_SUCCESS;
}
