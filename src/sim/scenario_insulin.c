/* What the made-up pump delivered in a day: basal, and when it was suspended. */
#include "scenario.h"

#include "clock.h"

#define NO_RATE 65535

enum rate_source { SUSPENDED, PROFILE, TEMP_RATE, ALGORITHM, TEMP_RATE_AND_ALGORITHM };

int32_t profile_rate(const struct history *history, int64_t line)
{
    int64_t wall = history_wall(history, line), second_of_day = wall - clock_day(wall) * DAY;
    return second_of_day < 8 * 3600 ? 800 : second_of_day < 17 * 3600 ? 1200 : 950;
}

/* ---- suspensions ---- */

struct suspend_plan {
    int32_t every, on; /* on days whose number modulo every is on */
    int32_t second, spread, length, reason;
    int32_t alarm;  /* logged just before, -1: none */
    int32_t remind; /* the reminder to resume, logged after that many seconds, 0: none */
    bool new_cartridge;
};

static const struct suspend_plan suspend_plans[] = {
    {.every = 2,
     .on = 0,
     .second = 24000,
     .spread = 600,
     .length = 1500,
     .reason = 0,
     .alarm = -1,
     .remind = 900},
    {.every = 3,
     .on = 1,
     .second = 61200,
     .spread = 900,
     .length = 700,
     .reason = 0,
     .alarm = -1,
     .new_cartridge = true},
    {.every = 4, .on = 1, .second = 11400, .spread = 700, .length = 1620, .reason = 6, .alarm = -1},
    {.every = 6, .on = 2, .second = 85500, .spread = 400, .length = 1800, .reason = 6, .alarm = -1},
    {.every = 7,
     .on = 2,
     .second = 65000,
     .spread = 300,
     .length = 560,
     .reason = 1,
     .alarm = 2,
     .remind = 300},
    {.every = 23, .on = 9, .second = 8100, .spread = 300, .length = 2400, .reason = 2, .alarm = -1},
};

static void build_cartridge(struct builder *builder, int64_t line, int64_t origin)
{
    int32_t volume = 120 + pick(builder->history, origin, 40, 180);
    bool old_style = origin % 2 == 0;
    BUILD(builder, line + 180, CODE_CARTRIDGE, old_style ? 0 : volume, old_style ? volume : 0);
    BUILD(builder, line + 300, CODE_TUBING, origin % 4 < 2 ? -1 : 10 + pick(builder->history, origin, 41, 8),
          3);
    if (builder->history->rare) {
        BUILD(builder, line + 420, CODE_CANNULA, 0, 0);
        BUILD(builder, line + 480, CODE_CANNULA, 0, 5);
    }
    BUILD(builder, line + 560, CODE_CANNULA, (origin % 5) * 150, 3);
}

enum suspended_rate { AT_ONCE, LATE, NEVER };

/* The pump logs the rate of 0 minutes after the suspension at times, with an alarm sometimes not at all. */
static void build_suspended_rate(struct builder *builder, int64_t from, int64_t to, enum suspended_rate when)
{
    int64_t logged = when == LATE ? from + 136 : from;
    builder->quiet[builder->quiet_count++] = (struct interval){from, when == NEVER ? to : logged};
    if (when != NEVER)
        BUILD(builder, logged, CODE_BASAL, SUSPENDED, 0, profile_rate(builder->history, from), 0, NO_RATE);
}

/* A pump that is switched off, or whose battery dies, says so last. */
static void build_shutdowns(struct builder *builder)
{
    const struct history *history = builder->history;
    for (size_t i = 0; history->rare && i < history->off_count; i++) {
        BUILD(builder, history->off[i].from - 1, CODE_ALARM, 12, 0);
        BUILD(builder, history->off[i].from - 1, CODE_STATE, 0, 0, 1 << 6);
    }
}

