/* What the made-up pump delivered in a day: basal, suspensions, boluses. */
#include "history.h"

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
    {.every = 4, .on = 1, .second = 11400, .spread = 700, .length = 1620,          .reason = 6,                   .alarm = -1                                    },
    {.every = 6,          .on = 2,          .second = 85500,          .spread = 400, .length = 1800, .reason = 6,.alarm = -1},
    {.every = 7,
     .on = 2,
     .second = 65000,
     .spread = 300,
     .length = 560,
     .reason = 1,
     .alarm = 2,
     .remind = 300},
    {.every = 23,            .on = 9,           .second = 8100,                    .spread = 300,                 .length = 2400,                       .reason = 2,                     .alarm = -1                    },
};

static void build_cartridge(struct builder *builder, int64_t line, int64_t origin)
{
    int32_t volume = 120 + pick(builder->history, origin, 40, 180);
    bool old_style = origin % 2 == 0;
    BUILD(builder, line + 180, CODE_CARTRIDGE, old_style ? 0 : volume, old_style ? volume : 0);
    BUILD(builder, line + 300, CODE_TUBING, origin % 4 < 2 ? -1 : 10 + pick(builder->history, origin, 41, 8),
          3);
    BUILD(builder, line + 560, CODE_CANNULA, (origin % 5) * 150, 3);
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
        BUILD(builder, from, CODE_BASAL, SUSPENDED, 0, profile_rate(builder->history, from), 0, NO_RATE);
        if (plan->remind)
            BUILD(builder, from + plan->remind, CODE_ALARM, origin % 3 ? 18 : 23, 0);
        if (plan->new_cartridge)
            build_cartridge(builder, from, origin);
        BUILD(builder, to, CODE_RESUMED, left);
        BUILD(builder, to, CODE_BASAL, PROFILE, profile_rate(builder->history, to),
              profile_rate(builder->history, to), NO_RATE, NO_RATE);
    }
}

bool suspended_at(const struct builder *builder, int64_t line)
{
    for (size_t i = 0; i < builder->suspended_count; i++)
        if (line >= builder->suspended[i].from && line < builder->suspended[i].to)
            return true;
    return false;
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
    for (unsigned slot = 0; slot < 288; slot++) {
        int64_t line = builder->from + slot * 300 + 20 + pick(builder->history, builder->day, 3000 + slot, 5);
        /* A rate that stays as it is, is not always logged again. */
        if (pick(builder->history, builder->day, 4000 + slot, 45) == 0)
            continue;
        build_rate(builder, line, 5000 + slot);
        if (slot == 150 && cycle(builder->history, builder->day) % 3 == 1)
            build_rate(builder, line, 6000);
    }
}

/* ---- boluses ---- */

enum bolus_flag {
    CARBS = 1,
    CORRECTION = 2,
    OVERRIDE = 4,
    DECLINED = 8,
    NO_REQUEST = 16,  /* the requests were lost */
    SAME_SECOND = 32, /* ends in the very second in which the row before did */
};

struct bolus_plan {
    int32_t every, on, second, spread;
    int32_t option; /* 65's */
    int32_t least, most;
    int32_t extended_minutes, percent_now;
    int32_t status;    /* completionStatus */
    int32_t delivered; /* percent of what was asked */
    unsigned flags;
};

#define PLAIN .percent_now = 100, .status = 3, .delivered = 100

