// Space of files and of their disks: declarations of _GNU_SOURCE, and a macro as a function.
// Every function returns a value of its own, or -errno.
#ifndef CLINUX_FILES_H
#define CLINUX_FILES_H

#include "clinux.h"

#include <linux/falloc.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/statvfs.h>

/// Reserves or frees space of a file; glibc declares it for _GNU_SOURCE only.
extern int fallocate(int fd, int mode, off_t offset, off_t length);

/// Reserves space behind the content; the size of the file does not change. 0, or -errno.
static inline int clinux_reserve(int fd, int64_t offset, int64_t length) {
  return fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, length) < 0 ? -errno : 0;
}

/// Takes the lock of a file without waiting. 0, or -errno.
static inline int clinux_lock_file(int fd) {
  return flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
}

/// The bytes of a disk, and those that this program may still write. 0, or -errno.
static inline int clinux_disk_space(const char *path, int64_t *total, int64_t *free) {
  struct statvfs s;
  if (statvfs(path, &s) < 0) return -errno;
  if (__builtin_mul_overflow((int64_t)s.f_blocks, (int64_t)s.f_frsize, total)) *total = INT64_MAX;
  if (__builtin_mul_overflow((int64_t)s.f_bavail, (int64_t)s.f_frsize, free)) *free = INT64_MAX;
  return 0;
}

/// Sends bytes of a file to a socket without a copy in this program. Their number, or -errno.
static inline ssize_t clinux_send_file(int socket, int file, int64_t offset, size_t count) {
  off_t position = offset;
  ssize_t n = sendfile(socket, file, &position, count);
  return n < 0 ? -errno : n;
}

#endif
