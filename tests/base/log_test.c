#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/redact.h"

#include "log_to_stream.h"

static char *written;
static size_t written_length;
static struct redactor *redactor;
static struct log *journal;

/* Each test logs into memory. */
static int open_memory(void **state)
{
    FILE *stream = open_memstream(&written, &written_length);
    written_length = 0;
    redactor = redactor_new();
    redactor_add(redactor, "se\"cret\\value", "secret");
    journal = log_new(log_to_stream, stream, LOG_INFO, redactor);
    *state = stream;
    return 0;
}

static int close_memory(void **state)
{
    log_free(journal);
    redactor_free(redactor);
    fclose(*state);
    free(written);
    return 0;
}

/* What stands behind the time stamp. */
static const char *message(void)
{
    static const char shape[] = "time=dddd-dd-ddTdd:dd:ddZ ";
    assert_true(written_length > sizeof shape);
    for (size_t i = 0; shape[i]; i++)
        assert_true(shape[i] == 'd' ? strchr("0123456789", written[i]) != NULL : written[i] == shape[i]);
    return written + sizeof shape - 1;
}

static void a_line_is_logfmt(void **state)
{
    (void)state;
    log_warn(journal, "sync", "step=%s requests=%d name=%s", "logs", 3,
             log_quote(journal, "a \"b\"\\\n\t\x7f\xc3\xa9"));
    assert_string_equal(message(), "level=warn module=sync step=logs requests=3 "
                                   "name=\"a \\\"b\\\"\\\\\\n\\u0009\\u007f\xc3\xa9\"\n");
}

static void lines_below_the_level_are_dropped(void **state)
{
    (void)state;
    log_debug(journal, "sync", "step=%s", "logs");
    fflush(*state);
    assert_int_equal(written_length, 0);
    struct log *all = log_new(log_to_stream, *state, LOG_DEBUG, NULL);
    log_debug(all, "sync", "step=%s", "logs");
    assert_string_equal(message(), "level=debug module=sync step=logs\n");
    log_free(all);
}

static void control_characters_and_broken_utf8_are_escaped(void **state)
{
    (void)state;
    log_info(journal, "x", "%s", "a\nb\x1b[2J\xc2\x85\xff\xc3(\xed\xa0\x80\xc0\xaf\xf0\x9f\x98\x80\xf0\x9f");
    assert_string_equal(
        message(), "level=info module=x a\\u000ab\\u001b[2J\\u00c2\\u0085\\u00ff\\u00c3(\\u00ed\\u00a0\\u0080"
                   "\\u00c0\\u00af\xf0\x9f\x98\x80\\u00f0\\u009f\n");
}

static void a_long_line_is_cut_between_characters(void **state)
{
    (void)state;
    static char text[12001];
    for (size_t shift = 0; shift < 6; shift++) {
        memset(text, 'x', shift);
        for (size_t i = shift; i + 3 < sizeof text; i += 3)
            memcpy(text + i, i % 2 ? "\xe2\x82\xac" : "\n\n\n", 3);
        fseek(*state, 0, SEEK_SET);
        log_info(journal, "x", "%s", text);
        fflush(*state);
        assert_in_range(written_length, 4085, 4096);
        assert_memory_equal(written + written_length - 4, "\xe2\x80\xa6\n", 4);
        assert_null(memchr(written, '\n', written_length - 1));
    }
}

static void a_line_that_just_fits_is_whole(void **state)
{
    static char text[5000];
    memset(text, 'x', sizeof text - 1);
    log_info(journal, "x", "%s", "");
    size_t overhead = written_length;
    for (size_t length = 4096 - overhead; length <= 4096 - overhead + 1; length++) {
        fseek(*state, 0, SEEK_SET);
        log_info(journal, "x", "%.*s", (int)length, text);
        fflush(*state);
        assert_int_equal(written_length, 4096);
        assert_int_equal(written[4094] == 'x', length == 4096 - overhead);
    }
}

