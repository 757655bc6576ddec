/* The boluses of a day of the made-up pump: who asked for what, and what was given. */
#include "clock.h"
#include "scenario.h"

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
     PLAIN,
     .flags = CARBS},
    {.every = 1,
     .second = 43800,
     .spread = 2400,
     .option = 0,
     .least = 2500,
     .most = 8000,
     PLAIN,
     .flags = CARBS | CORRECTION},
    {.every = 1,
     .second = 67200,
     .spread = 1800,
     .option = 4,
     .least = 1500,
     .most = 9000,
     PLAIN,
     .flags = CARBS},
    {.every = 1,
     .second = 37200,
     .spread = 3000,
     .option = 3,
     .least = 300,
     .most = 2100,
     PLAIN,
     .flags = CORRECTION},
    {.every = 1,
     .second = 6000,
     .spread = 1500,
     .option = 3,
     .least = 200,
     .most = 1900,
     PLAIN,
     .flags = CORRECTION},
    {.every = 1,
     .second = 76500,
     .spread = 1500,
     .option = 3,
     .least = 200,
     .most = 2500,
     PLAIN,
     .flags = CORRECTION},
    {.every = 7,
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
    {.every = 2, .on = 1, .second = 55800, .spread = 1200, .option = 2, .least = 1000, .most = 3000, PLAIN},
    {.every = 3,
     .on = 0,
     .second = 81900,
     .spread = 900,
     .option = 0,
     .least = 800,
     .most = 2400,
     PLAIN,
     .flags = OVERRIDE | CORRECTION},
    {.every = 4,
     .on = 2,
     .second = 34800,
     .spread = 900,
     .option = 4,
     .least = 800,
     .most = 2400,
     PLAIN,
     .flags = DECLINED | CARBS},
    {.every = 8,
     .on = 5,
     .second = 35900,
     .spread = 300,
     .option = 4,
     .least = 1000,
     .most = 2400,
     PLAIN,
     .flags = DECLINED | OVERRIDE | CARBS},
    {.every = 3,
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
    {.every = 5,
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
    {.every = 6,
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
    {.every = 11,
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
    {.every = 4,
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
    {.every = 5,
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
    {.every = 6, .on = 2, .second = 41400, .spread = 600, .option = 6, .least = 400, .most = 1400, PLAIN},
    {.every = 10, .on = 6, .second = 31500, .spread = 600, .option = 9, .least = 400, .most = 1400, PLAIN},
    {.every = 9,
     .on = 8,
     .second = 64200,
     .spread = 600,
     .option = 0,
     .least = 400,
     .most = 1400,
     PLAIN,
     .flags = NO_REQUEST},
    {.every = 12,
     .on = 1,
     .second = 86100,
     .spread = 240,
     .option = 4,
     .least = 4000,
     .most = 14000,
     PLAIN,
     .flags = CARBS},
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
    if (builder->history->rare && bolus->bg)
        BUILD(builder, bolus->asked - 2, CODE_GLUCOSE, bolus->bg, bolus->id % 2, bolus->iob);
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