void build_suspends(struct builder *builder, int64_t origin)
{
    for (size_t i = 0; i < sizeof suspend_plans / sizeof *suspend_plans; i++) {
        const struct suspend_plan *plan = &suspend_plans[i];
        if (cycle(builder->history, origin) % plan->every != plan->on)
            continue;
        int64_t from =
            origin * DAY + plan->second + pick(builder->history, origin, 20 + (unsigned)i, plan->spread);
        int64_t to = from + plan->length;
        int32_t left = 40 + pick(builder->history, origin, 30 + (unsigned)i, 120);
        builder->suspended[builder->suspended_count++] = (struct interval){from, to};
        if (plan->alarm >= 0)
            BUILD(builder, from, CODE_ALARM, plan->alarm, pick(builder->history, origin, 50, 9000));
        if (plan->reason == 2)
            BUILD(builder, from, CODE_MALFUNCTION, 3 + pick(builder->history, origin, 51, 20));
        BUILD(builder, from, CODE_SUSPENDED, plan->reason, left);
        build_suspended_rate(builder, from, to, builder->history->rare ? i % 3 : AT_ONCE);
        if (builder->history->rare) {
            BUILD(builder, from, CODE_STATE, 0, 0, 1 << 4);
            BUILD(builder, to, CODE_STATE, 0, 0, 1 << 5);
        }
        if (plan->remind)
            BUILD(builder, from + plan->remind, CODE_ALARM, origin % 3 ? 18 : 23, 0);
        if (plan->new_cartridge)
            build_cartridge(builder, from, origin);
        BUILD(builder, to, CODE_RESUMED, left);
        BUILD(builder, to, CODE_BASAL, PROFILE, profile_rate(builder->history, to),
              profile_rate(builder->history, to), NO_RATE, NO_RATE);
    }
}

static bool is_in(const struct interval *intervals, size_t count, int64_t line)
{
    for (size_t i = 0; i < count; i++)
        if (line >= intervals[i].from && line < intervals[i].to)
            return true;
    return false;
}

static bool suspended_at(const struct builder *builder, int64_t line)
{
    return is_in(builder->suspended, builder->suspended_count, line);
}

/* ---- basal ---- */

static enum rate_source source_at(const struct builder *builder, int64_t line)
{
    int64_t second = line % DAY;
    bool temporary = cycle(builder->history, builder->day) % 5 == 3 && second >= 36000 && second < 40500;
    if (suspended_at(builder, line))
        return SUSPENDED;
    if (temporary)
        return builder->day % 2 ? TEMP_RATE : TEMP_RATE_AND_ALGORITHM;
    return pick(builder->history, builder->day, 2000 + (unsigned)(second / 3600), 12) == 0 ? PROFILE
                                                                                           : ALGORITHM;
}

static void build_rate(struct builder *builder, int64_t line, unsigned salt)
{
    enum rate_source source = source_at(builder, line);
    int32_t profile = profile_rate(builder->history, line);
    int32_t dice = pick(builder->history, builder->day, salt, 2500);
    /* Often nothing at all, at times too little to count, at times a burst. */
    int32_t algorithm = dice < 350 ? 0 : dice < 400 ? dice % 10 : profile * dice / 1000;
    int32_t temporary = profile * 8 / 10;
    int32_t rate[] = {
        [SUSPENDED] = 0,
        [PROFILE] = profile,
        [TEMP_RATE] = temporary,
        [ALGORITHM] = algorithm,
        [TEMP_RATE_AND_ALGORITHM] = temporary / 2 + algorithm / 2,
    };
    bool by_algorithm = source == ALGORITHM || source == TEMP_RATE_AND_ALGORITHM;
    bool by_temporary = source == TEMP_RATE || source == TEMP_RATE_AND_ALGORITHM;
    BUILD(builder, line, CODE_BASAL, (int32_t)source, rate[source], profile,
          by_algorithm ? algorithm : NO_RATE, by_temporary ? temporary : NO_RATE);
}

void build_basal(struct builder *builder)
{
    build_shutdowns(builder);
    for (unsigned slot = 0; slot < 288; slot++) {
        int64_t line = builder->from + slot * 300 + 20 + pick(builder->history, builder->day, 3000 + slot, 5);
        /* A rate that stays as it is, is not always logged again. */
        if (pick(builder->history, builder->day, 4000 + slot, 45) == 0 ||
            is_in(builder->quiet, builder->quiet_count, line))
            continue;
        build_rate(builder, line, 5000 + slot);
        if (slot == 150 && cycle(builder->history, builder->day) % 3 == 1)
            build_rate(builder, line, 6000);
    }
}
