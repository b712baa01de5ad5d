/* A library with the right name and none of NVML's symbols. */
__attribute__((visibility("default"))) int unrelated(void)
{
    return 0;
}
