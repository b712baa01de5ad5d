#ifndef HWMOCKS_FAULT_H
#define HWMOCKS_FAULT_H

#include "node.h"

/* What a call is made to do instead of answering. */
struct fault {
    char id[64];
    bool has_code;
    int code;
    double delay_ms;
    bool hang;
    bool holds_lock;
    bool crash;
    micros until;
};

/*
 * Under the lock: counts the call in every entry that matches it and returns what the first one in effect wants.
 * "gpu" is a position or SELECT_NONE. "field" is -1 for the call itself.
 */
bool fault_of(const char *function, int gpu, long long field, struct fault *fault);

/* Under the lock, which is let go meanwhile: takes the time, hangs or aborts. */
void fault_suffer(const struct fault *fault);

/* The number of a return code's name or number. */
int return_code(const json_t *code);

#endif
