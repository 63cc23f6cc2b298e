// SPDX-License-Identifier: Apache-2.0
/* Preloaded: calls on files below FOLDER last for 5 s, like those of a disk that is overloaded.
 *
 * fdatasync always; pwrite if WRITES is 1.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void wait_for_disk(int file) {
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
