/* Secrets are looked for in the text as it stands and as it would read once percent-encoding and JSON escapes
   are undone; base64 is looked for as the characters that a secret gives at each of its three alignments. */
#include "tconnectsync/base/redact.h"

#include "redact_pattern.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/memory.h"

enum {
    SHORTEST_SECRET = 4,
    LONGEST_IN_BASE64 = 256, /* nobody encodes a token once more */
    SECRETS_PER_LABEL = 32,  /* tokens are renewed for months: the oldest are forgotten */
    TELLING_PIECE = 8,       /* a text cut inside a secret gives this much of it away: hide the piece too */
};

struct secret {
    char *text;
    size_t length;
    char *base64[3]; /* at the three alignments; NULL for long secrets */
    char *label;
};

struct redactor {
    struct secret *secrets;
    size_t count;
    /* Which two characters some secret's spelling begins with: nearly every place in a
       text can be passed over. */
    unsigned char beginnings[256 * 256 / 8];
    const struct redactor **joined; /* whose secrets count here too */
    size_t joined_count;
};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The base64 characters that depend on value alone when it stands behind a number of other bytes. */
static char *base64_core(const char *value, size_t length, size_t bytes_before)
{
    size_t first = (bytes_before * 8 + 5) / 6, end = (bytes_before + length) * 8 / 6;
    char *core = xmalloc(end - first + 1);
    for (size_t at = first; at < end; at++) {
        unsigned sextet = 0;
        for (size_t bit = at * 6 - bytes_before * 8; bit < at * 6 - bytes_before * 8 + 6; bit++)
            sextet = sextet << 1 | (((unsigned char)value[bit / 8] >> (7 - bit % 8)) & 1);
        core[at - first] = alphabet[sextet];
    }
    core[end - first] = '\0';
    return core;
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* One for all characters that may stand for one another. */
static unsigned char class_of(char c)
{
    return (unsigned char)(c == '-' || c == ' ' ? '+' : c == '_' ? '/' : fold(c));
}

static size_t beginning_of(const char *text)
{
    return (size_t)class_of(text[0]) << 8 | class_of(text[1]);
}

static void note_beginning(struct redactor *redactor, const char *text)
{
    size_t beginning = beginning_of(text);
    redactor->beginnings[beginning / 8] |= (unsigned char)(1 << beginning % 8);
}

static void note_beginnings(struct redactor *redactor, const struct secret *secret)
{
    note_beginning(redactor, secret->text);
    for (size_t i = 0; i < 3 && secret->base64[i]; i++)
        note_beginning(redactor, secret->base64[i]);
}

struct redactor *redactor_new(void)
{
    return xcalloc(1, sizeof(struct redactor));
}

static void forget(struct secret *secret)
{
    free_secret(secret->text);
    for (size_t i = 0; i < 3; i++)
        free_secret(secret->base64[i]);
    free(secret->label);
}

void redactor_free(struct redactor *redactor)
{
    if (!redactor)
        return;
    for (size_t i = 0; i < redactor->count; i++)
        forget(&redactor->secrets[i]);
    free(redactor->secrets);
    free(redactor->joined);
    free(redactor);
}

void redactor_join(struct redactor *redactor, const struct redactor *other)
{
    redactor->joined = xreallocarray(redactor->joined, redactor->joined_count + 1, sizeof *redactor->joined);
    redactor->joined[redactor->joined_count++] = other;
}

/* Drops the oldest secret of a label that has as many as it may. */
static void make_room(struct redactor *redactor, const char *label)
{
    size_t oldest = redactor->count, same = 0;
    for (size_t i = redactor->count; i-- > 0;)
        if (strcmp(redactor->secrets[i].label, label) == 0) {
            oldest = i;
            same++;
        }
    if (same < SECRETS_PER_LABEL)
        return;
    forget(&redactor->secrets[oldest]);
    redactor->count--;
    memmove(&redactor->secrets[oldest], &redactor->secrets[oldest + 1],
            (redactor->count - oldest) * sizeof *redactor->secrets);
    memset(redactor->beginnings, 0, sizeof redactor->beginnings);
    for (size_t i = 0; i < redactor->count; i++)
        note_beginnings(redactor, &redactor->secrets[i]);
}

void redactor_add(struct redactor *redactor, const char *value, const char *label)
{
    size_t length = value ? strlen(value) : 0;
    if (length < SHORTEST_SECRET)
        return;
    for (size_t i = 0; i < redactor->count; i++)
        if (strcmp(redactor->secrets[i].text, value) == 0)
            return;
    make_room(redactor, label);
    redactor->secrets = xreallocarray(redactor->secrets, redactor->count + 1, sizeof *redactor->secrets);
    struct secret *secret = &redactor->secrets[redactor->count++];
    *secret = (struct secret){.text = xstrdup(value), .length = length, .label = xstrdup(label)};
    for (size_t i = 0; i < 3 && length <= LONGEST_IN_BASE64; i++)
        secret->base64[i] = base64_core(value, length, i);
    note_beginnings(redactor, secret);
}

/* ---- what a place in the text spells ---- */

static bool hexadecimal(const char *text, size_t length, size_t digits, unsigned *value)
{
    if (length < digits)
        return false;
    *value = 0;
    for (size_t i = 0; i < digits; i++) {
        char c = text[i];
        if (c >= '0' && c <= '9')
            *value = *value << 4 | (unsigned)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            *value = *value << 4 | (unsigned)((c | 32) - 'a' + 10);
        else
            return false;
    }
    return true;
}

static size_t utf8_encode(unsigned code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t count = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = count - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(lead[count] | code);
    return count;
}

/* A JSON escape at text, which begins with a backslash. Returns how much of the text it is; 0: it is none. */
static size_t json_escape(const char *text, size_t length, char out[4], size_t *count)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    unsigned code, low;
    if (length < 2)
        return 0;
    const char *letter = text[1] ? strchr(letters, text[1]) : NULL;
    if (letter) {
        out[0] = meanings[letter - letters];
        *count = 1;
        return 2;
    }
    if (text[1] != 'u' || !hexadecimal(text + 2, length - 2, 4, &code))
        return 0;
    size_t used = 6;
    if ((code & 0xfc00) == 0xd800 && length >= 12 && text[6] == '\\' && text[7] == 'u' &&
        hexadecimal(text + 8, 4, 4, &low) && (low & 0xfc00) == 0xdc00) {
        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
        used = 12;
    }
    *count = utf8_encode(code, out);
    return used;
}

