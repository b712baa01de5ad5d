#include "driver.h"
#include "ecc.h"
#include "gate.h"
#include "nvlink.h"

#include "../node/fault.h"

#include <time.h>

/* NVML_FI_MAX of header 13.3. */
#define FIELD_LIMIT 303
#define ALL_SCOPES 0xFFFFFFFFu

enum form {
    FORM_NUMBER,
    FORM_FLAG,
    FORM_SIGNED,
    FORM_LONG,
};

/* A field that is one key of the scenario. "since" is the driver branch that brought it. */
struct field {
    unsigned int id;
    unsigned int scope;
    unsigned int since;
    enum form form;
    const char *group;
    const char *key;
    double factor;
};

static const struct field fields[] = {
    {1, ALL_SCOPES, 384, FORM_FLAG, "ecc", "enabled", 1},
    {2, ALL_SCOPES, 384, FORM_FLAG, "ecc", "enabled_pending", 1},
    {29, ALL_SCOPES, 384, FORM_LONG, "retired_pages", "single_bit", 1},
    {30, ALL_SCOPES, 384, FORM_LONG, "retired_pages", "double_bit", 1},
    {31, ALL_SCOPES, 384, FORM_FLAG, "retired_pages", "pending", 1},
    {74, ALL_SCOPES, 384, FORM_LONG, "clocks", "power_cap_us", 1000},
    {76, ALL_SCOPES, 384, FORM_LONG, "clocks", "sync_boost_us", 1000},
    {82, ALL_SCOPES, 384, FORM_NUMBER, "thermal", "memory_c", 1},
    {83, ALL_SCOPES, 384, FORM_LONG, "power", "energy_joules", 1000},
    {94, ALL_SCOPES, 384, FORM_NUMBER, "pci", "replays", 1},
    {95, ALL_SCOPES, 450, FORM_NUMBER, "pci", "replay_rollovers", 1},
    {142, ALL_SCOPES, 450, FORM_NUMBER, "remap", "corrected", 1},
    {143, ALL_SCOPES, 450, FORM_NUMBER, "remap", "uncorrected", 1},
    {144, ALL_SCOPES, 450, FORM_FLAG, "remap", "pending", 1},
    {145, ALL_SCOPES, 450, FORM_FLAG, "remap", "failed", 1},
    {185, 0, 535, FORM_NUMBER, "power", "average_watts", 1000},
    {185, 1, 535, FORM_NUMBER, "power", "module_average_watts", 1000},
    {185, 2, 550, FORM_NUMBER, "power", "memory_average_watts", 1000},
    {186, 0, 535, FORM_NUMBER, "power", "instant_watts", 1000},
    {186, 1, 535, FORM_NUMBER, "power", "module_instant_watts", 1000},
    {187, 0, 535, FORM_NUMBER, "power", "min_limit_watts", 1000},
    {187, 1, 535, FORM_NUMBER, "power", "module_min_limit_watts", 1000},
    {188, 0, 535, FORM_NUMBER, "power", "max_limit_watts", 1000},
    {188, 1, 535, FORM_NUMBER, "power", "module_max_limit_watts", 1000},
    {189, 0, 535, FORM_NUMBER, "power", "default_limit_watts", 1000},
    {189, 1, 535, FORM_NUMBER, "power", "module_default_limit_watts", 1000},
    {190, 0, 535, FORM_NUMBER, "power", "limit_watts", 1000},
    {190, 1, 535, FORM_NUMBER, "power", "module_limit_watts", 1000},
    {191, ALL_SCOPES, 535, FORM_LONG, "power", "energy_joules", 1000},
    {192, 0, 535, FORM_NUMBER, "power", "requested_limit_watts", 1000},
    {192, 1, 535, FORM_NUMBER, "power", "module_requested_limit_watts", 1000},
    {193, ALL_SCOPES, 535, FORM_SIGNED, "thermal", "shutdown_margin_c", 1},
    {194, ALL_SCOPES, 535, FORM_SIGNED, "thermal", "slowdown_margin_c", 1},
    {195, ALL_SCOPES, 535, FORM_SIGNED, "thermal", "memory_max_margin_c", 1},
    {196, ALL_SCOPES, 535, FORM_SIGNED, "thermal", "gpu_max_margin_c", 1},
    {269, ALL_SCOPES, 570, FORM_LONG, "clocks", "software_thermal_us", 1000},
    {270, ALL_SCOPES, 570, FORM_LONG, "clocks", "hardware_thermal_us", 1000},
    {271, ALL_SCOPES, 570, FORM_LONG, "clocks", "power_brake_us", 1000},
    {301, ALL_SCOPES, 595, FORM_NUMBER, "remap", "corrected_inactive", 1},
    {302, ALL_SCOPES, 595, FORM_NUMBER, "remap", "uncorrected_inactive", 1},
};

