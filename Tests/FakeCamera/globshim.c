// SPDX-License-Identifier: Apache-2.0
// Lets libv4l2 find a plugin outside its fixed folder; for tests only.
//
// libv4l2 finds its plugins by glob() in /usr/lib/<triplet>/libv4l/plugins and has no variable for another
// place. Preloaded, this gives it the file of LIBV4L_TEST_PLUGIN instead. Usage: see fakecam.c.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

int glob(const char *pattern, int flags, int (*on_error)(const char *, int), glob_t *found) {
  static int (*real)(const char *, int, int (*)(const char *, int), glob_t *);
  if (!real) real = (int (*)(const char *, int, int (*)(const char *, int), glob_t *))dlsym(RTLD_NEXT, "glob");
  const char *plugin = getenv("LIBV4L_TEST_PLUGIN");
  return real(plugin && strstr(pattern, "libv4l/plugins") ? plugin : pattern, flags, on_error, found);
}