/* What is undone before a text is compared. A secret may itself hold what looks like
   an escape: every mix is tried. */
enum { UNDO_PERCENT = 1, UNDO_JSON = 2, UNDO_MIXES = 4 };

/* The bytes that the text's first character or escape stands for. Returns how much of the text that is. */
static size_t decode(const char *text, size_t length, unsigned undo, char out[4], size_t *count)
{
    unsigned byte;
    size_t used = 0;
    if (undo & UNDO_PERCENT && text[0] == '%' && hexadecimal(text + 1, length - 1, 2, &byte)) {
        out[0] = (char)byte;
        *count = 1;
        used = 3;
    } else if (undo & UNDO_JSON && text[0] == '\\') {
        used = json_escape(text, length, out, count);
    }
    if (!used) {
        out[0] = text[0];
        *count = 1;
        used = 1;
    }
    return used;
}

/* A blank may be a plus in a form; a host or an address may come in capitals. */
static bool same_letter(char wanted, char found)
{
    return fold(wanted) == fold(found) || (wanted == ' ' && found == '+');
}

/* Both alphabets of base64. */
static bool same_sextet(char wanted, char found)
{
    return wanted == found || (wanted == '+' && found == '-') || (wanted == '/' && found == '_');
}

/* How much of the text, from its start, spells the wanted string; 0: it does not. */
static size_t spells(const char *text, size_t length, const char *wanted, bool same(char, char),
                     unsigned undo)
{
    size_t at = 0, matched = 0;
    while (wanted[matched]) {
        char bytes[4] = {0};
        size_t count;
        if (at == length)
            return matched >= TELLING_PIECE ? at : 0;
        at += decode(text + at, length - at, undo, bytes, &count);
        for (size_t i = 0; i < count; i++, matched++)
            if (!wanted[matched] || !same(wanted[matched], bytes[i]))
                return 0;
    }
    return at;
}

