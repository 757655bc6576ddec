/* Whether a request is repeated, and after how long. */
#include "http_retry.h"

enum {
    ATTEMPTS = 4,
    FIRST_WAIT_MILLISECONDS = 500,
    LONGEST_WAIT_MILLISECONDS = 8000, /* before the jitter */
    LONGEST_RETRY_AFTER_SECONDS = 60,
};

int64_t http_retry_wait(const struct http_retry *retry)
{
    int status = retry->status;
    bool may_help = retry->transport_may_recover || status == 408 || status == 429 || status >= 500;
    if (!may_help || retry->retry_after > LONGEST_RETRY_AFTER_SECONDS)
        return -1;
    int64_t wait = FIRST_WAIT_MILLISECONDS;
    for (unsigned i = 1; i < retry->attempts && wait < LONGEST_WAIT_MILLISECONDS; i++)
        wait *= 2;
    wait += retry->random % (wait / 2 + 1);
    if (wait < retry->retry_after * 1000)
        wait = retry->retry_after * 1000;
    bool waking = status >= 502 && status <= 504;
    bool patient = waking && retry->elapsed_milliseconds + wait <= retry->patience_seconds * 1000LL;
    return retry->attempts < ATTEMPTS || patient ? wait : -1;
}
