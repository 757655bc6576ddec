#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/settings/configuration.h"

static void gather(void *context, const char *name, const char *value)
{
    buffer_addf(context, "%s=[%s]", name, value);
}

static void gather_skipped(void *context, unsigned line)
{
    buffer_addf(context, "<%u>", line);
}

static void assert_read(const char *text, size_t length, const char *pairs)
{
    struct buffer got;
    buffer_init(&got, 10000);
    char *copy =
        malloc(length ? length : 1); /* without a NUL behind, so that a sanitizer sees reading too far */
    memcpy(copy, text, length);
    dotenv_parse(copy, length, &(struct dotenv_listener){gather, gather_skipped, &got});
    assert_string_equal(got.data, pairs);
    buffer_free(&got);
    free(copy);
}

static void pairs_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *pairs; /* with the numbers of lines that are none */
    } cases[] = {
        {"", ""},
        {"A=1", "A=[1]"},
        {"A=1\r\nB=2\n\n# C=3\n  D = 4  \n", "A=[1]B=[2]D=[4]"},
        {"\xef\xbb\xbf"
         "A=1",
         "A=[1]"},
        {"export A=1\nexport=2\nexport =3\nexport\tB=4", "A=[1]export=[2]export=[3]B=[4]"},
        {"a=1\nz=2\nZ=3\n_=4\na.b-c09=5\n.a=6\n0a=7", "a=[1]z=[2]Z=[3]_=[4]a.b-c09=[5]<6><7>"},
        {"A=\nB=''\nC=\"\"", "A=[]B=[]C=[]"},
        {"A= \nB= \t\r\nC=1", "A=[]B=[]C=[1]"},
        {"A=x y # note\nB=x#y\nC=#hash\nD= #hash # note\nE=", "A=[x y]B=[x#y]C=[#hash]D=[#hash]E=[]"},
        {"A='x # \"y\"' # note\nB=\"x # 'y'\"#note", "A=[x # \"y\"]B=[x # 'y']"},
        {"A='\\n\\'\\\\'\nB=\"\\n\\'\\\"\\\\\\t\\q\\$\"", "A=[\\n'\\]B=[\n'\"\\\t\\q\\$]"},
        {"A='one\ntwo'\nB=3", "A=[one\ntwo]B=[3]"},
        {"A='open\nB=2", "<1>B=[2]"},
        {"A=\"x\"y\nB=2", "<1>B=[2]"},
        {"A=a=b==\nB=it's\nC=a\"b\"", "A=[a=b==]B=[it's]C=[a\"b\"]"},
        {"A=p${X}$Y`z`\\n", "A=[p${X}$Y`z`\\n]"},
        {"A\n=1\n1A=2\nA B=3\n-\nexport\nexport 1=2\nC=4", "<1><2><3><4><5><6><7>C=[4]"},
        {"# 1\r\n\r\nA='three\nfour' # four\nfive\n\n  seven", "A=[three\nfour]<5><7>"},
        {"A=1\nA=2", "A=[1]A=[2]"},
        {"A='\\", "<1>"},
        {"A=\"\\", "<1>"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_read(cases[i].text, strlen(cases[i].text), cases[i].pairs);
}

static void a_nul_makes_a_line_useless(void **state)
{
    (void)state;
    static const char text[] = "A=x\0y\nB=\"\0\"\nC='\\\0'\nD=x \0\n\0=1\nE=\0\nF=1";
    assert_read(text, sizeof text - 1, "<1><2><3><4><5><6>F=[1]");
}

static void a_huge_value_is_skipped(void **state)
{
    (void)state;
    size_t length = 100000;
    char *text = malloc(length);
    memset(text, 'x', length);
    memcpy(text, "A=", 2);
    memcpy(text + length - 4, "\nB=1", 4);
    assert_read(text, length, "<1>B=[1]");
    text[2] = '\'';
    text[length - 5] = '\'';
    assert_read(text, length, "<1>B=[1]");
    free(text);
}

static void a_value_may_have_64_KiB(void **state)
{
    (void)state;
    const size_t most = 64 * 1024;
    for (size_t length = most; length <= most + 1; length++) {
        struct buffer text, pairs;
        buffer_init(&text, 2 * most);
        buffer_init(&pairs, 2 * most);
        buffer_add_text(&text, "A=");
        for (size_t i = 0; i < length; i++)
            buffer_add_text(&text, "x");
        dotenv_parse(text.data, text.length, &(struct dotenv_listener){gather, gather_skipped, &pairs});
        assert_int_equal(pairs.length, length == most ? most + strlen("A=[]") : strlen("<1>"));
        buffer_free(&text);
        buffer_free(&pairs);
    }
}

static void a_name_may_have_256_letters(void **state)
{
    (void)state;
    char name[300], text[310], pairs[310];
    memset(name, 'N', sizeof name);
    for (int length = 256; length <= 257; length++) {
        snprintf(text, sizeof text, "%.*s=1", length, name);
        snprintf(pairs, sizeof pairs, "%.*s=[1]", length, name);
        assert_read(text, strlen(text), length == 256 ? pairs : "<1>");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_read),
        cmocka_unit_test(a_nul_makes_a_line_useless),
        cmocka_unit_test(a_huge_value_is_skipped),
        cmocka_unit_test(a_value_may_have_64_KiB),
        cmocka_unit_test(a_name_may_have_256_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