static void secrets_are_hidden_before_the_cut_and_the_quotes(void **state)
{
    static char text[5000];
    for (size_t at = 4000; at < 4096; at++) {
        snprintf(text, sizeof text, "%0*d se\"cret\\value and more than a line will hold", (int)at, 0);
        fseek(*state, 0, SEEK_SET);
        log_info(journal, "x", "%s", text);
        assert_null(memmem(written, written_length, "se\"cr", 5));
    }
    fseek(*state, 0, SEEK_SET);
    log_info(journal, "x", "v=%s w=%s", log_quote(journal, "{\"a\":\"se\\\"cret\\\\value\"}"),
             log_quote(journal, "se\"cret\\value"));
    static const char expected[] = "level=info module=x v=\"{\\\"a\\\":\\\"[secret]\\\"}\" w=\"[secret]\"\n";
    assert_memory_equal(message(), expected, sizeof expected - 1);
}

static void a_quoted_value_is_cut_too(void **state)
{
    (void)state;
    static char text[4000];
    memset(text, '"', sizeof text - 1);
    const char *quoted = log_quote(journal, text);
    assert_int_equal(strlen(quoted), 1023);
    assert_string_equal(quoted + strlen(quoted) - 6, "\\\"\xe2\x80\xa6\"");
    assert_string_equal(log_quote(journal, NULL), "\"\"");
}

struct heard {
    char line[200];
    enum log_level level;
    unsigned count;
};

static void hear(void *context, enum log_level level, const char *line)
{
    struct heard *heard = context;
    snprintf(heard->line, sizeof heard->line, "%s", line);
    heard->level = level;
    heard->count++;
    log_info(journal, "listener", "heard=%u", heard->count);
}

static void a_listener_hears_redacted_lines(void **state)
{
    (void)state;
    struct heard heard = {0};
    log_listen(journal, hear, &heard);
    log_error(journal, "x", "a=%s", "se\"cret\\value");
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.level, LOG_ERROR);
    assert_string_equal(strstr(heard.line, "level="), "level=error module=x a=[secret]");
    log_listen(journal, NULL, NULL);
    log_info(journal, "x", "b=1");
    assert_int_equal(heard.count, 1);
}

/* The lines that were written, one behind the other. */
static bool was_written(const char *words)
{
    return memmem(written, written_length, words, strlen(words)) != NULL;
}

static void a_child_hides_what_it_and_its_parent_hide(void **state)
{
    (void)state;
    struct redactor *own = redactor_new();
    redactor_add(own, "hunter22", "password");
    struct log *child = log_child(journal, "person=2", own), *untagged = log_child(child, NULL, NULL);
    log_info(child, "sync", "a=%s b=%s", "hunter22 se\"cret\\value",
             log_quote(child, "se\"cret\\value hunter22"));
    assert_string_equal(message(), "level=info module=sync person=2 a=[password] [secret] "
                                   "b=\"[secret] [password]\"\n");
    log_info(untagged, "sync", "c=%s", "hunter22 se\"cret\\value");
    assert_true(was_written(" module=sync c=[password] [secret]\n"));
    log_info(journal, "sync", "d=%s", "hunter22 se\"cret\\value");
    assert_true(was_written(" module=sync d=hunter22 [secret]\n"));
    size_t before = written_length;
    log_debug(child, "sync", "e=1");
    assert_int_equal(written_length, before);
    log_free(untagged);
    log_free(child);
    redactor_free(own);
}

static void note(void *context, enum log_level level, const char *line)
{
    struct heard *heard = context;
    snprintf(heard->line, sizeof heard->line, "%s", line);
    heard->level = level;
    heard->count++;
}

