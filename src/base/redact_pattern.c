/* What is hidden whoever it belongs to. */
#include "redact_pattern.h"

#include <string.h>
#include <strings.h>

enum { SHORTEST_TOKEN = 8, SHORTEST_JWT = 16 };

static bool is_letter_or_digit(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static size_t run_of(const char *text, size_t length, const char *besides)
{
    size_t at = 0;
    while (at < length && text[at] && (is_letter_or_digit(text[at]) || strchr(besides, text[at])))
        at++;
    return at;
}

/* What may follow "Bearer": the characters of RFC 6750. */
static size_t bearer_at(const char *text, size_t length, size_t *kept)
{
    static const char word[] = "bearer";
    size_t at = sizeof word - 1;
    if (length < at || strncasecmp(text, word, at) != 0)
        return 0;
    if (at < length && (text[at] == ' ' || text[at] == '+' || text[at] == ':'))
        at++;
    else if (length - at >= 3 && memcmp(text + at, "%20", 3) == 0)
        at += 3;
    else
        return 0;
    size_t token = run_of(text + at, length - at, "-._~+/=%");
    *kept = at;
    return token >= SHORTEST_TOKEN ? at + token : 0;
}

/* "{" in base64 begins every JWT's header and body. */
static size_t jwt_at(const char *text, size_t length, size_t *kept)
{
    size_t run = length >= 3 && memcmp(text, "eyJ", 3) == 0 ? run_of(text, length, "-_.=") : 0;
    *kept = 0;
    return run >= SHORTEST_JWT ? run : 0;
}

/* name:password@ of a URL. */
static size_t userinfo_at(const char *text, size_t length, size_t *kept)
{
    size_t end = 0;
    if (length < 3 || memcmp(text, "://", 3) != 0)
        return 0;
    for (size_t at = 3; at < length && text[at] && !strchr("/?# \t\r\n\"<>", text[at]); at++)
        if (text[at] == '@')
            end = at;
    *kept = 3;
    return end > 3 ? end : 0;
}

static const char ends_of_words[] = " \t\r\n\"'<>()[]{},;:=&?/\\|@";

bool redact_ends_word(char c)
{
    return strchr(ends_of_words, c) != NULL; /* a NUL does too */
}

/* Somebody's email address, where a word begins. */
static size_t email_at(const char *text, size_t length, size_t *kept)
{
    size_t local = 0, sign = 1;
    while (local < length && !redact_ends_word(text[local])) {
        if (length - local > 3 && memcmp(text + local, "%40", 3) == 0) {
            sign = 3;
            break;
        }
        local++;
    }
    if (local == 0 || local == length || (sign == 1 && text[local] != '@'))
        return 0;
    size_t domain = run_of(text + local + sign, length - local - sign, "-.");
    *kept = 0;
    return memchr(text + local + sign, '.', domain) ? local + sign + domain : 0;
}

static const struct {
    size_t (*at)(const char *text, size_t length, size_t *kept);
    const char *label;
    bool begins_word;
} patterns[] = {
    {bearer_at, "token", true},
    {jwt_at, "token", false},
    {userinfo_at, "userinfo", false},
    {email_at, "email", true},
};

size_t redact_pattern_at(const char *text, size_t length, bool begins_word, size_t *kept, const char **label)
{
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        size_t hit = patterns[i].begins_word && !begins_word ? 0 : patterns[i].at(text, length, kept);
        if (hit) {
            *label = patterns[i].label;
            return hit;
        }
    }
    return 0;
}
