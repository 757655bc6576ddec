/* What outlives a sync, pump by pump. */
#include "memory_of_pump.h"

#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/pump/account.h"

struct sync_memory *sync_memory_new(void)
{
    return xcalloc(1, sizeof(struct sync_memory));
}

void sync_memory_free(struct sync_memory *memory)
{
    if (!memory)
        return;
    for (size_t i = 0; i < memory->count; i++) {
        free_secret(memory->pumps[i].serial_number);
        coverage_free(&memory->pumps[i].coverage);
        free(memory->pumps[i].coverage_id);
        free(memory->pumps[i].settled.settings_hash);
    }
    free(memory->pumps);
    free(memory->nightscout_place);
    free(memory);
}

const struct coverage *sync_memory_coverage(const struct sync_memory *memory, size_t pump)
{
    return pump < memory->count ? &memory->pumps[pump].coverage : NULL;
}

bool memory_knows_coverage(const struct sync_memory *memory)
{
    for (size_t i = 0; i < memory->count; i++)
        if (memory->pumps[i].coverage.through != NO_TIME)
            return true;
    return false;
}

struct memory_of_pump *memory_of_pump(struct sync_memory *memory, const char *serial_number)
{
    for (size_t i = 0; i < memory->count; i++)
        if (strcmp(memory->pumps[i].serial_number, serial_number) == 0)
            return &memory->pumps[i];
    memory->pumps = xreallocarray(memory->pumps, memory->count + 1, sizeof *memory->pumps);
    struct memory_of_pump *known = &memory->pumps[memory->count++];
    *known = (struct memory_of_pump){
        .serial_number = xstrdup(serial_number),
        .waiting = NO_TIME,
        .gaps_looked_at = NO_TIME,
        .clock_offset = NO_TIME,
        .settled = {.last_upload = NO_TIME, .newest_event = NO_TIME},
    };
    coverage_init(&known->coverage);
    return known;
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static int64_t latest_claim(const struct pump *pump)
{
    int64_t newest = NO_TIME;
    for (size_t i = 0; i < pump->assignment_count; i++)
        if (pump->assignments[i].newest_event > newest)
            newest = pump->assignments[i].newest_event;
    return newest;
}

bool memory_is_current(const struct memory_of_pump *known, const struct pump *pump)
{
    return pump->last_upload == known->settled.last_upload &&
           latest_claim(pump) == known->settled.newest_event &&
           same_text(pump->settings_hash, known->settled.settings_hash);
}

void memory_note_settled(struct memory_of_pump *known, const struct pump *pump)
{
    free(known->settled.settings_hash);
    known->settled =
        (struct upload_state){pump->last_upload, latest_claim(pump), xstrdup(pump->settings_hash)};
}

void memory_add_witness(struct memory_of_pump *known, struct clock_place since, struct clock_witness witness)
{
    if (known->clock_since.group != since.group || known->clock_since.sequence != since.sequence)
        known->witness_count = 0;
    known->clock_since = since;
    for (size_t i = 0; i < known->witness_count; i++)
        if (known->witnesses[i].upload == witness.upload)
            return;
    if (known->witness_count == CLOCK_WITNESSES) {
        memmove(known->witnesses, known->witnesses + 1, (CLOCK_WITNESSES - 1) * sizeof *known->witnesses);
        known->witness_count--;
    }
    known->witnesses[known->witness_count++] = witness;
}
