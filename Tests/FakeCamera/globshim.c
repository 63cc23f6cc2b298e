// SPDX-License-Identifier: Apache-2.0
// Lets libv4l2 find a plugin outside its fixed folder; for tests only.
//
// libv4l2 finds its plugins by glob() in /usr/lib/<triplet>/libv4l/plugins and has no variable for
// another folder. This preload returns the file of LIBV4L_TEST_PLUGIN instead.
// Usage: see fakecam.c.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

typedef int (*globbing)(const char *, int, int (*)(const char *, int), glob_t *);

int glob(const char *pattern, int flags, int (*on_error)(const char *, int), glob_t *found) {
  static globbing real;
  if (!real) real = (globbing)dlsym(RTLD_NEXT, "glob");
  const char *plugin = getenv("LIBV4L_TEST_PLUGIN");
  const char *wanted = plugin && strstr(pattern, "libv4l/plugins") ? plugin : pattern;
  return real(wanted, flags, on_error, found);
}
