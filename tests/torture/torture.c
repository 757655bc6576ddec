/* Preloaded into the program, fails one of its allocations: the one that a test chose. Over glibc's own
 * functions. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* What the test and the program share: the file that TORTURE names. */
struct control {
    _Atomic int64_t count;   /* allocations so far */
    _Atomic int64_t failing; /* the number of the one that fails; 0: none does */
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

static _Bool fails(void)
{
    if (atomic_fetch_add(&control->count, 1) + 1 != atomic_load(&control->failing))
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