static const struct bolus_plan bolus_plans[] = {
    {.every = 1,
     .second = 28500,
     .spread = 2400,
     .option = 4,
     .least = 2000,
     .most = 7000,
     PLAIN,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         .flags = CARBS                                                                                                                                                                                                                                                                                                    },
    {                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 .every = 1,
     .second = 43800,
     .spread = 2400,
     .option = 0,
     .least = 2500,
     .most = 8000,
     PLAIN,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            .flags = CARBS | CORRECTION                                                                                                                                                                                                                                                                                                                  },
    {                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        .every = 1,
     .second = 67200,
     .spread = 1800,
     .option = 4,
     .least = 1500,
     .most = 9000,
     PLAIN,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       .flags = CARBS                                                                                                                                                                                                                                                                                                         },
    {                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     .every = 1,
     .second = 37200,
     .spread = 3000,
     .option = 3,
     .least = 300,
     .most = 2100,
     PLAIN,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       .flags = CORRECTION                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   },
    {                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      .every = 1,
     .second = 6000,
     .spread = 1500,
     .option = 3,
     .least = 200,
     .most = 1900,
     PLAIN,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               .flags = CORRECTION                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   },
    {                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         .every = 1,
     .second = 76500,
     .spread = 1500,
     .option = 3,
     .least = 200,
     .most = 2500,
     PLAIN,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               .flags = CORRECTION                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    },
    {                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         .every = 7,
     .on = 3,
     .second = 73000,
     .spread = 300,
     .option = 1,
     .least = 3000,
     .most = 5000,
     .extended_minutes = 60,
     .percent_now = 0,
     .status = 0,
     .delivered = 55,
     .flags = CARBS | SAME_SECOND},
    {                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                .every = 2,   .on = 1,         .second = 55800,                                   .spread = 1200,                                                .option = 2,                                                                            .least = 1000,                                                                                     .most = 3000,                                                                                                                                                                                                 PLAIN                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          },
    {                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     .every = 3,
     .on = 0,
     .second = 81900,
     .spread = 900,
     .option = 0,
     .least = 800,
     .most = 2400,
     PLAIN,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           .flags = OVERRIDE | CORRECTION},
    {                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     .every = 4,
     .on = 2,
     .second = 34800,
     .spread = 900,
     .option = 4,
     .least = 800,
     .most = 2400,
     PLAIN,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           .flags = DECLINED | CARBS},
    {                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     .every = 8,
     .on = 5,
     .second = 35900,
     .spread = 300,
     .option = 4,
     .least = 1000,
     .most = 2400,
     PLAIN,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           .flags = DECLINED | OVERRIDE | CARBS},
    {                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     .every = 3,
     .on = 2,
     .second = 70200,
     .spread = 900,
     .option = 5,
     .least = 3000,
     .most = 8000,
     .extended_minutes = 120,
     .percent_now = 60,
     .status = 3,
     .delivered = 100,
     .flags = CARBS},
    {                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    .every = 5,
     .on = 1,
     .second = 46800,
     .spread = 900,
     .option = 1,
     .least = 2000,
     .most = 6000,
     .extended_minutes = 90,
     .percent_now = 0,
     .status = 3,
     .delivered = 100,
     .flags = CARBS},
    {                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         .every = 6,
     .on = 4,
     .second = 80700,
     .spread = 900,
     .option = 5,
     .least = 2000,
     .most = 6000,
     .extended_minutes = 180,
     .percent_now = 30,
     .status = 3,
     .delivered = 100,
     .flags = CARBS | CORRECTION},
    {                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        .every = 11,
     .on = 7,
     .second = 50400,
     .spread = 600,
     .option = 1,
     .least = 2000,
     .most = 3000,
     .extended_minutes = 60,
     .percent_now = 0,
     .status = 1,
     .delivered = 0},
    {                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       .every = 4,
     .on = 3,
     .second = 58500,
     .spread = 600,
     .option = 0,
     .least = 2500,
     .most = 4500,
     .percent_now = 100,
     .status = 0,
     .delivered = 37,
     .flags = CARBS},
    {                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             .every = 5,
     .on = 4,
     .second = 59700,
     .spread = 300,
     .option = 4,
     .least = 2500,
     .most = 4500,
     .percent_now = 100,
     .status = 0,
     .delivered = 0,
     .flags = CARBS},
    {                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    .every = 6,           .on = 2,                      .second = 41400,                                                                 .spread = 600,                                                                                                                                .option = 6,                                                                                                                                                                                                                .least = 400,                                                                                                                                                                                                                                                                                                       .most = 1400,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            PLAIN                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      },
    {                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      .every = 10,                 .on = 6,                         .second = 31500,                                               .spread = 600,                                                                      .option = 9,                                                                         .least = 400,                   .most = 1400, PLAIN},
    {.every = 9,
     .on = 8,
     .second = 64200,
     .spread = 600,
     .option = 0,
     .least = 400,
     .most = 1400,
     PLAIN,                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         .flags = NO_REQUEST},
    {.every = 12,
     .on = 1,
     .second = 86100,
     .spread = 240,
     .option = 4,
     .least = 4000,
     .most = 14000,
     PLAIN,                                                                                                                                                                                                                                                                                                                                .flags = CARBS},
};

#define BOLUS_PLANS (sizeof bolus_plans / sizeof *bolus_plans)
/* 280's bits */
#define NOW_BIT        1
#define LATER_BIT      2
#define OVERRIDE_BIT   4
#define CORRECTION_BIT 8
#define CARB_BIT       16

struct bolus {
    const struct bolus_plan *plan;
    int64_t asked, begun; /* line */
    int32_t id, total, now, correction, carbs, bg, iob;
};

