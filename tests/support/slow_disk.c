/* A library for LD_PRELOAD: calls that reach paths below a directory wait first, as they would on a network share.
 *
 * SLOW_DISK_BELOW is the absolute path of the directory, SLOW_DISK_MICROSECONDS the wait. Each of stat, lstat, fstatat,
 * statx, open, openat, opendir, read and pread waits once. Listing waits once more for each 1,000 entries, because
 * that many entries fit into the buffer of glibc. Calls for a descriptor that is open already (fstat, close) do not wait.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DESCRIPTORS 65536
#define ENTRIES_PER_WAIT 1000

static char below[PATH_MAX];
static size_t length;
static struct timespec wait_time;
static unsigned char is_below[DESCRIPTORS];
static unsigned int entries[DESCRIPTORS];

__attribute__((constructor)) static void start(void) {
    const char *directory = getenv("SLOW_DISK_BELOW"), *microseconds = getenv("SLOW_DISK_MICROSECONDS");
    if (!directory || !microseconds) return;
    snprintf(below, sizeof below, "%s", directory);
    length = strlen(below);
    long number = atol(microseconds);
    wait_time.tv_sec = number / 1000000;
    wait_time.tv_nsec = number % 1000000 * 1000;
}

static void wait_now(void) {
    static __thread int is_exact;
    if (!is_exact) {
        prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
        is_exact = 1;
    }
    int saved = errno;
    if (wait_time.tv_sec || wait_time.tv_nsec) clock_nanosleep(CLOCK_MONOTONIC, 0, &wait_time, NULL);
    errno = saved;
}

static int known(int descriptor) { return descriptor >= 0 && descriptor < DESCRIPTORS && is_below[descriptor]; }

static int path_is_below(int directory, const char *path) {
    if (!length || !path) return 0;
    if (path[0] != '/') return known(directory) && path[0];
    return !strncmp(path, below, length) && (path[length] == '/' || !path[length]);
}

static int wait_for(int directory, const char *path) {
    int found = path_is_below(directory, path);
    if (found) wait_now();
    return found;
}

static int mark(int descriptor, int found) {
    if (descriptor >= 0 && descriptor < DESCRIPTORS) {
        is_below[descriptor] = found;
        entries[descriptor] = 0;
    }
    return descriptor;
}

#define NEXT(name) \
    static __typeof__(&name) next; \
    if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define STAT(name, type) \
    int name(const char *path, struct type *status) { NEXT(name); wait_for(-1, path); return next(path, status); }
STAT(stat, stat)
STAT(stat64, stat64)
STAT(lstat, stat)
STAT(lstat64, stat64)

#define FSTATAT(name, type) \
    int name(int directory, const char *path, struct type *status, int flags) { \
        NEXT(name); wait_for(directory, path); return next(directory, path, status, flags); }
FSTATAT(fstatat, stat)
FSTATAT(fstatat64, stat64)

int statx(int directory, const char *path, int flags, unsigned mask, struct statx *status) {
    NEXT(statx);
    wait_for(directory, path);
    return next(directory, path, flags, mask, status);
}

#define MODE(flags) \
    mode_t mode = 0; \
    if (flags & (O_CREAT | __O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        NEXT(name); MODE(flags); int found = wait_for(-1, path); return mark(next(path, flags, mode), found); }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int directory, const char *path, int flags, ...) { \
        NEXT(name); MODE(flags); int found = wait_for(directory, path); \
        return mark(next(directory, path, flags, mode), found); }
OPENAT(openat)
OPENAT(openat64)

int __open_2(const char *path, int flags) { return open(path, flags); }
int __open64_2(const char *path, int flags) { return open64(path, flags); }
int __openat_2(int directory, const char *path, int flags) { return openat(directory, path, flags); }
int __openat64_2(int directory, const char *path, int flags) { return openat64(directory, path, flags); }

int close(int descriptor) {
    NEXT(close);
    mark(descriptor, 0);
    return next(descriptor);
}

ssize_t read(int descriptor, void *buffer, size_t count) {
    NEXT(read);
    if (known(descriptor)) wait_now();
    return next(descriptor, buffer, count);
}

#define FCNTL(name) \
    int name(int descriptor, int command, ...) { \
        NEXT(name); va_list rest; va_start(rest, command); long word = va_arg(rest, long); va_end(rest); \
        int result = next(descriptor, command, word); \
        if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) mark(result, known(descriptor)); \
        return result; }
FCNTL(fcntl)
FCNTL(fcntl64)

int dup(int descriptor) {
    NEXT(dup);
    return mark(next(descriptor), known(descriptor));
}

#define PREAD(name, type) \
    ssize_t name(int descriptor, void *buffer, size_t count, type offset) { \
        NEXT(name); if (known(descriptor)) wait_now(); return next(descriptor, buffer, count, offset); }
PREAD(pread, off_t)
PREAD(pread64, off64_t)

DIR *opendir(const char *path) {
    NEXT(opendir);
    int found = wait_for(-1, path);
    DIR *stream = next(path);
    if (stream) mark(dirfd(stream), found);
    return stream;
}

/* The descriptor may be a copy of one that is known. */
DIR *fdopendir(int descriptor) {
    NEXT(fdopendir);
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t size = readlink(link, path, sizeof path - 1);
    path[size > 0 ? size : 0] = 0;
    mark(descriptor, path_is_below(-1, path));
    return next(descriptor);
}

#define READDIR(name, type) \
    struct type *name(DIR *stream) { \
        NEXT(name); int descriptor = dirfd(stream); \
        if (known(descriptor) && entries[descriptor]++ % ENTRIES_PER_WAIT == 0) wait_now(); \
        return next(stream); }
READDIR(readdir, dirent)
READDIR(readdir64, dirent64)

int closedir(DIR *stream) {
    NEXT(closedir);
    mark(dirfd(stream), 0);
    return next(stream);
}

/* bfs lists directories with this. */
long syscall(long number, ...) {
    NEXT(syscall);
    long words[6];
    va_list rest;
    va_start(rest, number);
    for (int index = 0; index < 6; index++) words[index] = va_arg(rest, long);
    va_end(rest);
    if (number == SYS_getdents64 && known((int)words[0])) wait_now();
    return next(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}
