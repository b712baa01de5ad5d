/* The same library with a number of GPUs that is none. */
#define GPU_COUNT 0xFFFFFFFFu
#include "garbled.c"
