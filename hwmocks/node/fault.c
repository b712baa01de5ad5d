#include "fault.h"

#include "counts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const code_names[] = {
    "SUCCESS", "UNINITIALIZED", "INVALID_ARGUMENT", "NOT_SUPPORTED", "NO_PERMISSION", "ALREADY_INITIALIZED",
    "NOT_FOUND", "INSUFFICIENT_SIZE", "INSUFFICIENT_POWER", "DRIVER_NOT_LOADED", "TIMEOUT", "IRQ_ISSUE",
    "LIBRARY_NOT_FOUND", "FUNCTION_NOT_FOUND", "CORRUPTED_INFOROM", "GPU_IS_LOST", "RESET_REQUIRED",
    "OPERATING_SYSTEM", "LIB_RM_VERSION_MISMATCH", "IN_USE", "MEMORY", "NO_DATA", "VGPU_ECC_NOT_SUPPORTED",
    "INSUFFICIENT_RESOURCES", "FREQ_NOT_SUPPORTED", "ARGUMENT_VERSION_MISMATCH", "DEPRECATED", "NOT_READY",
    "GPU_NOT_FOUND", "INVALID_STATE", "RESET_TYPE_NOT_SUPPORTED",
};

int return_code(const json_t *code)
{
    if (json_is_number(code)) {
        return (int)(long long)json_number_value(code);
    }
    for (size_t i = 0; i < sizeof code_names / sizeof *code_names; i++) {
        if (strcmp(code_names[i], json_string_value(code)) == 0) {
            return (int)i;
        }
    }
    return 999;
}

/* "nvmlInit" means every version of it, "nvmlDeviceGet*" every name that starts so. */
static bool name_matches(const char *wanted, const char *function)
{
    size_t length = strlen(wanted);
    if (wanted[length - 1] == '*') {
        return strncmp(wanted, function, length - 1) == 0;
    }
    if (strncmp(wanted, function, length) != 0) {
        return false;
    }
    const char *rest = function + length;
    return *rest == '\0' || (rest[0] == '_' && rest[1] == 'v' && isdigit((unsigned char)rest[2]) && rest[3] == '\0');
}

static bool entry_matches(const struct fault_entry *entry, const char *function, int gpu, long long field)
{
    bool any_gpu = entry->gpu == SELECT_NONE || (entry->gpu == SELECT_ALL && gpu >= 0);
    return (any_gpu || entry->gpu == gpu) && entry->field == field && name_matches(entry->function, function)
        && node.now >= entry->from && node.now < entry->until;
}

bool fault_of(const char *function, int gpu, long long field, struct fault *fault)
{
    bool decided = false;
    for (size_t i = 0; i < node.scenario->fault_count; i++) {
        const struct fault_entry *entry = &node.scenario->faults[i];
        if (!entry_matches(entry, function, gpu, field)) {
            continue;
        }
        unsigned long long before = entry->line->matched++;
        bool affected = before >= entry->after_calls && before - entry->after_calls < entry->times;
        if (affected && !decided) {
            decided = true;
            snprintf(fault->id, sizeof fault->id, "%s", entry->line->id);
            fault->has_code = entry->code != NULL;
            fault->code = entry->code == NULL ? 0 : return_code(entry->code);
            fault->delay_ms = entry->delay_ms;
            fault->hang = entry->hang;
            fault->holds_lock = entry->holds_lock;
            fault->crash = entry->crash;
            fault->until = entry->until;
        }
    }
    return decided;
}

static bool still_hangs(const struct fault *fault)
{
    for (size_t i = 0; i < node.scenario->fault_count; i++) {
        const struct fault_entry *entry = &node.scenario->faults[i];
        if (strcmp(entry->line->id, fault->id) == 0) {
            return entry->hang && node.now < entry->until;
        }
    }
    return false;
}

void fault_suffer(const struct fault *fault)
{
    if (fault->holds_lock) {
        node_hold_driver(true);
    }
    node_pause(fault->delay_ms);
    while (fault->hang && still_hangs(fault)) {
        node_wait(fault->until);
    }
    if (fault->holds_lock) {
        node_hold_driver(false);
    }
    if (fault->crash) {
        node_unlock();
        counts_write();
        abort();
    }
}
