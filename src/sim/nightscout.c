#include <stdlib.h>
#include "sim.h"
#include "tconnectsync/json.h"
#include "tconnectsync/memory.h"
struct nightscout {
    int x;
};
struct nightscout *nightscout_new(void)
{
    return xcalloc(1, sizeof(struct nightscout));
}
void nightscout_free(struct nightscout *n)
{
    free(n);
}
void nightscout_handle(void *s, struct exchange *e)
{
    (void)s;
    exchange_reply_json(e, 404, "{}");
}
void nightscout_dump(struct nightscout *n, struct json_writer *w)
{
    (void)n;
    json_write_null(w);
}
bool nightscout_put_raw(struct nightscout *n, const char *c, const struct json *d)
{
    (void)n;
    (void)c;
    (void)d;
    return false;
}
void nightscout_clear(struct nightscout *n)
{
    (void)n;
}
