#ifndef HWMOCKS_CLOCK_H
#define HWMOCKS_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Monotonic time in whole microseconds, the unit that the patterns are defined in. */
typedef int64_t micros;

#define MICROS_NEVER INT64_MAX
#define MICROS_PER_SECOND 1000000

static inline micros clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (micros)now.tv_sec * MICROS_PER_SECOND + now.tv_nsec / 1000;
}

static inline struct timespec clock_timespec(micros time)
{
    return (struct timespec){
        .tv_sec = (time_t)(time / MICROS_PER_SECOND),
        .tv_nsec = (long)(time % MICROS_PER_SECOND) * 1000,
    };
}

static inline micros clock_from_seconds(double seconds)
{
    return (micros)(seconds * MICROS_PER_SECOND + 0.5);
}

#endif
