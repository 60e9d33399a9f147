/*
 * Preloaded into a process that is tortured (LD_PRELOAD): counts the operations on files below one folder, and at the
 * one that is asked for kills the process, or tears a write and kills, or lets the operation fail.
 *
 * What is asked stands in a file that is mapped here and written by whoever runs the process, so that one process can
 * be asked again and again. Layout: see `struct control`, and torture/shim.ts, which writes it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { COUNT = 1, KILL = 2, TEAR = 3, FAIL = 4, FAIL_ON = 5 };
enum { CHANGES = 1, READS = 2 };

struct control {
  uint32_t mode;
  uint32_t scope;
  uint32_t error;
  uint32_t hit;
  int64_t at;
  int64_t count;
  char what[488];
  char folder[512];
};

#define FILES 65536
static unsigned char followed[FILES];
static struct control *control;
/* What is counted is listed here, a line each: `<file of the control>.trace`. */
static int trace = -1;

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("TORTURE_CONTROL");
  if (file == NULL) return;
  int fd = open(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *map = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (map != MAP_FAILED) control = map;
  char list[PATH_MAX];
  snprintf(list, sizeof list, "%s.trace", file);
  trace = open(list, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }
#define REAL(name) \
  static __typeof__(&name) real; \
  if (real == NULL) real = (__typeof__(&name))next(#name)

/* Whether a path, relative ones to `dir`, lies in the folder. */
static int inside(int dir, const char *path) {
  char whole[PATH_MAX * 2];
  if (control == NULL || control->mode == 0 || path == NULL) return 0;
  if (path[0] != '/') {
    char base[PATH_MAX];
    if (dir == AT_FDCWD) {
      if (getcwd(base, sizeof base) == NULL) return 0;
    } else {
      char link[64];
      snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
      ssize_t n = readlink(link, base, sizeof base - 1);
      if (n < 0) return 0;
      base[n] = 0;
    }
    snprintf(whole, sizeof whole, "%s/%s", base, path);
    path = whole;
  }
  size_t length = strlen(control->folder);
  return length > 0 && strncmp(path, control->folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

/* One operation. Returns 0 to do it, 1 to do half of it and die, -1 (and errno) to let it fail. */
static int operation(int scope, const char *name, const char *path) {
  if (control == NULL || control->mode == 0 || (control->scope & scope) == 0) return 0;
  int64_t number = __atomic_add_fetch(&control->count, 1, __ATOMIC_SEQ_CST);
  if (control->mode == COUNT) {
    char line[PATH_MAX + 32];
    int length = snprintf(line, sizeof line, "%s %s %s\n", scope == READS ? "reads" : "changes", name, path == NULL ? "" : path);
    if (length >= (int)sizeof line) length = sizeof line - 1;
    if (trace >= 0) (void)!syscall(SYS_write, trace, line, (size_t)length);
    return 0;
  }
  if (control->mode == FAIL_ON ? number < control->at : number != control->at) return 0;
  if (!control->hit) {
    snprintf(control->what, sizeof control->what, "%s %s", name, path == NULL ? "" : path);
    control->hit = 1;
  }
  if (control->mode == KILL) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
  }
  if (control->mode == TEAR) return 1;
  errno = (int)control->error;
  return -1;
}

static int on_file(int scope, const char *name, int fd) {
  if (fd < 0 || fd >= FILES || !followed[fd]) return 0;
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  path[n < 0 ? 0 : n] = 0;
  /* Node.js closes by a system call of its own, which is not seen here, and the number may be another file's by now. */
  if (!inside(AT_FDCWD, path)) return 0;
  return operation(scope, name, path);
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static int opened(int fd, int mine) {
  if (fd >= 0 && fd < FILES) followed[fd] = (unsigned char)mine;
  return fd;
}

#define MODE \
  mode_t mode = 0; \
  if (flags & (O_CREAT | __O_TMPFILE)) { \
    va_list rest; \
    va_start(rest, flags); \
    mode = va_arg(rest, mode_t); \
    va_end(rest); \
  }

static int asks(int dir, const char *path, int flags) {
  int mine = inside(dir, path);
  if (!mine) return 0;
  int changes = (flags & (O_CREAT | O_TRUNC)) != 0 || (flags & O_ACCMODE) != O_RDONLY;
  int verdict = operation(changes ? CHANGES : READS, "open", path);
  if (verdict > 0) die();
  return verdict < 0 ? -1 : 1;
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    MODE REAL(name); \
    int mine = asks(AT_FDCWD, path, flags); \
    return mine < 0 ? -1 : opened(real(path, flags, mode), mine); \
  }
OPEN(open)
OPEN(open64)
#define OPENAT(name) \
  int name(int dir, const char *path, int flags, ...) { \
    MODE REAL(name); \
    int mine = asks(dir, path, flags); \
    return mine < 0 ? -1 : opened(real(dir, path, flags, mode), mine); \
  }
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
  REAL(close);
  int verdict = on_file(CHANGES, "close", fd);
  if (verdict > 0) die();
  if (fd >= 0 && fd < FILES) followed[fd] = 0;
  int result = real(fd);
  if (verdict < 0) {
    errno = (int)control->error;
    return -1;
  }
  return result;
}

/* Half of what is to be written, then death. */
#define WRITING(call, half, fd) \
  int verdict = on_file(CHANGES, "write", fd); \
  if (verdict < 0) return -1; \
  if (verdict > 0) { \
    half; \
    die(); \
  } \
  return call

ssize_t write(int fd, const void *data, size_t size) {
  REAL(write);
  WRITING(real(fd, data, size), (void)!real(fd, data, size / 2), fd);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  REAL(pwrite);
  WRITING(real(fd, data, size, at), (void)!real(fd, data, size / 2, at), fd);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  REAL(pwrite64);
  WRITING(real(fd, data, size, at), (void)!real(fd, data, size / 2, at), fd);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(writev);
  WRITING(real(fd, parts, count), (void)!write(fd, parts[0].iov_base, parts[0].iov_len / 2), fd);
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
  REAL(pwritev);
  WRITING(real(fd, parts, count, at), (void)!pwrite(fd, parts[0].iov_base, parts[0].iov_len / 2, at), fd);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) {
  REAL(pwritev64);
  WRITING(real(fd, parts, count, at), (void)!pwrite64(fd, parts[0].iov_base, parts[0].iov_len / 2, at), fd);
}
ssize_t copy_file_range(int from, off64_t *a, int fd, off64_t *b, size_t size, unsigned flags) {
  REAL(copy_file_range);
  WRITING(real(from, a, fd, b, size, flags), (void)!real(from, a, fd, b, size / 2, flags), fd);
}
ssize_t sendfile(int fd, int from, off_t *at, size_t size) {
  REAL(sendfile);
  WRITING(real(fd, from, at, size), (void)!real(fd, from, at, size / 2), fd);
}
ssize_t sendfile64(int fd, int from, off64_t *at, size_t size) {
  REAL(sendfile64);
  WRITING(real(fd, from, at, size), (void)!real(fd, from, at, size / 2), fd);
}

#define SIMPLE(type, name, parameters, arguments, asked) \
  type name parameters { \
    REAL(name); \
    int verdict = asked; \
    if (verdict > 0) die(); \
    return verdict < 0 ? -1 : real arguments; \
  }
#define AT(dir, path, word) (inside(dir, path) ? operation(CHANGES, word, path) : 0)

SIMPLE(int, fsync, (int fd), (fd), on_file(CHANGES, "fsync", fd))
SIMPLE(int, fdatasync, (int fd), (fd), on_file(CHANGES, "fdatasync", fd))
SIMPLE(int, ftruncate, (int fd, off_t size), (fd, size), on_file(CHANGES, "ftruncate", fd))
SIMPLE(int, ftruncate64, (int fd, off64_t size), (fd, size), on_file(CHANGES, "ftruncate", fd))
SIMPLE(int, futimens, (int fd, const struct timespec t[2]), (fd, t), on_file(CHANGES, "utime", fd))
SIMPLE(int, mkdir, (const char *path, mode_t mode), (path, mode), AT(AT_FDCWD, path, "mkdir"))
SIMPLE(int, rmdir, (const char *path), (path), AT(AT_FDCWD, path, "rmdir"))
SIMPLE(int, unlink, (const char *path), (path), AT(AT_FDCWD, path, "unlink"))
SIMPLE(int, unlinkat, (int dir, const char *path, int flags), (dir, path, flags), AT(dir, path, "unlink"))
SIMPLE(int, rename, (const char *a, const char *b), (a, b),
       inside(AT_FDCWD, a) ? operation(CHANGES, "rename", a) : AT(AT_FDCWD, b, "rename"))
SIMPLE(int, renameat, (int c, const char *a, int d, const char *b), (c, a, d, b),
       inside(c, a) ? operation(CHANGES, "rename", a) : AT(d, b, "rename"))
SIMPLE(int, renameat2, (int c, const char *a, int d, const char *b, unsigned f), (c, a, d, b, f),
       inside(c, a) ? operation(CHANGES, "rename", a) : AT(d, b, "rename"))
SIMPLE(int, link, (const char *a, const char *b), (a, b), AT(AT_FDCWD, b, "link"))
SIMPLE(int, symlink, (const char *a, const char *b), (a, b), AT(AT_FDCWD, b, "symlink"))
SIMPLE(int, utimensat, (int dir, const char *path, const struct timespec t[2], int flags), (dir, path, t, flags),
       AT(dir, path, "utime"))
SIMPLE(ssize_t, read, (int fd, void *data, size_t size), (fd, data, size), on_file(READS, "read", fd))
SIMPLE(ssize_t, pread, (int fd, void *data, size_t size, off_t at), (fd, data, size, at),
       on_file(READS, "read", fd))
SIMPLE(ssize_t, pread64, (int fd, void *data, size_t size, off64_t at), (fd, data, size, at),
       on_file(READS, "read", fd))
SIMPLE(ssize_t, preadv, (int fd, const struct iovec *p, int n, off_t at), (fd, p, n, at),
       on_file(READS, "read", fd))
SIMPLE(ssize_t, readv, (int fd, const struct iovec *p, int n), (fd, p, n), on_file(READS, "read", fd))
SIMPLE(ssize_t, preadv64, (int fd, const struct iovec *p, int n, off64_t at), (fd, p, n, at),
       on_file(READS, "read", fd))
