#ifndef HWMOCKS_COUNTS_H
#define HWMOCKS_COUNTS_H

#include <stdbool.h>

/* An exported function and how often it was called. Static in the function; linked in at the first call. */
struct call_site {
    const char *function;
    unsigned long long calls;
    struct call_site *next;
};

void counts_open(void);
bool counts_wanted(void);

/* Under the node's lock. */
void counts_add(struct call_site *site);

/* Replaces <pid>.tsv if a call was made since the last time. Not under the node's lock. */
void counts_write(void);

#endif
