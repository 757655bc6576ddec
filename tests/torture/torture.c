/* Preloaded into the program, fails one of its allocations: the one that a test chose. Over glibc's own
 * functions. */
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PATHS_MAXIMUM = 16384, FRAMES = 16, OWN_FRAMES = 3 };

/* What the test and the program share: the file that TORTURE names. */
struct control {
    _Atomic int64_t count;   /* allocations so far */
    _Atomic int64_t failing; /* the number of the one that fails; 0: none does */
    _Atomic int64_t path_count;
    int64_t paths[PATHS_MAXIMUM]; /* the number of the first allocation of each */
};

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static struct control before_start, *control = &before_start;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("TORTURE");
    int descriptor = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *shared = descriptor >= 0
                       ? mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
                       : MAP_FAILED;
    if (shared == MAP_FAILED)
        _exit(98);
    close(descriptor);
    control = shared;
}

/* Whether this path comes for the first time. Two that fall on one place count as one or as many. */
static _Bool is_new_path(void)
{
    static _Atomic uint64_t seen[4 * PATHS_MAXIMUM];
    static _Thread_local _Bool inside; /* backtrace allocates the first time */
    void *frames[FRAMES];
    uint64_t hash = 14695981039346656037u;
    if (inside)
        return 0;
    inside = 1;
    int count = backtrace(frames, FRAMES);
    inside = 0;
    for (int i = OWN_FRAMES; i < count; i++)
        hash = (hash ^ (uintptr_t)frames[i]) * 1099511628211u;
    return atomic_exchange(&seen[(hash >> 32) % (4 * PATHS_MAXIMUM)], hash) != hash;
}

static _Bool fails(void)
{
    int64_t number = atomic_fetch_add(&control->count, 1) + 1;
    if (!atomic_load(&control->failing) && is_new_path()) {
        int64_t at = atomic_fetch_add(&control->path_count, 1);
        if (at < PATHS_MAXIMUM)
            control->paths[at] = number;
    }
    if (number != atomic_load(&control->failing))
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return size && fails() ? NULL : __libc_realloc(memory, size);
}

void *reallocarray(void *memory, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(memory, bytes);
}

void *memalign(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    void *made = memalign(alignment, size);
    if (!made)
        return ENOMEM;
    *memory = made;
    return 0;
}
