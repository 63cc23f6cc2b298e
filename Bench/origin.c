// SPDX-License-Identifier: Apache-2.0
/* A minimal origin to measure the streamer against: one thread, epoll, writev, TCP_NODELAY.
 *
 * It publishes one unchanging part and playlist at each multiple of the period since 1970, holds
 * requests for later parts, and answers all held requests at the publication. It has no parser, no
 * routes and no video: its cost is the cost of the kernel and of one loop.
 *
 * origin PORT PERIOD_MS PARTS_PER_SEGMENT PART.head PART.body PLAYLIST.head PLAYLIST.body LOG
 *
 * Part K of segment N has the index N * PARTS_PER_SEGMENT + K, like the parts of the streamer. The
 * origin prints its port, and on SIGTERM writes LOG: 64-bit pairs of index and nanoseconds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_MAX = 2048, EVENTS = 512, LOG_MAX = 100000, PART = 0, PLAYLIST = 1 };

struct bytes { char *start; size_t count; };
struct answer { struct bytes head, body; };

struct connection {
  int socket;
  int kind;
  uint64_t wanted;             /* index of the awaited part */
  struct connection **link;    /* its pointer in the list of held requests, or NULL */
  struct connection *next;
  size_t sent, filled;
  int sending;
  char request[REQUEST_MAX];
};

static int loop, listener;
static uint64_t published, period, per_segment;
static struct answer answers[2];
static struct connection *held;
static uint64_t log_entries[LOG_MAX][2];
static size_t log_count;

static void die(const char *call) { perror(call); exit(1); }

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct bytes load(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) die(path);
  fseek(file, 0, SEEK_END);
  struct bytes b = {NULL, (size_t)ftell(file)};
  rewind(file);
  b.start = malloc(b.count);
  if (!b.start || fread(b.start, 1, b.count, file) != b.count) die(path);
  fclose(file);
  return b;
}

static void watch(int operation, int descriptor, uint32_t events, void *data) {
  struct epoll_event event = {.events = events, .data.ptr = data};
  if (epoll_ctl(loop, operation, descriptor, &event) < 0) die("epoll_ctl");
}

static void hold(struct connection *c) {
  c->next = held;
  if (held) held->link = &c->next;
  held = c;
  c->link = &held;
}

static void release(struct connection *c) {
  if (!c->link) return;
  *c->link = c->next;
  if (c->next) c->next->link = c->link;
  c->link = NULL;
}

static void finish(struct connection *c) {
  release(c);
  close(c->socket);
  free(c);
}

static void read_request(struct connection *c);

/* Returns 0 if the connection is closed. */
static int answer(struct connection *c) {
  struct answer *a = &answers[c->kind];
  size_t total = a->head.count + a->body.count;
  while (c->sent < total) {
    struct iovec parts[2];
    int count = 0;
    if (c->sent < a->head.count)
      parts[count++] = (struct iovec){a->head.start + c->sent, a->head.count - c->sent};
    size_t offset = c->sent > a->head.count ? c->sent - a->head.count : 0;
    parts[count++] = (struct iovec){a->body.start + offset, a->body.count - offset};
    ssize_t n = writev(c->socket, parts, count);
    if (n < 0 && errno == EAGAIN) {
      if (!c->sending) watch(EPOLL_CTL_MOD, c->socket, EPOLLIN | EPOLLOUT, c);
      c->sending = 1;
      return 1;
    }
    if (n < 0) { finish(c); return 0; }
    c->sent += (size_t)n;
  }
  if (c->sending) watch(EPOLL_CTL_MOD, c->socket, EPOLLIN, c);
  c->sending = 0;
  c->sent = 0;
  return 1;
}