static void nobody_hears_the_lines_of_another(void **state)
{
    (void)state;
    struct heard all = {0}, heard[2] = {0};
    struct log *people[] = {log_child(journal, "person=1", NULL), log_child(journal, "person=2", NULL)};
    log_listen(journal, note, &all);
    for (int i = 0; i < 2; i++)
        log_listen(people[i], note, &heard[i]);
    log_info(people[0], "sync", "mine=1");
    log_warn(people[1], "sync", "mine=2");
    log_warn(people[1], "sync", "mine=3");
    log_error(journal, "serve", "mine=4");
    assert_int_equal(heard[0].count, 1);
    assert_string_equal(strstr(heard[0].line, "level="), "level=info module=sync person=1 mine=1");
    assert_int_equal(heard[1].count, 2);
    assert_string_equal(strstr(heard[1].line, "level="), "level=warn module=sync person=2 mine=3");
    assert_int_equal(all.count, 1);
    assert_string_equal(strstr(all.line, "level="), "level=error module=serve mine=4");
    static const char *const lines[] = {"person=1 mine=1\n", "person=2 mine=2\n", "person=2 mine=3\n",
                                        "mine=4\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_true(was_written(lines[i]));
    for (int i = 0; i < 2; i++)
        log_free(people[i]);
}

static void each_log_quotes_in_places_of_its_own(void **state)
{
    (void)state;
    struct log *other = log_child(journal, "person=2", NULL);
    const char *quoted = log_quote(journal, "mine");
    for (int i = 0; i < 20; i++)
        log_quote(other, "theirs");
    assert_string_equal(quoted, "\"mine\"");
    log_free(other);
}

static void no_log_drops_everything(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct log *child = log_child(NULL, "person=2", redactor);
    log_listen(child, note, &heard);
    log_error(child, "x", "a=%s", log_quote(child, "b"));
    assert_string_equal(log_quote(NULL, "se\"cret\\value"), "\"\"");
    log_free(child);
    assert_int_equal(heard.count, 0);
    assert_int_equal(written_length, 0);
}

static void a_line_becomes_a_json_object(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"level=info module=sync requests=14 ms=0.5 since=-3",
         "{\"level\":\"info\",\"module\":\"sync\",\"requests\":14,\"ms\":0.5,\"since\":-3}"},
        {"version=1.1.0 code=007 range=1- half=1. dash=-",
         "{\"version\":\"1.1.0\",\"code\":\"007\",\"range\":\"1-\",\"half\":\"1.\",\"dash\":\"-\"}"},
        {"name=\"a \\\"b\\\"\\\\\\n=\" next=\"\"", "{\"name\":\"a \\\"b\\\"\\\\\\n=\",\"next\":\"\"}"},
        {"cut=\"an escape \\", "{\"cut\":\"an escape \\\\\"}"},
        {"alone path=a\\b\"", "{\"alone\":true,\"path\":\"a\\\\b\\\"\"}"},
        {"empty= two=2", "{\"empty\":\"\",\"two\":2}"},
        {"", "{}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer json;
        buffer_init(&json, 1024);
        log_write_json(rows[i][0], &json);
        assert_string_equal(json.data, rows[i][1]);
        buffer_free(&json);
    }
}

#define with_memory(name) cmocka_unit_test_setup_teardown(name, open_memory, close_memory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_memory(a_line_is_logfmt),
        with_memory(lines_below_the_level_are_dropped),
        with_memory(control_characters_and_broken_utf8_are_escaped),
        with_memory(a_long_line_is_cut_between_characters),
        with_memory(a_line_that_just_fits_is_whole),
        with_memory(secrets_are_hidden_before_the_cut_and_the_quotes),
        with_memory(a_quoted_value_is_cut_too),
        with_memory(a_listener_hears_redacted_lines),
        with_memory(a_child_hides_what_it_and_its_parent_hide),
        with_memory(nobody_hears_the_lines_of_another),
        with_memory(each_log_quotes_in_places_of_its_own),
        with_memory(no_log_drops_everything),
        cmocka_unit_test(a_line_becomes_a_json_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
