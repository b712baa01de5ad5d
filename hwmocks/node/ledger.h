#ifndef HWMOCKS_LEDGER_H
#define HWMOCKS_LEDGER_H

#include "clock.h"

#include <stdbool.h>

/*
 * What the process remembers of an "id" for good: when a file first had it, and what became of it. It outlives the
 * file, so an entry that returns keeps its time and its counts.
 */
struct ledger_line {
    struct ledger_line *next;
    char id[64];
    micros first_seen;
    /* An event: on its way in an event set, and handed to a caller. */
    bool queued;
    bool delivered;
    unsigned long long matched;
};

struct ledger {
    struct ledger_line *lines;
};

/* The line of an id; a new one starts now. Lines are never freed, so the pointer stays good. */
struct ledger_line *ledger_line_of(struct ledger *ledger, const char *id, micros now);

#endif
