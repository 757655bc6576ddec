#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "tconnectsync/server/log_output.h"

enum { LINES = 9000 };

static int pipe_ends[2];
static FILE *stream;
static struct log_output *output;

static int set_up(void **state)
{
    (void)state;
    if (pipe(pipe_ends) != 0 || fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK) != 0)
        return -1;
    stream = fdopen(pipe_ends[1], "w");
    output = log_output_new(stream);
    alarm(60); /* a write that waits would wait for ever */
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    alarm(0);
    fclose(stream);
    close(pipe_ends[0]);
    return 0;
}

static void say_much(void)
{
    char line[128];
    for (int i = 0; i < LINES; i++) {
        int length = snprintf(line, sizeof line, "line=%04d %090d\n", i, 0);
        log_output_take(output, LOG_INFO, line, (size_t)length);
    }
}

/* Adds what can be read now. */
static size_t hear(char *heard, size_t length, size_t size)
{
    for (ssize_t more; (more = read(pipe_ends[0], heard + length, size - length - 1)) > 0;)
        length += (size_t)more;
    heard[length] = '\0';
    return length;
}

/* Whole lines in order, then how many are missing, and nothing else. */
static void assert_complete(const char *heard)
{
    int lines = 0, number, dropped = 0;
    for (const char *at = heard; *at; at = strchr(at, '\n') + 1) {
        assert_non_null(strchr(at, '\n'));
        if (sscanf(at, "line=%d ", &number) == 1)
            assert_int_equal(number, lines++);
        else
            assert_int_equal(sscanf(at, "time=%*s level=warn module=log dropped=%d note=", &dropped), 1);
    }
    assert_in_range(lines, 2000, LINES - 1);
    assert_int_equal(lines + dropped, LINES);
}

static void a_log_that_nobody_reads_stops_nothing(void **state)
{
    (void)state;
    size_t size = 2 << 20, length = 0;
    char *heard = malloc(size);
    struct event_base *base = event_base_new();
    log_output_watch(output, base);
    say_much();
    for (int turns = 0; turns < 1000; turns++) {
        event_base_loop(base, EVLOOP_NONBLOCK);
        length = hear(heard, length, size);
    }
    assert_complete(heard);
    log_output_free(output);
    event_base_free(base);
    free(heard);
}

static void the_end_waits_a_moment_for_who_reads_and_no_longer(void **state)
{
    (void)state;
    say_much();
    log_output_free(output);
    assert_int_equal(fcntl(pipe_ends[1], F_GETFL) & O_NONBLOCK, 0); /* others may share it */
}

static void nobody_there_is_no_harm(void **state)
{
    (void)state;
    close(pipe_ends[0]);
    say_much();
    log_output_free(output);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_log_that_nobody_reads_stops_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_end_waits_a_moment_for_who_reads_and_no_longer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(nobody_there_is_no_harm, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
