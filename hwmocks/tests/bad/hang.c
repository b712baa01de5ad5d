/* A library that never finishes loading: whoever opens it keeps the loader's lock for good. */
#include <unistd.h>

__attribute__((visibility("default"))) int nvmlInit_v2(void);
__attribute__((visibility("default"))) int cuInit(unsigned int flags);

__attribute__((constructor)) static void load(void)
{
    for (;;) {
        pause();
    }
}

int nvmlInit_v2(void)
{
    return 0;
}

int cuInit(unsigned int flags)
{
    return (int)flags;
}
