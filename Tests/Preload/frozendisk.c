// SPDX-License-Identifier: Apache-2.0
/* Preloaded: calls on paths below FOLDER wait for as long as the file SWITCH names them, like those
 * on a disk that does not answer.
 *
 * SWITCH has the names of the calls between spaces; without it nothing waits.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_frozen(const char *call) {
  char text[256] = "";
  int file = (int)syscall(SYS_openat, AT_FDCWD, SWITCH, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  text[length > 0 ? length : 0] = 0;
  char name[32];
  snprintf(name, sizeof name, " %s ", call);
  return strstr(text, name) != NULL;
}

static void wait_for_path(const char *call, const char *path) {
  if (strncmp(path, FOLDER, strlen(FOLDER))) return;
  while (is_frozen(call)) usleep(20000);
}

static void wait_for_file(const char *call, int file) {
  char link[64], path[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return;
  path[length] = 0;
  wait_for_path(call, path);
}

/* The function of libc with the name and the type of this one. */
#define ORIGINAL(name)                            \
  static __typeof__(name) *original;              \
  if (!original) *(void **)&original = dlsym(RTLD_NEXT, #name)

int open(const char *path, int flags, ...) {
  ORIGINAL(open);
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  wait_for_path("open", path);
  return original(path, flags, mode);
}

#define OF_PATH(type, name, parameters, path, arguments) \
  type name parameters {                                 \
    ORIGINAL(name);                                      \
    wait_for_path(#name, path);                          \
    return original arguments;                           \
  }
#define OF_FILE(type, name, parameters, file, arguments) \
  type name parameters {                                 \
    ORIGINAL(name);                                      \
    wait_for_file(#name, file);                          \
    return original arguments;                           \
  }

OF_PATH(DIR *, opendir, (const char *path), path, (path))
OF_PATH(int, stat, (const char *path, struct stat *status), path, (path, status))
OF_PATH(int, lstat, (const char *path, struct stat *status), path, (path, status))
OF_PATH(int, statvfs, (const char *path, struct statvfs *status), path, (path, status))
OF_PATH(int, mkdir, (const char *path, mode_t mode), path, (path, mode))
OF_PATH(int, rename, (const char *path, const char *name), path, (path, name))
OF_PATH(int, remove, (const char *path), path, (path))
OF_FILE(int, fdatasync, (int file), file, (file))
OF_FILE(int, fsync, (int file), file, (file))
OF_FILE(int, ftruncate, (int file, off_t size), file, (file, size))
OF_FILE(int, fallocate, (int file, int mode, off_t start, off_t count), file,
        (file, mode, start, count))
OF_FILE(ssize_t, pread, (int file, void *bytes, size_t count, off_t start), file,
        (file, bytes, count, start))
OF_FILE(ssize_t, pwrite, (int file, const void *bytes, size_t count, off_t start), file,
        (file, bytes, count, start))
OF_FILE(ssize_t, sendfile, (int target, int file, off_t *start, size_t count), file,
        (target, file, start, count))
