#include "tap.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define GPU "{'identity':{'uuid':'GPU-1','compute_capability':'9.0'},'recovery_action':'drain_and_reset'," \
            "'power':{'average_watts':68.57,'module_average_watts':400,'limit_watts':700,'energy_joules':12.5}," \
            "'thermal':{'memory_c':37,'shutdown_margin_c':-8},'clocks':{'power_cap_us':7,'software_thermal_us':9}," \
            "'ecc':{'enabled':true,'uncorrected_volatile':5,'dram_uncorrected_aggregate':6,'l1_corrected_volatile':7," \
            "'cbu_uncorrected_volatile':8},'remap':{'corrected':3,'uncorrected_inactive':2,'pending':true}," \
            "'nvlink':{'links':4,'down':[2],'version':4.0,'speed_mb_per_second':26562,'crc_errors':11}," \
            "'utilization':{'sm_percent':40.5}}"

static nvmlFieldValue_t read_field(nvmlDevice_t device, unsigned int id, unsigned int scope)
{
    nvmlFieldValue_t value = {.fieldId = id, .scopeId = scope, .nvmlReturn = -1};
    CHECK_EQUAL(NVML(nvmlDeviceGetFieldValues, device, 1, &value), NVML_SUCCESS);
    return value;
}

static void check_field(nvmlDevice_t device, unsigned int id, unsigned int scope, long long expected)
{
    nvmlFieldValue_t value = read_field(device, id, scope);
    CHECK_EQUAL(value.nvmlReturn, NVML_SUCCESS);
    long long actual = value.valueType == VALUE_UINT ? (long long)value.value.uiVal
        : value.valueType == VALUE_INT               ? value.value.siVal
                                                     : (long long)value.value.ullVal;
    CHECK_EQUAL(actual, expected);
    CHECK(value.timestamp > 0);
}

TEST(fields_answer_with_their_unit_and_type)
{
    use_scenario(GPU, "");
    nvmlDevice_t device = first_gpu();
    check_field(device, 1, 0, 1);
    check_field(device, 4, 0, 5);
    check_field(device, 7, 0, 7);
    check_field(device, 17, 0, 8);
    check_field(device, 23, 0, 6);
    check_field(device, 74, 0, 7000);
    check_field(device, 82, 0, 37);
    check_field(device, 83, 0, 12500);
    check_field(device, 91, 0, 4);
    check_field(device, 142, 0, 3);
    check_field(device, 144, 0, 1);
    check_field(device, 185, 0, 68570);
    check_field(device, 185, 1, 400000);
    check_field(device, 190, 0, 700000);
    check_field(device, 193, 0, -8);
    check_field(device, 230, 0, 4);
    check_field(device, 269, 0, 9000);
}

TEST(link_fields_take_the_link_as_scope)
{
    use_scenario(GPU, "");
    nvmlDevice_t device = first_gpu();
    check_field(device, 164, 1, 26562);
    check_field(device, 164, 2, 0);
    check_field(device, 165, 2, 0);
    check_field(device, 165, 3, 1);
    check_field(device, 166, 0, 6);
    check_field(device, 163, 0, 11);
    check_field(device, 163, 1, 0);
    check_field(device, 38, 0, 11);
    CHECK_EQUAL(read_field(device, 165, 4).nvmlReturn, NVML_ERROR_INVALID_ARGUMENT);
}

#define LINKS(more) "{'identity':{'uuid':'GPU-1'},'nvlink':{'links':4,'version':5.0,'crc_errors':11,'replay_errors':2," \
                    "'xmit_bytes':7000000000,'rcv_packets':5,'symbol_errors':3,'symbol_ber':271" more "}}"

TEST(errors_are_those_of_the_links_that_share_them)
{
    use_scenario(LINKS(",'error_links':[1,3]"), "");
    nvmlDevice_t device = first_gpu();
    check_field(device, 163, 0, 0);
    check_field(device, 163, 1, 6);
    check_field(device, 163, 2, 0);
    check_field(device, 163, 3, 5);
    check_field(device, 161, 1, 1);
    check_field(device, 161, 3, 1);
    check_field(device, 32, 0, 0);
    check_field(device, 33, 0, 6);
    check_field(device, 38, 0, 11);
    unsigned long long count = 0;
    CHECK_EQUAL(NVML(nvmlDeviceGetNvLinkErrorCounter, device, 3, 2, &count), NVML_SUCCESS);
    CHECK_EQUAL(count, 5);
}