static const struct word recovery_actions[] = {
    {"none", 0}, {"gpu_reset", 1}, {"node_reboot", 2}, {"drain_p2p", 3}, {"drain_and_reset", 4}, {"recover_imex", 5},
    {NULL, 0},
};

static nvmlReturn_t put_unsigned(nvmlFieldValue_t *value, nvmlReturn_t answer, unsigned int number)
{
    value->valueType = VALUE_UINT;
    if (answer == NVML_SUCCESS) {
        value->value.uiVal = number;
    }
    return answer;
}

static nvmlReturn_t put_long(nvmlFieldValue_t *value, nvmlReturn_t answer, unsigned long long number)
{
    value->valueType = VALUE_ULONGLONG;
    if (answer == NVML_SUCCESS) {
        value->value.ullVal = number;
    }
    return answer;
}

static nvmlReturn_t read_key(const struct gpu *gpu, const struct field *field, nvmlFieldValue_t *value)
{
    unsigned int number = 0;
    unsigned long long count = 0;
    nvmlReturn_t answer;
    switch (field->form) {
    case FORM_FLAG:
        answer = answer_flag(gpu, field->group, field->key, &number);
        return put_unsigned(value, answer, number);
    case FORM_NUMBER:
        answer = answer_u32(gpu, field->group, field->key, field->factor, &number);
        return put_unsigned(value, answer, number);
    case FORM_SIGNED:
        answer = answer_u32(gpu, field->group, field->key, field->factor, &number);
        value->valueType = VALUE_INT;
        if (answer == NVML_SUCCESS) {
            value->value.siVal = (int)number;
        }
        return answer;
    default:
        answer = answer_u64(gpu, field->group, field->key, field->factor, &count);
        return put_long(value, answer, count);
    }
}

/* 3-6 totals; 7-17 volatile, 18-28 aggregate by location: corrected before uncorrected, the CBU uncorrected alone. */
static nvmlReturn_t read_ecc(const struct gpu *gpu, unsigned int id, nvmlFieldValue_t *value)
{
    static const char *const locations[] = {"l1", "l2", "dram", "register_file", "texture", "cbu"};
    unsigned long long count = 0;
    nvmlReturn_t answer;
    if (id <= 6) {
        answer = ecc_count(gpu, "", (id - 3) % 2, (id - 3) / 2, &count);
    } else {
        unsigned int place = (id - 7) % 11;
        answer = ecc_count(gpu, locations[place / 2], place == 10 ? 1 : place % 2, (id - 7) / 11, &count);
    }
    return put_long(value, answer, count);
}

static nvmlReturn_t read_link_speed(const struct gpu *gpu, unsigned int link, nvmlFieldValue_t *value)
{
    unsigned int speed = 0;
    nvmlReturn_t answer = nvlink_exists(gpu, link);
    if (answer == NVML_SUCCESS) {
        answer = answer_u32(gpu, "nvlink", "speed_mb_per_second", 1, &speed);
    }
    return put_unsigned(value, answer, nvlink_is_up(gpu, link) ? speed : 0);
}

static nvmlReturn_t read_link_counter(const struct gpu *gpu, unsigned int link, const char *key,
    nvmlFieldValue_t *value)
{
    unsigned long long count = 0;
    nvmlReturn_t answer = nvlink_counter(gpu, link, key, &count);
    return put_long(value, answer, count);
}

/* The fields of one link, which the scope names. */
static nvmlReturn_t read_link(const struct gpu *gpu, unsigned int id, unsigned int link, nvmlFieldValue_t *value)
{
    static const char *const counters[] = {"replay_errors", "recovery_errors", "crc_errors"};
    if (id <= 163) {
        return read_link_counter(gpu, link, counters[id - 161], value);
    }
    if (id == 164) {
        return read_link_speed(gpu, link, value);
    }
    nvmlReturn_t answer = nvlink_exists(gpu, link);
    return put_unsigned(value, answer, id == 165 ? nvlink_is_up(gpu, link) : nvlink_version(gpu));
}

/* Old ids name the link: six and a total from 32 on, links 6 to 11 from 96 on, four kinds of counters each. */
static nvmlReturn_t read_numbered_link(const struct gpu *gpu, unsigned int id, nvmlFieldValue_t *value)
{
    static const char *const kinds[] = {"crc_errors", NULL, "replay_errors", "recovery_errors"};
    bool high = id >= 96;
    const char *key = kinds[high ? (id - 96) / 6 : (id - 32) / 7];
    unsigned int link = high ? 6 + (id - 96) % 6 : (id - 32) % 7;
    if (key == NULL) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    if (!high && link == 6) {
        unsigned long long total = 0;
        nvmlReturn_t answer = nvlink_sum(gpu, 0, key, &total);
        return put_long(value, answer, total);
    }
    return read_link_counter(gpu, link, key, value);
}

