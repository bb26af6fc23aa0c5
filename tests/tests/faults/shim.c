/* Makes the calls of a program fail, for tests of what it does then. To be loaded by LD_PRELOAD.
 *
 * FAULTS_BELOW names a folder: only files in it are concerned. FAULTS names a file that says, at each call, what fails now: nothing (it is empty), or a word
 * for the calls (`write` or `sync`) and a number: the errno, or 0 for a call that does not come back before the file says something else. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* The fault that holds for this kind of call: -1 if none, else its number. By system calls, which are not intercepted. */
static int now(const char *kind) {
    const char *path = getenv("FAULTS");
    char text[64] = "", word[32];
    int number;
    long file = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0) : -1;
    if (file < 0) return -1;
    long length = syscall(SYS_read, (int)file, text, sizeof text - 1);
    syscall(SYS_close, (int)file);
    if (length <= 0 || sscanf(text, "%31s %d", word, &number) != 2 || strcmp(word, kind)) return -1;
    return number;
}

static int concerned(const char *path) {
    const char *below = getenv("FAULTS_BELOW");
    return below && !strncmp(path, below, strlen(below));
}

static int concerned_file(int file) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return concerned(path);
}

/* True if the call is to fail, with errno set. */
static int fails(const char *kind, int is_concerned) {
    int number;
    if (!is_concerned) return 0;
    while ((number = now(kind)) == 0) usleep(2000);
    if (number < 0) return 0;
    errno = number;
    return 1;
}

#define NEXT(name) static __typeof__(&name) next; if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define INTERCEPT(kind, result, name, parameters, arguments) \
    result name parameters { NEXT(name); return fails(kind, concerned_file(file)) ? -1 : next arguments; }

INTERCEPT("sync", int, fsync, (int file), (file))
INTERCEPT("sync", int, fdatasync, (int file), (file))
INTERCEPT("write", ssize_t, write, (int file, const void *bytes, size_t length), (file, bytes, length))
INTERCEPT("write", ssize_t, pwrite, (int file, const void *bytes, size_t length, off_t at), (file, bytes, length, at))
INTERCEPT("write", ssize_t, pwrite64, (int file, const void *bytes, size_t length, off64_t at), (file, bytes, length, at))
INTERCEPT("write", ssize_t, writev, (int file, const struct iovec *parts, int count), (file, parts, count))
INTERCEPT("write", int, ftruncate, (int file, off_t length), (file, length))
INTERCEPT("write", int, ftruncate64, (int file, off64_t length), (file, length))

/* Files that are there can be opened on a read-only disk, but none can be made. */
#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        NEXT(name); \
        mode_t mode = 0; \
        if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); } \
        int makes = (flags & O_TMPFILE) == O_TMPFILE || ((flags & O_CREAT) && access(path, F_OK)); \
        return fails("write", makes && concerned(path)) ? -1 : next(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)