TEST(nvlink_5_counts_the_traffic_and_errors_of_a_link)
{
    use_scenario(LINKS(",'error_links':[2]"), "");
    nvmlDevice_t device = first_gpu();
    check_field(device, 202, 0, 7000000000);
    check_field(device, 202, 3, 7000000000);
    check_field(device, 203, 1, 5);
    check_field(device, 221, 0, 0);
    check_field(device, 221, 2, 3);
    check_field(device, 222, 1, 271);
    CHECK_EQUAL(read_field(device, 201, 0).nvmlReturn, NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(read_field(device, 205, 0).nvmlReturn, NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(read_field(device, 216, 0).nvmlReturn, NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(read_field(device, 221, 4).nvmlReturn, NVML_ERROR_INVALID_ARGUMENT);
    change_scenario(LINKS(""), ",'timeline':[{'id':'old','at':0,'driver':{'version':'550.54.14'}}]");
    CHECK_EQUAL(read_field(device, 202, 0).nvmlReturn, NVML_ERROR_INVALID_ARGUMENT);
}

TEST(each_field_has_a_code_of_its_own)
{
    nvmlFieldValue_t *values = guarded(4 * sizeof *values);
    static const unsigned int ids[] = {82, 94, 9999, 185};
    use_scenario(GPU, ",'calls':[{'id':'f','function':'nvmlDeviceGetFieldValues','field':82,'return':'NOT_READY',"
                      "'times':1}]");
    nvmlDevice_t device = first_gpu();
    for (int i = 0; i < 4; i++) {
        values[i].fieldId = ids[i];
    }
    CHECK_EQUAL(NVML(nvmlDeviceGetFieldValues, device, 4, values), NVML_SUCCESS);
    CHECK_GUARD(values);
    CHECK_EQUAL(values[0].nvmlReturn, NVML_ERROR_NOT_READY);
    CHECK_EQUAL(values[1].nvmlReturn, NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(values[2].nvmlReturn, NVML_ERROR_INVALID_ARGUMENT);
    CHECK_EQUAL(values[3].nvmlReturn, NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlDeviceGetFieldValues, device, 0, values), NVML_ERROR_INVALID_ARGUMENT);
}

static void use_driver(const char *id, const char *version)
{
    char rest[160] = ",'timeline':[{'id':'";
    strcat(strcat(strcat(strcat(rest, id), "','at':0,'driver':{'version':'"), version), "'}}]");
    change_scenario(GPU, rest);
}

TEST(a_field_needs_the_driver_that_brought_it_and_its_numbering)
{
    use_scenario(GPU, "");
    nvmlDevice_t device = first_gpu();
    use_driver("old", "470.57.02");
    CHECK_EQUAL(read_field(device, 185, 0).nvmlReturn, NVML_ERROR_INVALID_ARGUMENT);
    check_field(device, 82, 0, 37);
    use_driver("newest", "610.57.04");
    check_field(device, 302, 0, 2);
    use_driver("renumbered", "575.57.08");
    check_field(device, 251, 0, 9000);
    CHECK_EQUAL(read_field(device, 269, 0).nvmlReturn, NVML_ERROR_NOT_SUPPORTED);
}

TEST(gpm_needs_two_samples_apart)
{
    nvmlGpmSample_t first;
    nvmlGpmSample_t second;
    nvmlGpmMetricsGet_t *request = guarded(24 + 3 * sizeof(nvmlGpmMetric_t));
    use_scenario(GPU, "");
    nvmlDevice_t device = first_gpu();
    CHECK_EQUAL(NVML(nvmlGpmSampleAlloc, &first), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlGpmSampleAlloc, &second), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlGpmSampleGet, device, first), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlGpmSampleGet, device, second), NVML_SUCCESS);
    *(unsigned int *)request = 1;
    ((unsigned int *)request)[1] = 3;
    ((nvmlGpmSample_t *)request)[1] = first;
    ((nvmlGpmSample_t *)request)[2] = second;
    nvmlGpmMetric_t *metrics = (nvmlGpmMetric_t *)((char *)request + 24);
    metrics[0].metricId = 2;
    metrics[1].metricId = 10;
    metrics[2].metricId = 20;
    CHECK_EQUAL(NVML(nvmlGpmMetricsGet, request), NVML_SUCCESS);
    CHECK(isnan(metrics[0].value));
    usleep(110000);
    CHECK_EQUAL(NVML(nvmlGpmSampleGet, device, second), NVML_SUCCESS);
    CHECK_EQUAL(NVML(nvmlGpmMetricsGet, request), NVML_SUCCESS);
    CHECK_EQUAL(metrics[0].nvmlReturn, NVML_SUCCESS);
    CHECK(metrics[0].value == 40.5);
    CHECK_EQUAL(metrics[1].nvmlReturn, NVML_ERROR_NOT_SUPPORTED);
    CHECK_EQUAL(metrics[2].nvmlReturn, NVML_ERROR_NOT_SUPPORTED);
    CHECK_GUARD(request);
    *(unsigned int *)request = 2;
    CHECK_EQUAL(NVML(nvmlGpmMetricsGet, request), NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
    NVML(nvmlShutdown);
    first_gpu();
    CHECK_EQUAL(NVML(nvmlGpmSampleGet, device, first), NVML_ERROR_INVALID_ARGUMENT);
    CHECK_EQUAL(NVML(nvmlGpmSampleFree, first), NVML_ERROR_INVALID_ARGUMENT);
}
