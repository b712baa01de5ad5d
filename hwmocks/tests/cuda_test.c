#include "tap.h"

#include "../cuda_abi.h"

#include <stdlib.h>
#include <string.h>

#define SLOW "{'identity':{'uuid':'GPU-00000001-0000-0000-0000-0000000000aa','name':'Slow'}," \
             "'pci':{'bus_id':'00000000:01:00.0'},'clocks':{'max_sm_mhz':1000},'cuda':{'sm_count':40}}"
#define FAST "{'identity':{'uuid':'GPU-00000002-0000-0000-0000-0000000000bb','name':'Fast'}," \
             "'pci':{'bus_id':'00000000:02:00.0'},'clocks':{'max_sm_mhz':2000},'cuda':{'sm_count':132," \
             "'l2_cache_kib':51200,'copy_engines':3,'integrated':false,'total_memory_mib':1024.5}}"

static void check_name(CUdevice device, const char *expected)
{
    char name[96];
    CHECK_EQUAL(CUDA(cuDeviceGetName, name, 96, device), CUDA_SUCCESS);
    CHECK_TEXT(name, expected);
}

TEST(cuda_answers_what_the_scenario_says)
{
    int value;
    size_t bytes;
    CUuuid uuid;
    char text[16];
    use_scenario(SLOW "," FAST, "");
    setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID", 1);
    CHECK_EQUAL(CUDA(cuDeviceGetCount, &value), CUDA_ERROR_NOT_INITIALIZED);
    CHECK_EQUAL(CUDA(cuInit, 0), CUDA_SUCCESS);
    CHECK_EQUAL(CUDA(cuDeviceGetCount, &value), CUDA_SUCCESS);
    CHECK_EQUAL(value, 2);
    check_name(0, "Slow");
    check_name(1, "Fast");
    CHECK_EQUAL(CUDA(cuDeviceGetAttribute, &value, 16, 1), CUDA_SUCCESS);
    CHECK_EQUAL(value, 132);
    CHECK_EQUAL(CUDA(cuDeviceGetAttribute, &value, 38, 1), CUDA_SUCCESS);
    CHECK_EQUAL(value, 51200 * 1024);
    CHECK_EQUAL(CUDA(cuDeviceGetAttribute, &value, 18, 1), CUDA_SUCCESS);
    CHECK_EQUAL(value, 0);
    CHECK_EQUAL(CUDA(cuDeviceGetAttribute, &value, 38, 0), CUDA_ERROR_INVALID_VALUE);
    CHECK_EQUAL(CUDA(cuDeviceGetAttribute, &value, 16, 2), CUDA_ERROR_INVALID_DEVICE);
    CHECK_EQUAL(CUDA(cuDeviceTotalMem_v2, &bytes, 1), CUDA_SUCCESS);
    CHECK_EQUAL(bytes, 1024 * 1048576 + 524288);
    CHECK_EQUAL(CUDA(cuDeviceGetUuid_v2, &uuid, 1), CUDA_SUCCESS);
    CHECK_EQUAL(uuid.bytes[3], 2);
    CHECK_EQUAL(uuid.bytes[15], 0xBB);
    CHECK_EQUAL(CUDA(cuDeviceGetPCIBusId, text, 16, 1), CUDA_SUCCESS);
    CHECK_TEXT(text, "0000:02:00.0");
    CHECK_EQUAL(CUDA(cuDriverGetVersion, &value), CUDA_SUCCESS);
    CHECK_EQUAL(value, 13000);
}

TEST(cuda_order_is_its_own_unless_asked)
{
    use_scenario(SLOW "," FAST, "");
    unsetenv("CUDA_DEVICE_ORDER");
    CHECK_EQUAL(CUDA(cuInit, 0), CUDA_SUCCESS);
    check_name(0, "Fast");
    check_name(1, "Slow");
}

TEST(cuda_visible_devices_hides_the_others)
{
    int count;
    use_scenario(SLOW "," FAST, "");
    setenv("CUDA_VISIBLE_DEVICES", "GPU-00000001,7,0", 1);
    CHECK_EQUAL(CUDA(cuInit, 0), CUDA_SUCCESS);
    CHECK_EQUAL(CUDA(cuDeviceGetCount, &count), CUDA_SUCCESS);
    CHECK_EQUAL(count, 1);
    check_name(0, "Slow");
}

TEST(cuda_without_a_device_says_so)
{
    use_scenario(SLOW, "");
    setenv("CUDA_VISIBLE_DEVICES", "", 1);
    CHECK_EQUAL(CUDA(cuInit, 0), CUDA_ERROR_NO_DEVICE);
    unsetenv("CUDA_VISIBLE_DEVICES");
    change_scenario(SLOW, ",'timeline':[{'id':'m','at':0,'driver':{'state':'version_mismatch'}}]");
    CHECK_EQUAL(CUDA(cuInit, 0), CUDA_ERROR_SYSTEM_DRIVER_MISMATCH);
}

TEST(cuda_sees_one_mig_device)
{
    int count;
    CUuuid uuid;
    use_scenario("{'identity':{'uuid':'GPU-00000001-0000-0000-0000-0000000000aa','name':'P'},'cuda':{'sm_count':132},"
                 "'mig':{'enabled':true,'instances':[{'slot':0,'gpu_instance':9,'compute_instance':0,"
                 "'uuid':'MIG-00000009-0000-0000-0000-000000000000','name':'P MIG 1g','sm_count':16},"
                 "{'slot':1,'gpu_instance':10,'compute_instance':0,"
                 "'uuid':'MIG-0000000a-0000-0000-0000-000000000000','name':'P MIG 1g','sm_count':16}]}}", "");
    CHECK_EQUAL(CUDA(cuInit, 0), CUDA_SUCCESS);
    CHECK_EQUAL(CUDA(cuDeviceGetCount, &count), CUDA_SUCCESS);
    CHECK_EQUAL(count, 1);
    CHECK_EQUAL(CUDA(cuDeviceGetAttribute, &count, 16, 0), CUDA_SUCCESS);
    CHECK_EQUAL(count, 16);
    CHECK_EQUAL(CUDA(cuDeviceGetUuid_v2, &uuid, 0), CUDA_SUCCESS);
    CHECK_EQUAL(uuid.bytes[3], 9);
    CHECK_EQUAL(CUDA(cuDeviceGetUuid, &uuid, 0), CUDA_SUCCESS);
    CHECK_EQUAL(uuid.bytes[3], 1);
}

TEST(cuda_functions_are_found_by_name)
{
    void *function = NULL;
    int status = 9;
    use_scenario(SLOW, "");
    CHECK_EQUAL(CUDA(cuGetProcAddress_v2, "cuDeviceGetUuid", &function, 13000, 0ull, &status), CUDA_SUCCESS);
    CHECK(function == library_symbol("libcuda.so.1", "cuDeviceGetUuid_v2"));
    CHECK_EQUAL(status, 0);
    CHECK_EQUAL(CUDA(cuGetProcAddress, "cuNoSuch", &function, 13000, 0ull), CUDA_ERROR_NOT_FOUND);
}

TEST(cuda_calls_may_fail)
{
    int count;
    use_scenario(SLOW, ",'calls':[{'id':'c','function':'cuInit','return':999,'times':1}]");
    CHECK_EQUAL(CUDA(cuInit, 0), CUDA_ERROR_UNKNOWN);
    CHECK_EQUAL(CUDA(cuInit, 0), CUDA_SUCCESS);
    CHECK_EQUAL(CUDA(cuDeviceGetCount, &count), CUDA_SUCCESS);
}
