/* What set off each of yajl's three holes; the sanitizers see it when one is open. */
#include <assert.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <yajl/yajl_tree.h>
#include "yajl_buf.h"
#include "yajl_encode.h"

/* CVE-2017-16516: half of a surrogate pair at a string's very end; and what is no hole stays as it was. */
static void decode(yajl_alloc_funcs *functions, const char *text, const char *wanted)
{
    size_t length = strlen(text);
    unsigned char *exact = malloc(length);
    memcpy(exact, text, length);
    yajl_buf buf = yajl_buf_alloc(functions);
    yajl_string_decode(buf, exact, length);
    assert(yajl_buf_len(buf) == strlen(wanted) && memcmp(yajl_buf_data(buf), wanted, strlen(wanted)) == 0);
    yajl_buf_free(buf);
    free(exact);
}

/* CVE-2022-24795: a buffer over half of the address space ends the process instead of shrinking. */
static void grow(yajl_alloc_funcs *functions)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        yajl_buf buf = yajl_buf_alloc(functions);
        yajl_buf_append(buf, "x", 1);
        yajl_buf_append(buf, "x", SIZE_MAX / 2 + 1);
        _exit(0);
    }
    assert(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* CVE-2023-33460: a tree that breaks off is freed; the leak checker looks at the end. */
static void parse(const char *text)
{
    char error[256];
    assert(!yajl_tree_parse(text, error, sizeof error));
}

static void *get(void *context, size_t size)
{
    return (void)context, malloc(size);
}
static void *get_more(void *context, void *old, size_t size)
{
    return (void)context, realloc(old, size);
}
static void give(void *context, void *old)
{
    (void)context, free(old);
}

int main(void)
{
    yajl_alloc_funcs functions = {get, get_more, give, NULL};
    decode(&functions, "\\ud800", "?");
    decode(&functions, "\\ud800x", "?x");
    decode(&functions, "\\ud83d\\ude00!", "\xf0\x9f\x98\x80!");
    grow(&functions);
    parse("{\"a\": [1, {\"b\": \"c\"}, {\"d\": }");
    parse("[\"a\", {\"key\": ");
    parse("[1, 2] and more");
    return 0;
}