static void build_request(struct builder *builder, const struct bolus *bolus)
{
    const struct bolus_plan *plan = bolus->plan;
    BUILD(builder, bolus->asked, CODE_REQUEST_1, bolus->id, plan->option == 3 ? 1 : 3, bolus->correction > 0,
          bolus->carbs, bolus->bg, bolus->iob, plan->flags & CARBS ? 8000 : 0);
    BUILD(builder, bolus->asked, CODE_REQUEST_2, bolus->id, plan->option, plan->percent_now,
          plan->extended_minutes, bolus->correction ? 45 : 0, bolus->correction ? 110 : 0,
          (plan->flags & OVERRIDE) != 0, (plan->flags & DECLINED) != 0);
    BUILD(builder, bolus->asked, CODE_REQUEST_3, bolus->id, bolus->total - bolus->correction,
          bolus->correction, bolus->total);
}

static void build_delivery(struct builder *builder, const struct bolus *bolus, int64_t line, bool started,
                           int32_t total)
{
    const struct bolus_plan *plan = bolus->plan;
    int32_t bits = (bolus->now ? NOW_BIT : 0) | (bolus->now < bolus->total ? LATER_BIT : 0) |
                   (plan->flags & OVERRIDE ? OVERRIDE_BIT : 0) | (bolus->correction ? CORRECTION_BIT : 0) |
                   (bolus->carbs ? CARB_BIT : 0);
    BUILD(builder, line, CODE_DELIVERY, bolus->id, bits, plan->option == 3 || plan->option == 6 ? 7 : 8,
          bolus->now, bolus->total - bolus->now, bolus->correction, plan->extended_minutes, started, total);
}

/* Returns when the part that is given at once was in. */
static int64_t build_now_part(struct builder *builder, const struct bolus *bolus)
{
    bool extended = bolus->plan->extended_minutes > 0;
    int32_t percent = extended ? 100 : bolus->plan->delivered;
    int32_t delivered = bolus->now * percent / 100, status = extended ? 3 : bolus->plan->status;
    int64_t done = bolus->begun + 4 + delivered / 35;
    BUILD(builder, bolus->begun, CODE_BOLUS_ACTIVATED, bolus->id, bolus->now, bolus->iob);
    build_delivery(builder, bolus, bolus->begun, true, 0);
    build_delivery(builder, bolus, done, false, delivered);
    BUILD(builder, done, CODE_BOLUS_COMPLETED, bolus->id, status, delivered, bolus->now,
          bolus->iob + delivered);
    return done;
}

static void build_late_part(struct builder *builder, const struct bolus *bolus, int64_t begun,
                            int64_t same_second)
{
    const struct bolus_plan *plan = bolus->plan;
    int32_t late = bolus->total - bolus->now, delivered = late * plan->delivered / 100;
    int64_t length = plan->extended_minutes * 60;
    int64_t done = plan->flags & SAME_SECOND ? same_second : begun + length * plan->delivered / 100 + 40;
    BUILD(builder, begun, CODE_EXTENDED_ACTIVATED, bolus->id, late, bolus->iob);
    if (!bolus->now)
        build_delivery(builder, bolus, begun, true, 0);
    build_delivery(builder, bolus, done, false, bolus->now + delivered);
    BUILD(builder, done, CODE_EXTENDED_COMPLETED, bolus->id, plan->status, delivered, late, bolus->iob);
}

void build_boluses(struct builder *builder, int64_t origin)
{
    const struct history *history = builder->history;
    int64_t same_second = 0;
    for (size_t i = 0; i < BOLUS_PLANS; i++) {
        const struct bolus_plan *plan = &bolus_plans[i];
        unsigned salt = 200 + (unsigned)i * 8;
        if (cycle(history, origin) % plan->every != plan->on)
            continue;
        struct bolus bolus = {.plan = plan,
                              .id = (int32_t)((origin * (int64_t)BOLUS_PLANS + (int64_t)i) % 65536)};
        bolus.asked = origin * DAY + plan->second + pick(history, origin, salt, plan->spread);
        bolus.begun = bolus.asked + 6 + pick(history, origin, salt + 1, 12);
        bolus.total = plan->least + pick(history, origin, salt + 2, plan->most - plan->least);
        /* A person's bolus comes in hundredths of a unit, the algorithm's in thousandths. */
        if (plan->option != 3)
            bolus.total -= bolus.total % 10;
        bolus.now = bolus.total * plan->percent_now / 100;
        bolus.correction =
            plan->flags & CORRECTION ? (plan->flags & CARBS ? bolus.total / 5 : bolus.total) : 0;
        bolus.carbs = plan->flags & CARBS ? 5 + pick(history, origin, salt + 3, 75) : 0;
        bolus.bg = i % 3 == 1 ? 0 : glucose_at(history, bolus.asked);
        bolus.iob = pick(history, origin, salt + 4, 3000);
        if (!(plan->flags & NO_REQUEST))
            build_request(builder, &bolus);
        int64_t done = bolus.now ? build_now_part(builder, &bolus) : bolus.begun;
        if (plan->extended_minutes)
            build_late_part(builder, &bolus, done, same_second);
        else
            same_second = done;
    }
}
