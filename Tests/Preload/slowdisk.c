// SPDX-License-Identifier: Apache-2.0
/* Preloaded: calls on files below FOLDER last for 5 s, like those of a disk that is overloaded.
 *
 * fdatasync always; pwrite if WRITES is 1; pread and sendfile if READS is 1. With SWITCH only while
 * a file of that name exists.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#ifndef READS
#define READS "0"
#endif

static void wait_for_disk(int file) {
#ifdef SWITCH
  if (access(SWITCH, F_OK)) return;
#endif
  char link[64], path[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path);
  size_t folder = strlen(FOLDER);
  if (length > (ssize_t)folder && !memcmp(path, FOLDER, folder)) sleep(5);
}

int fdatasync(int file) {
  static int (*original)(int);
  if (!original) *(void **)&original = dlsym(RTLD_NEXT, "fdatasync");
  wait_for_disk(file);
  return original(file);
}

static ssize_t write_at(int file, const void *bytes, size_t count, off_t offset) {
  static ssize_t (*original)(int, const void *, size_t, off_t);
  if (!original) *(void **)&original = dlsym(RTLD_NEXT, "pwrite64");
  if (WRITES[0] == '1') wait_for_disk(file);
  return original(file, bytes, count, offset);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
  return write_at(file, bytes, count, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
  return write_at(file, bytes, count, offset);
}

static ssize_t read_at(int file, void *bytes, size_t count, off_t offset) {
  static ssize_t (*original)(int, void *, size_t, off_t);
  if (!original) *(void **)&original = dlsym(RTLD_NEXT, "pread64");
  if (READS[0] == '1') wait_for_disk(file);
  return original(file, bytes, count, offset);
}

ssize_t pread(int file, void *bytes, size_t count, off_t offset) {
  return read_at(file, bytes, count, offset);
}

ssize_t pread64(int file, void *bytes, size_t count, off64_t offset) {
  return read_at(file, bytes, count, offset);
}

static ssize_t send_at(int target, int file, off_t *offset, size_t count) {
  static ssize_t (*original)(int, int, off_t *, size_t);
  if (!original) *(void **)&original = dlsym(RTLD_NEXT, "sendfile64");
  if (READS[0] == '1') wait_for_disk(file);
  return original(target, file, offset, count);
}

ssize_t sendfile(int target, int file, off_t *offset, size_t count) {
  return send_at(target, file, offset, count);
}

ssize_t sendfile64(int target, int file, off64_t *offset, size_t count) {
  return send_at(target, file, offset, count);
}