/* escapes: those that occur in the text at all. */
static size_t longest_spelling(const char *text, size_t length, const char *wanted, bool same(char, char),
                               unsigned escapes)
{
    size_t longest = 0;
    for (unsigned undo = 0; undo < UNDO_MIXES; undo++) {
        size_t hit = undo & ~escapes ? 0 : spells(text, length, wanted, same, undo);
        longest = hit > longest ? hit : longest;
    }
    return longest;
}

static bool may_escape(char c)
{
    return c == '%' || c == '\\';
}

static bool may_begin_secret(const struct redactor *redactor, const char *text, size_t length)
{
    if (length < 2)
        return false;
    if (may_escape(text[0]) || may_escape(text[1]))
        return true;
    size_t beginning = beginning_of(text);
    return redactor->beginnings[beginning / 8] >> beginning % 8 & 1;
}

static size_t own_secret_at(const struct redactor *redactor, const char *text, size_t length,
                            unsigned escapes, const char **label)
{
    size_t longest = 0;
    if (!may_begin_secret(redactor, text, length))
        return 0;
    for (size_t i = 0; i < redactor->count; i++) {
        const struct secret *secret = &redactor->secrets[i];
        size_t hit = longest_spelling(text, length, secret->text, same_letter, escapes);
        for (size_t j = 0; j < 3 && secret->base64[j]; j++) {
            size_t encoded = longest_spelling(text, length, secret->base64[j], same_sextet, escapes);
            hit = encoded > hit ? encoded : hit;
        }
        if (hit > longest) {
            longest = hit;
            *label = secret->label;
        }
    }
    return longest;
}

/* The longest secret that the text begins with. */
static size_t secret_at(const struct redactor *redactor, const char *text, size_t length, unsigned escapes,
                        const char **label)
{
    size_t longest = redactor ? own_secret_at(redactor, text, length, escapes, label) : 0;
    for (size_t i = 0; redactor && i < redactor->joined_count; i++) {
        const char *its_label = NULL;
        const size_t hit = secret_at(redactor->joined[i], text, length, escapes, &its_label);
        if (hit > longest) {
            longest = hit;
            *label = its_label;
        }
    }
    return longest;
}

void redact(const struct redactor *redactor, const char *text, size_t length, struct buffer *out)
{
    unsigned escapes = 0;
    if (length)
        escapes =
            (memchr(text, '%', length) ? UNDO_PERCENT : 0) | (memchr(text, '\\', length) ? UNDO_JSON : 0);
    size_t added = 0; /* of the text, so far */
    for (size_t at = 0; at < length;) {
        const char *label = NULL;
        size_t kept = 0, hit = secret_at(redactor, text + at, length - at, escapes, &label);
        if (!hit)
            hit = redact_pattern_at(text + at, length - at, at == 0 || redact_ends_word(text[at - 1]), &kept,
                                    &label);
        /* A further secret may begin inside of this one and reach beyond it. */
        for (size_t inside = kept + 1; inside < hit; inside++) {
            const char *other;
            size_t further =
                inside + secret_at(redactor, text + at + inside, length - at - inside, escapes, &other);
            hit = further > hit ? further : hit;
        }
        if (hit) {
            buffer_add(out, text + added, at + kept - added);
            buffer_addf(out, "[%s]", label);
            added = at + hit;
        }
        at += hit ? hit : 1;
    }
    buffer_add(out, text + added, length - added);
}
