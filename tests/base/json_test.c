#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"

static struct json *parse(const char *text)
{
    struct error error = {0};
    struct json *json = json_parse(text, strlen(text), &error);
    if (!json)
        assert_string_not_equal(error.text, "");
    return json;
}

static void tree_keeps_the_last_of_duplicate_keys(void **state)
{
    (void)state;
    struct json *json = parse("{\"a\":1,\"b\":[true,null],\"a\":2}");
    int64_t value;
    assert_true(json_integer(json_get(json, "a"), &value));
    assert_int_equal(value, 2);
    assert_true(json_is(json_get(json, "b")->first, JSON_TRUE));
    assert_null(json_get(json, "c"));
    assert_null(json_get(json_get(json, "c"), "d"));
    json_free(json);
}

static void blanks_stand_between_tokens(void **state)
{
    (void)state;
    static const char *const blanks[] = {" ", "\t", "\r", "\n"};
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++) {
        const char *blank = blanks[i];
        char text[100];
        int64_t value;
        snprintf(text, sizeof text, "%s{%s\"a\"%s:%s[1%s,%s22%s]%s}%s", blank, blank, blank, blank, blank,
                 blank, blank, blank, blank);
        struct json *json = parse(text);
        assert_true(json_integer(json_get(json, "a")->first->next, &value) && value == 22);
        json_free(json);
    }
}

static void text_with_a_nul_is_not_text(void **state)
{
    (void)state;
    struct json *json = parse("{\"a\":\"x\\u0000y\",\"b\":\"z\"}");
    assert_int_equal(json_get(json, "a")->length, 3);
    assert_null(json_text(json_get(json, "a")));
    assert_string_equal(json_text(json_get(json, "b")), "z");
    json_free(json);
}

static void numbers_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool whole;
        int64_t integer, thousandths;
    } cases[] = {
        {"3.53", false, 0, 3530},
        {"5", true, 5, 5000},
        {"5.0", true, 5, 5000},
        {"-0.3", false, 0, -300},
        {"3.5299999713897705", false, 0, 3530},
        {"579571288", true, 579571288, 579571288000},
        {"1e3", true, 1000, 1000000},
        {"9007199254740993", true, 9007199254740993, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = 0;
        assert_int_equal(json_number_integer(cases[i].text, strlen(cases[i].text), &value), cases[i].whole);
        if (cases[i].whole)
            assert_int_equal(value, cases[i].integer);
        if (cases[i].thousandths) {
            assert_true(json_number_thousandths(cases[i].text, strlen(cases[i].text), &value));
            assert_int_equal(value, cases[i].thousandths);
        }
    }
    int64_t value;
    assert_true(json_number_integer(&"-15"[1], 2, &value)); /* what stands before it is no part of it */
    assert_int_equal(value, 15);
    assert_false(json_number_integer("1e400", 5, &value));
    assert_false(json_number_thousandths("1e300", 5, &value));
}

static void garbage_truncation_and_depth_are_errors(void **state)
{
    (void)state;
    assert_null(parse("{\"a\":"));
    assert_null(parse(""));
    assert_null(parse("<html>"));
    assert_null(parse("{} {}"));
    size_t length = 300000;
    char *deep = malloc(length + 1);
    memset(deep, '[', length);
    deep[length] = '\0';
    struct error error = {0};
    assert_null(json_parse(deep, length, &error));
    assert_int_equal(error.kind, ERROR_LIMIT);
    free(deep);
}

static void a_key_with_a_nul_is_not_its_beginning(void **state)
{
    (void)state;
    struct json *json = parse("{\"a\":1,\"a\\u0000b\":2}");
    int64_t value;
    assert_true(json_integer(json_get(json, "a"), &value));
    assert_int_equal(value, 1);
    json_free(json);
}

struct heard {
    size_t strings, numbers, longest;
};

static bool hear(void *context, const struct json_token *token)
{
    struct heard *heard = context;
    heard->strings += token->type == JSON_STRING;
    heard->numbers += token->type == JSON_NUMBER;
    heard->longest = token->length > heard->longest ? token->length : heard->longest;
    return true;
}

/* Feeds opening, then count times c, then closing, in pieces of this size. */
static bool feed_long(const char *opening, char c, size_t count, const char *closing, size_t piece,
                      struct heard *heard, struct error *error)
{
    *heard = (struct heard){0};
    size_t length = strlen(opening) + count + strlen(closing);
    char *text = malloc(length + 1);
    memset(text, c, length);
    memcpy(text, opening, strlen(opening));
    memcpy(text + strlen(opening) + count, closing, strlen(closing));
    struct json_reader *reader = json_reader_new(hear, heard);
    bool good = true;
    for (size_t at = 0; good && at < length; at += piece)
        good = json_reader_feed(reader, text + at, length - at < piece ? length - at : piece, error);
    good = good && json_reader_finish(reader, error);
    json_reader_free(reader);
    free(text);
    return good;
}

