// SPDX-License-Identifier: Apache-2.0
/* Steps the wall clock of one program while it runs.
 *
 * The preload adds a signed number of nanoseconds to CLOCK_REALTIME and CLOCK_REALTIME_COARSE;
 * other clocks are not changed. The number is the first eight bytes of the file $CLOCK_STEP_FILE;
 * writing to the file steps the clock at once. Without the file the clock is not changed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { SECOND = 1000000000 };

static const _Atomic int64_t *step;
static int (*system_gettime)(clockid_t, struct timespec *);

static void find_system_gettime(void) {
  if (!system_gettime)
    *(void **)&system_gettime = dlsym(RTLD_NEXT, "clock_gettime");
}

__attribute__((constructor)) static void map_step(void) {
  find_system_gettime();
  const char *path = getenv("CLOCK_STEP_FILE");
  if (!path) return;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void *mapped = mmap(NULL, sizeof *step, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (mapped != MAP_FAILED) step = mapped;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  find_system_gettime();
  int result = system_gettime(clock, now);
  if (result != 0 || !step || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
    return result;
  int64_t shifted = (int64_t)now->tv_sec * SECOND + now->tv_nsec + atomic_load(step);
  now->tv_sec = shifted / SECOND;
  now->tv_nsec = shifted % SECOND;
  return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  struct timespec exact;
  int result = clock_gettime(CLOCK_REALTIME, &exact);
  if (result == 0) {
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
  }
  return result;
}

time_t time(time_t *out) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  if (out) *out = exact.tv_sec;
  return exact.tv_sec;
}