/* NVLink 5 counts traffic and errors of a link, which the scope names. 205 and 216 to 218 were never in use. */
static nvmlReturn_t read_link5(const struct gpu *gpu, unsigned int id, unsigned int link, nvmlFieldValue_t *value)
{
    static const struct {
        const char *key;
        bool is_shared;
    } kinds[] = {
        {"xmit_packets", false}, {"xmit_bytes", false}, {"rcv_packets", false}, {"rcv_bytes", false}, {NULL, false},
        {"malformed_packet_errors", true}, {"buffer_overrun_errors", true}, {"rcv_errors", true},
        {"rcv_remote_errors", true}, {"rcv_general_errors", true}, {"local_link_integrity_errors", true},
        {"xmit_discards", true}, {"link_recovery_successful_events", true}, {"link_recovery_failed_events", true},
        {"link_recovery_events", true}, {NULL, false}, {NULL, false}, {NULL, false}, {"effective_errors", true},
        {"effective_ber", false}, {"symbol_errors", true}, {"symbol_ber", false},
    };
    unsigned long long count = 0;
    const char *key = kinds[id - 201].key;
    if (!driver_is_at_least(560)) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    if (key == NULL) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    nvmlReturn_t answer = kinds[id - 201].is_shared ? nvlink_counter(gpu, link, key, &count)
                                                    : nvlink_sum(gpu, link, key, &count);
    return put_long(value, answer, count);
}

static nvmlReturn_t read_other(const struct gpu *gpu, unsigned int id, unsigned int scope, nvmlFieldValue_t *value)
{
    unsigned int number = 0;
    nvmlReturn_t answer;
    if (id >= 3 && id <= 28) {
        return read_ecc(gpu, id, value);
    }
    if ((id >= 32 && id <= 59) || (id >= 96 && id <= 119)) {
        return read_numbered_link(gpu, id, value);
    }
    if (id >= 84 && id <= 90) {
        return read_link_speed(gpu, id == 90 ? 0 : id - 84, value);
    }
    if (id >= 132 && id <= 137) {
        return read_link_speed(gpu, id - 126, value);
    }
    if (id >= 161 && id <= 166 && driver_is_at_least(520)) {
        return read_link(gpu, id, scope, value);
    }
    if (id >= 201 && id <= 222) {
        return read_link5(gpu, id, scope, value);
    }
    if (id == 91 && !gpu_mig_enabled(gpu)) {
        answer = answer_u32(gpu, "nvlink", "links", 1, &number);
        return put_unsigned(value, answer, number);
    }
    if (id == 230 && driver_is_at_least(570)) {
        bool known = word_number(gpu_value(gpu, NULL, "recovery_action"), recovery_actions, &number);
        return put_unsigned(value, known ? NVML_SUCCESS : NVML_ERROR_NOT_SUPPORTED, number);
    }
    return NVML_ERROR_NOT_SUPPORTED;
}

/* The id as the newest header has it. */
static unsigned int newest_id(unsigned int id)
{
    if (!driver_has_old_field_order() || id < 251 || id > 273) {
        return id;
    }
    return id <= 255 ? id + 18 : id - 5;
}

static nvmlReturn_t read_field(const struct gpu *gpu, nvmlFieldValue_t *value)
{
    unsigned int id = newest_id(value->fieldId);
    if (id == 0 || id >= FIELD_LIMIT) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    /* With MIG on, rows and links are not the parent's to tell. */
    if (gpu_mig_enabled(gpu) && ((id >= 142 && id <= 145) || id >= 301)) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct field *field = &fields[i];
        if (field->id == id && (field->scope == ALL_SCOPES || field->scope == value->scopeId)) {
            return driver_is_at_least(field->since) ? read_key(gpu, field, value) : NVML_ERROR_INVALID_ARGUMENT;
        }
    }
    return read_other(gpu, id, value->scopeId, value);
}

static nvmlReturn_t read_with_faults(const struct gpu *gpu, nvmlFieldValue_t *value)
{
    struct fault fault;
    bool struck = fault_of("nvmlDeviceGetFieldValues", gpu->position, value->fieldId, &fault);
    return struck && fault.has_code ? (nvmlReturn_t)fault.code : read_field(gpu, value);
}

DEVICE_CALL(SCOPE_GPU, nvmlDeviceGetFieldValues, (int count, nvmlFieldValue_t *values), (count, values))
{
    struct timespec now;
    if (values == NULL || count <= 0) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    for (int i = 0; i < count; i++) {
        nvmlFieldValue_t *value = &values[i];
        value->timestamp = (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
        value->latencyUsec = 1;
        value->nvmlReturn = (int)read_with_faults(device->gpu, value);
    }
    return NVML_SUCCESS;
}
