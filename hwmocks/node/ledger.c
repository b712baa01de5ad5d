#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ledger_line *ledger_line_of(struct ledger *ledger, const char *id, micros now)
{
    for (struct ledger_line *line = ledger->lines; line != NULL; line = line->next) {
        if (strcmp(line->id, id) == 0) {
            return line;
        }
    }
    struct ledger_line *line = calloc(1, sizeof *line);
    if (line == NULL) {
        abort();
    }
    snprintf(line->id, sizeof line->id, "%s", id);
    line->first_seen = now;
    line->next = ledger->lines;
    ledger->lines = line;
    return line;
}
