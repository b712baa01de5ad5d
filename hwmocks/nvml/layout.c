/* The layout facts, checked by the compiler that builds the library. */
#include "../nvml_abi.h"
#include "../tests/nvml_layout_asserts.h"

_Static_assert(sizeof(nvmlPciInfo_v2_t) == 52, "nvmlPciInfo_v2_t");
_Static_assert(sizeof(nvmlDeviceAttributes_v1_t) == 24, "nvmlDeviceAttributes_v1_t");
_Static_assert(sizeof(nvmlEventData_v1_t) == 24, "nvmlEventData_v1_t");
_Static_assert(sizeof(nvmlComputeInstanceInfo_v1_t) == 24, "nvmlComputeInstanceInfo_v1_t");