/* Byte by byte a megabyte took half an hour when the parser read each token anew with every piece. */
static void tokens_have_a_greatest_length_and_come_in_any_pieces(void **state)
{
    (void)state;
    static const size_t pieces[] = {1, 2, 7, 4096, 16384, SIZE_MAX / 2};
    struct heard heard;
    struct error error = {0};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        assert_true(feed_long("[\"", 'x', JSON_MAXIMUM_TOKEN - 1, "\",\"\\\"\",-12.5e3,true]", pieces[i],
                              &heard, &error));
        assert_int_equal(heard.longest, JSON_MAXIMUM_TOKEN - 1);
        assert_int_equal(heard.strings, 2);
        assert_int_equal(heard.numbers, 1);
        assert_true(feed_long("[", '1', JSON_MAXIMUM_TOKEN, "]", pieces[i], &heard, &error));
        assert_false(feed_long("[\"", 'x', JSON_MAXIMUM_TOKEN, "\"]", pieces[i], &heard, &error));
        assert_int_equal(error.kind, ERROR_LIMIT);
        assert_false(feed_long("[", '1', JSON_MAXIMUM_TOKEN + 1, "]", pieces[i], &heard, &error));
        assert_false(feed_long("{\"", 'k', JSON_MAXIMUM_TOKEN, "\":1}", pieces[i], &heard, &error));
        assert_true(feed_long("", '7', 5, "", pieces[i], &heard, &error));
        assert_int_equal(heard.numbers, 1);
        assert_false(feed_long("[\"", 'x', 5, "", pieces[i], &heard, &error));
        assert_false(feed_long("[tru", 'u', 1, "]", pieces[i], &heard, &error));
    }
}

/* A list without blanks may be longer than any of its numbers. */
static void commas_part_tokens(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct error error = {0};
    struct json_reader *reader = json_reader_new(hear, &heard);
    bool good = json_reader_feed(reader, "[1", 2, &error);
    for (size_t length = 0; good && length <= JSON_MAXIMUM_TOKEN; length += 100)
        good = json_reader_feed(reader,
                                ",1234567890123456789012345678901234567890123456789"
                                ",1234567890123456789012345678901234567890123456789",
                                100, &error);
    assert_true(good && json_reader_feed(reader, "]", 1, &error) && json_reader_finish(reader, &error));
    json_reader_free(reader);
}

/* opening, then count times a number between before and after, then closing. */
static struct json *parse_many(const char *opening, const char *before, const char *after, size_t count,
                               const char *closing, struct error *error)
{
    struct buffer text;
    buffer_init(&text, 64 << 20);
    buffer_add_text(&text, opening);
    for (size_t i = 0; i < count; i++)
        buffer_addf(&text, "%s%zu%s", before, i, after);
    buffer_add_text(&text, closing);
    struct json *json = json_parse(text.data, text.length, error);
    buffer_free(&text);
    return json;
}

static void trees_have_a_greatest_size(void **state)
{
    (void)state;
    struct error error = {0};
    struct json *json = parse_many("[0", ",", "", JSON_MAXIMUM_NODES - 2, "]", &error);
    assert_non_null(json);
    json_free(json);
    assert_null(parse_many("[0", ",", "", 4 << 20, "]", &error));
    assert_int_equal(error.kind, ERROR_LIMIT);
    json = parse_many("[{\"a\":0", ",\"", "\":0", JSON_MAXIMUM_MEMBERS - 1, "},{\"b\":{}}]", &error);
    assert_non_null(json);
    json_free(json);
    error = (struct error){0};
    assert_null(parse_many("[{\"a\":0", ",\"", "\":0", JSON_MAXIMUM_MEMBERS, "}]", &error));
    assert_int_equal(error.kind, ERROR_LIMIT);
}

static void writer_spells_numbers_shortest(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    struct json_writer *writer = json_writer_new(&buffer);
    json_open_array(writer);
    json_write_double(writer, 0.1);
    json_write_double(writer, 6373.916666666667);
    json_write_double(writer, 5);
    json_write_thousandths(writer, 1279);
    json_write_thousandths(writer, 1000);
    json_write_thousandths(writer, -50);
    json_write_thousandths(writer, 0);
    json_write_text(writer, "a\"\n");
    json_close_array(writer);
    assert_string_equal(buffer.data, "[0.1,6373.916666666667,5,1.279,1,-0.05,0,\"a\\\"\\n\"]");
    json_writer_free(writer);
    buffer_free(&buffer);
}

static void tree_is_written_as_it_was_read(void **state)
{
    (void)state;
    const char *text = "{\"a\":[1,2.50,{\"b\":null}],\"c\":\"\xc3\xa9\",\"d\":true}";
    struct json *json = parse(text);
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    struct json_writer *writer = json_writer_new(&buffer);
    json_write_tree(writer, json);
    assert_string_equal(buffer.data, text);
    json_writer_free(writer);
    buffer_free(&buffer);
    json_free(json);
}

static void buffer_stops_at_its_maximum(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10);
    assert_true(buffer_add_text(&buffer, "12345678"));
    assert_false(buffer_addf(&buffer, "%d", 901));
    assert_true(buffer.full);
    assert_string_equal(buffer.data, "12345678");
    buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_keeps_the_last_of_duplicate_keys),
        cmocka_unit_test(blanks_stand_between_tokens),
        cmocka_unit_test(text_with_a_nul_is_not_text),
        cmocka_unit_test(numbers_are_exact),
        cmocka_unit_test(garbage_truncation_and_depth_are_errors),
        cmocka_unit_test(a_key_with_a_nul_is_not_its_beginning),
        cmocka_unit_test(tokens_have_a_greatest_length_and_come_in_any_pieces),
        cmocka_unit_test(commas_part_tokens),
        cmocka_unit_test(trees_have_a_greatest_size),
        cmocka_unit_test(writer_spells_numbers_shortest),
        cmocka_unit_test(tree_is_written_as_it_was_read),
        cmocka_unit_test(buffer_stops_at_its_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