/* Removes whole requests from the buffer; returns 0 if the connection is closed. */
static int take_requests(struct connection *c) {
  char *end;
  while (!c->link && !c->sending && (end = memmem(c->request, c->filled, "\r\n\r\n", 4))) {
    *end = 0;
    size_t used = (size_t)(end + 4 - c->request);
    char *msn = strstr(c->request, "_HLS_msn="), *part = strstr(c->request, "_HLS_part=");
    char *name = strstr(c->request, "/segment");
    c->wanted = 0;
    c->kind = PLAYLIST;
    if (msn && part) {
      c->wanted = strtoull(msn + 9, NULL, 10) * per_segment + strtoull(part + 10, NULL, 10);
    } else if (name) {
      char *dot;
      c->kind = PART;
      c->wanted = strtoull(name + 8, &dot, 10) * per_segment;
      c->wanted += strtoull(dot + 1, NULL, 10);
    }
    memmove(c->request, c->request + used, c->filled - used);
    c->filled -= used;
    if (c->wanted > published) hold(c);
    else if (!answer(c)) return 0;
  }
  return 1;
}

static void read_request(struct connection *c) {
  ssize_t n = read(c->socket, c->request + c->filled, REQUEST_MAX - 1 - c->filled);
  if (n == 0 || (n < 0 && errno != EAGAIN)) { finish(c); return; }
  if (n > 0) c->filled += (size_t)n;
  take_requests(c);
}

static void publish(void) {
  uint64_t due = now_ns() / period;
  if (due <= published + 1) return;
  published = due - 1;
  if (log_count < LOG_MAX) {
    log_entries[log_count][0] = published;
    log_entries[log_count++][1] = now_ns();
  }
  struct connection *waiting = held;
  held = NULL;
  if (waiting) waiting->link = &waiting;
  while (waiting) {
    struct connection *c = waiting;
    release(c);
    if (c->wanted > published) hold(c);
    else if (answer(c)) take_requests(c);
  }
}

static void accept_all(void) {
  int on = 1, client;
  while ((client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int low = 65536;
    setsockopt(client, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &low, sizeof low);
    struct connection *c = calloc(1, sizeof *c);
    if (!c) die("calloc");
    c->socket = client;
    watch(EPOLL_CTL_ADD, client, EPOLLIN, c);
  }
}

static void listen_on(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096))
    die("bind");
  socklen_t size = sizeof address;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
}

static int ticks(void) {
  int timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  uint64_t first = (now_ns() / period + 1) * period;
  struct itimerspec spec = {
      .it_value = {(time_t)(first / 1000000000u), (long)(first % 1000000000u)},
      .it_interval = {(time_t)(period / 1000000000u), (long)(period % 1000000000u)}};
  if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &spec, NULL)) die("timerfd_settime");
  return timer;
}

int main(int count, char **arguments) {
  if (count != 9) {
    fprintf(stderr, "usage: origin PORT PERIOD_MS PER_SEGMENT PART.head PART.body "
                    "LIST.head LIST.body LOG\n");
    return 2;
  }
  period = strtoull(arguments[2], NULL, 10) * 1000000u;
  per_segment = strtoull(arguments[3], NULL, 10);
  for (int i = 0; i < 2; i++)
    answers[i] = (struct answer){load(arguments[4 + 2 * i]), load(arguments[5 + 2 * i])};
  published = now_ns() / period - 1;
  loop = epoll_create1(EPOLL_CLOEXEC);
  listen_on(atoi(arguments[1]));
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigprocmask(SIG_BLOCK, &stop, NULL);
  int timer = ticks(), ended = signalfd(-1, &stop, SFD_CLOEXEC);
  watch(EPOLL_CTL_ADD, listener, EPOLLIN, &listener);
  watch(EPOLL_CTL_ADD, timer, EPOLLIN, &timer);
  watch(EPOLL_CTL_ADD, ended, EPOLLIN, &ended);
  for (struct epoll_event events[EVENTS];;) {
    int ready = epoll_wait(loop, events, EVENTS, -1);
    for (int i = 0; i < ready; i++) {
      void *source = events[i].data.ptr;
      if (source == &ended) {
        FILE *file = fopen(arguments[8], "wb");
        if (file) fwrite(log_entries, sizeof log_entries[0], log_count, file), fclose(file);
        return 0;
      }
      if (source == &listener) { accept_all(); continue; }
      if (source == &timer) {
        uint64_t passed;
        if (read(timer, &passed, sizeof passed) > 0) publish();
        continue;
      }
      struct connection *c = source;
      if (events[i].events & EPOLLOUT) {
        if (answer(c)) take_requests(c);
      } else {
        read_request(c);
      }
    }
  }
}
