#ifndef HWMOCKS_PATTERN_H
#define HWMOCKS_PATTERN_H

#include "clock.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define SELECT_ALL (-1)
#define SELECT_NONE (-2)

/* A number that is a function of time (docs/scenarios.md, "Patterns"). Texts belong to the scenario's JSON. */
struct pattern {
    int gpu;
    int slot;
    char group[32];
    const char *key;
    bool integer;
    double minimum;
    double maximum;
    enum { SHAPE_CONSTANT, SHAPE_SINE, SHAPE_TRIANGLE, SHAPE_SQUARE, SHAPE_STEPS, SHAPE_COUNTER } shape;
    double low;
    double high;
    double rate;
    micros period;
    micros phase;
    const json_t *steps;
};

/* False: the entry names no number, with the reason in "reason". "gpu" is left to the caller. */
bool pattern_parse(const json_t *entry, struct pattern *pattern, const char **reason);

double pattern_value(const struct pattern *pattern, micros time);

#endif
