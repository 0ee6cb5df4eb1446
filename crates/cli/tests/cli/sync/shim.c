/* Preloaded into the server: lets a test hold back or fail every sync of a file to disk.
 *
 * In the directory $SYNC_SHIM the test makes a file `hold` (syncs wait while it is there; the first one that does makes `held`),
 * `fail` (syncs answer EIO) or `full` (writes to files answer ENOSPC). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_there(const char *name, char *path, size_t size) {
    const char *directory = getenv("SYNC_SHIM");
    if (!directory) return 0;
    snprintf(path, size, "%s/%s", directory, name);
    return access(path, F_OK) == 0;
}

static int sync_file(const char *function, int fd) {
    char path[4096], held[4096];
    while (is_there("hold", path, sizeof path)) {
        if (!is_there("held", held, sizeof held)) close(open(held, O_CREAT | O_WRONLY, 0600));
        usleep(1000);
    }
    if (is_there("fail", path, sizeof path)) {
        errno = EIO;
        return -1;
    }
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, function);
    return real(fd);
}

static int is_full(int fd) {
    char path[4096];
    struct stat status;
    return is_there("full", path, sizeof path) && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

#define WRITE(function, offset_type)                                                             \
    ssize_t function(int fd, const void *bytes, size_t count, offset_type offset) {              \
        if (is_full(fd)) {                                                                       \
            errno = ENOSPC;                                                                      \
            return -1;                                                                           \
        }                                                                                        \
        ssize_t (*real)(int, const void *, size_t, offset_type) =                                \
            (ssize_t (*)(int, const void *, size_t, offset_type))dlsym(RTLD_NEXT, #function);    \
        return real(fd, bytes, count, offset);                                                   \
    }

WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)

int fsync(int fd) { return sync_file("fsync", fd); }
int fdatasync(int fd) { return sync_file("fdatasync", fd); }
