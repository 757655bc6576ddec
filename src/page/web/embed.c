/* Runs at build time: writes files as C source. embed OUTPUT FILE FILE.gz [FILE FILE.gz]... */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *open_or_die(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);
    if (!file) {
        perror(path);
        exit(1);
    }
    return file;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static const char *content_type(const char *name)
{
    static const char *const types[][2] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".webmanifest", "application/manifest+json"},
        {".ico", "image/x-icon"},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strstr(name, types[i][0]))
            return types[i][1];
    fprintf(stderr, "%s: of no known type\n", name);
    exit(1);
}

/* Writes the bytes as an array, and gives their FNV-1a hash. */
static uint64_t write_bytes(FILE *out, const char *array, int index, const char *path, size_t *length)
{
    FILE *in = open_or_die(path, "rb");
    uint64_t hash = UINT64_C(14695981039346656037);
    int byte;
    fprintf(out, "static const unsigned char %s_%d[] = {", array, index);
    for (*length = 0; (byte = getc(in)) != EOF; ++*length) {
        fprintf(out, "%s%d,", *length % 32 ? "" : "\n", byte);
        hash = (hash ^ (uint64_t)byte) * UINT64_C(1099511628211);
    }
    fputs("0};\n", out);
    fclose(in);
    return hash;
}

int main(int argc, char **argv)
{
    char rows[8192] = "";
    size_t used = 0;
    if (argc < 4 || argc % 2 != 0)
        return 2;
    FILE *out = open_or_die(argv[1], "w");
    fputs("#include \"tconnectsync/page/web_file.h\"\n", out);
    for (int i = 2; i < argc; i += 2) {
        size_t length, gzip_length;
        const char *name = base_name(argv[i]);
        uint64_t hash = write_bytes(out, "data", i, argv[i], &length);
        write_bytes(out, "gzip", i, argv[i + 1], &gzip_length);
        used += (size_t)snprintf(rows + used, sizeof rows - used,
                                 "    {\"%s\", \"%s\", \"%016" PRIx64 "\", (const char *)data_%d, %zu, "
                                 "(const char *)gzip_%d, %zu},\n",
                                 name, content_type(name), hash, i, length, i, gzip_length);
        if (used >= sizeof rows)
            return 1;
    }
    fprintf(out, "const struct web_file web_files[] = {\n%s};\nconst size_t web_file_count = %d;\n", rows,
            argc / 2 - 1);
    return ferror(out) | fclose(out) ? 1 : 0;
}
