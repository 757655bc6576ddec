#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/settings/configuration.h"

static void gather(void *context, const char *name, const char *value)
{
    buffer_addf(context, "%s=[%s]", name, value);
}

static void assert_read(const char *text, size_t length, const char *pairs, size_t skipped)
{
    struct buffer got;
    buffer_init(&got, 10000);
    char *copy =
        malloc(length ? length : 1); /* without a NUL behind, so that a sanitizer sees reading too far */
    memcpy(copy, text, length);
    size_t lines = dotenv_parse(copy, length, gather, &got);
    assert_string_equal(got.data, pairs);
    assert_int_equal(lines, skipped);
    buffer_free(&got);
    free(copy);
}

static void pairs_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *pairs;
        size_t skipped;
    } cases[] = {
        {"", "", 0},
        {"A=1", "A=[1]", 0},
        {"A=1\r\nB=2\n\n# C=3\n  D = 4  \n", "A=[1]B=[2]D=[4]", 0},
        {"\xef\xbb\xbf"
         "A=1",
         "A=[1]", 0},
        {"export A=1\nexport=2\nexport =3\nexport\tB=4", "A=[1]export=[2]export=[3]B=[4]", 0},
        {"A=\nB=''\nC=\"\"", "A=[]B=[]C=[]", 0},
        {"A=x y # note\nB=x#y\nC=#note\nD= # note", "A=[x y]B=[x#y]C=[]D=[]", 0},
        {"A='x # \"y\"' # note\nB=\"x # 'y'\"#note", "A=[x # \"y\"]B=[x # 'y']", 0},
        {"A='\\n\\'\\\\'\nB=\"\\n\\'\\\"\\\\\\t\\q\\$\"", "A=[\\n'\\]B=[\n'\"\\\t\\q\\$]", 0},
        {"A='one\ntwo'\nB=3", "A=[one\ntwo]B=[3]", 0},
        {"A='open\nB=2", "B=[2]", 1},
        {"A=\"x\"y\nB=2", "B=[2]", 1},
        {"A=a=b==\nB=it's\nC=a\"b\"", "A=[a=b==]B=[it's]C=[a\"b\"]", 0},
        {"A=p${X}$Y`z`\\n", "A=[p${X}$Y`z`\\n]", 0},
        {"A\n=1\n1A=2\nA B=3\n-\nexport\nexport 1=2\nC=4", "C=[4]", 7},
        {"A=1\nA=2", "A=[1]A=[2]", 0},
        {"A='\\", "", 1},
        {"A=\"\\", "", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_read(cases[i].text, strlen(cases[i].text), cases[i].pairs, cases[i].skipped);
}

static void a_nul_makes_a_line_useless(void **state)
{
    (void)state;
    static const char text[] = "A=x\0y\nB=\"\0\"\nC='\\\0'\nD=x \0\n\0=1\nE=\0\nF=1";
    assert_read(text, sizeof text - 1, "F=[1]", 6);
}

static void a_huge_value_is_skipped(void **state)
{
    (void)state;
    size_t length = 100000;
    char *text = malloc(length);
    memset(text, 'x', length);
    memcpy(text, "A=", 2);
    memcpy(text + length - 4, "\nB=1", 4);
    assert_read(text, length, "B=[1]", 1);
    text[2] = '\'';
    text[length - 5] = '\'';
    assert_read(text, length, "B=[1]", 1);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_read),
        cmocka_unit_test(a_nul_makes_a_line_useless),
        cmocka_unit_test(a_huge_value_is_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
