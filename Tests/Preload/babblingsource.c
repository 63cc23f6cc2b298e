// SPDX-License-Identifier: Apache-2.0
// Preloaded: after 150 messages the process of a source sends without end what BABBLE says.
//
// BABBLE 1: one valid message as fast as the server reads it. 2: a message of an unknown kind.
// 3: lines of the log, each with another event, at a rate that the server accepts.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int applies;
static ssize_t (*original)(int, const struct msghdr *, int);

// Before the sandbox, which forbids files.
__attribute__((constructor)) static void start(void) {
  char line[256];
  FILE *file = fopen("/proc/self/cmdline", "r");
  if (!file) return;
  size_t count = fread(line, 1, sizeof line, file);
  fclose(file);
  applies = memmem(line, count, "--source-process", 16) != NULL;
  original = (ssize_t(*)(int, const struct msghdr *, int))dlsym(RTLD_NEXT, "sendmsg");
}

static void babble(int fd, unsigned number) {
#if BABBLE == 3
  // Head: kind 15 and the size of the fields; fields: level, event, text.
  unsigned char message[9 + 1 + 4 + 10 + 4 + 5] = {15, 0, 0, 0, 24};
  unsigned char *event = message + 10;
  message[9] = 2;
  event[3] = 10;
  memcpy(event + 4, "live-", 5);
  for (int i = 0; i < 5; i++, number /= 26) event[9 + i] = (unsigned char)('a' + number % 26);
  event[17] = 5;
  memcpy(event + 18, "false", 5);
  usleep(1000);
#else
  // Kind 4, a session that runs: it has no fields.
  unsigned char message[9] = {BABBLE == 1 ? 4 : 99};
  (void)number;
#endif
  struct iovec range = {message, sizeof message};
  struct msghdr head;
  memset(&head, 0, sizeof head);
  head.msg_iov = &range;
  head.msg_iovlen = 1;
  if (original(fd, &head, MSG_NOSIGNAL) < 0) _exit(9);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  static int messages;
  if (applies && __atomic_add_fetch(&messages, 1, __ATOMIC_RELAXED) > 150)
    for (unsigned number = 0;; number++) babble(fd, number);
  return original(fd, message, flags);
}
