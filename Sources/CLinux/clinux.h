// Parts of Linux that Glibc's Swift module lacks, and functions for declarations that Swift cannot
// import (function-like macros, variadic calls).
#ifndef CLINUX_H
#define CLINUX_H

// _GNU_SOURCE is not defined here: with it these headers differ from those of the Glibc module.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <malloc.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/// Accepts a connection with flags at once; glibc declares it for _GNU_SOURCE only.
extern int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);

enum : int { CLINUX_SOCK_NONBLOCK = SOCK_NONBLOCK, CLINUX_SOCK_CLOEXEC = SOCK_CLOEXEC };

/// Lets timers of the calling thread fire this close to their time (default 50 µs).
static inline int clinux_set_timer_slack(unsigned long nanoseconds) {
  return prctl(PR_SET_TIMERSLACK, nanoseconds);
}

/// Names the calling thread (at most 15 bytes are kept), for ps and gdb.
static inline int clinux_name_thread(const char *name) {
  return prctl(PR_SET_NAME, name);
}

/// `clock_gettime` as nanoseconds.
static inline int64_t clinux_clock_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  int64_t ns;
  // The clock may be set to any year; int64_t ends in 2262.
  if (__builtin_mul_overflow((int64_t)t.tv_sec, (int64_t)1000000000, &ns) ||
      __builtin_add_overflow(ns, (int64_t)t.tv_nsec, &ns)) {
    return t.tv_sec < 0 ? INT64_MIN / 2 : INT64_MAX / 2;
  }
  return ns;
}

/// Sleeps until an absolute time of CLOCK_MONOTONIC; 0, or EINTR.
static inline int clinux_sleep_until(int64_t monotonic_ns) {
  struct timespec t = {monotonic_ns / 1000000000, monotonic_ns % 1000000000};
  return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, 0);
}

/// Sets O_NONBLOCK and FD_CLOEXEC; 0, or -errno.
static inline int clinux_prepare_descriptor(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
  return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}

/// `struct sigaction` with SIG_IGN.
static inline int clinux_ignore_signal(int number) {
  struct sigaction a;
  memset(&a, 0, sizeof a);
  a.sa_handler = SIG_IGN;
  return sigaction(number, &a, 0);
}

/// `struct sigaction` with SIG_DFL.
static inline int clinux_default_signal(int number) {
  struct sigaction a;
  memset(&a, 0, sizeof a);
  a.sa_handler = SIG_DFL;
  return sigaction(number, &a, 0);
}

/// Dumps no core when the process ends by a signal.
static inline void clinux_dump_no_core(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_CORE, &limit) < 0) return;
  limit.rlim_cur = 0;
  setrlimit(RLIMIT_CORE, &limit);
}

static const uint32_t
    CLINUX_EPOLLIN = EPOLLIN,
    CLINUX_EPOLLOUT = EPOLLOUT,
    CLINUX_EPOLLERR = EPOLLERR,
    CLINUX_EPOLLHUP = EPOLLHUP,
    CLINUX_EPOLLRDHUP = EPOLLRDHUP,
    CLINUX_EPOLLET = EPOLLET;

#endif
