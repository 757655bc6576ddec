#include "sim.h"
void truth_reply(struct simulator *s, struct exchange *e)
{
    (void)s;
    exchange_reply_json(e, 404, "{}");
}
