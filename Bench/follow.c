// SPDX-License-Identifier: Apache-2.0
/* Many readers of open segments in one process: each reads a segment while it is produced, then
 * requests the next one.
 *
 * follow PORT CONNECTIONS SECONDS PREFIX FIRST
 *
 * PREFIX is a path such as /live/video/segment; FIRST is the number of the first request. Prints
 * one line of JSON: segments read to their end, truncated bodies, bytes.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 512, SCRATCH = 1 << 18, LINE = 2048 };

/* The element of the response that a connection reads next. */
enum state { HEAD, SIZE, DATA, DATA_END, LAST, FIXED };

struct viewer {
  int socket, is_chunked;
  enum state state;
  uint64_t number, left;
  size_t line_size;
  char line[LINE];
};

static uint64_t segments, cut, errors, bytes_read, chunks;
static const char *prefix;

static void die(const char *call) { perror(call); exit(1); }

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void ask(struct viewer *v) {
  char request[512];
  int size = snprintf(request, sizeof request,
                      "GET %s%llu.m4s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", prefix,
                      (unsigned long long)v->number);
  v->state = HEAD;
  v->line_size = 0;
  v->is_chunked = 0;
  v->left = 0;
  if (send(v->socket, request, (size_t)size, MSG_NOSIGNAL) != size) errors++;
}

static void done(struct viewer *v) {
  segments++;
  v->number++;
  ask(v);
}

/* Parses a line: of the head, with the size of an HTTP chunk, or the empty one after its data. */
static void line(struct viewer *v) {
  v->line[v->line_size] = 0;
  if (v->state == HEAD) {
    if (v->line_size == 0) {
      v->state = v->is_chunked ? SIZE : FIXED;
      if (!v->is_chunked && v->left == 0) done(v);
    } else if (!strncmp(v->line, "HTTP/1.1 ", 9) && strncmp(v->line + 9, "200", 3)) errors++;
    else if (!strncasecmp(v->line, "transfer-encoding: chunked", 26)) v->is_chunked = 1;
    else if (!strncasecmp(v->line, "content-length:", 15))
      v->left = strtoull(v->line + 15, NULL, 10);
  } else if (v->state == SIZE) {
    v->left = strtoull(v->line, NULL, 16);
    v->state = v->left ? DATA : LAST;
    if (v->left) chunks++;
  } else if (v->state == DATA_END) v->state = SIZE;
  else if (v->line_size == 0) done(v);
  v->line_size = 0;
}

static void take(struct viewer *v, const char *data, size_t count) {
  bytes_read += count;
  while (count > 0) {
    if (v->state == DATA || v->state == FIXED) {
      size_t part = v->left < count ? (size_t)v->left : count;
      v->left -= part;
      data += part;
      count -= part;
      if (v->left == 0) {
        if (v->state == FIXED) { done(v); } else v->state = DATA_END;
      }
      continue;
    }
    const char *end = memchr(data, '\n', count);
    size_t part = end ? (size_t)(end - data) + 1 : count;
    if (v->line_size + part >= LINE) { errors++; part = count; }
    else {
      memcpy(v->line + v->line_size, data, part);
      v->line_size += part;
    }
    data += part;
    count -= part;
    if (!end) continue;
    while (v->line_size &&
           (v->line[v->line_size - 1] == '\n' || v->line[v->line_size - 1] == '\r'))
      v->line_size--;
    line(v);
  }
}

int main(int argc, char **argv) {
  if (argc != 6) { fprintf(stderr, "follow PORT CONNECTIONS SECONDS PREFIX FIRST\n"); return 2; }
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  size_t count = strtoul(argv[2], NULL, 10);
  double until = now() + atof(argv[3]);
  prefix = argv[4];
  struct viewer *viewers = calloc(count, sizeof *viewers);
  static char scratch[SCRATCH];
  int poll = epoll_create1(0);
  if (!viewers || poll < 0) die("setup");
  for (size_t i = 0; i < count; i++) {
    struct viewer *v = &viewers[i];
    int on = 1;
    v->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (v->socket < 0 || connect(v->socket, (struct sockaddr *)&server, sizeof server))
      die("connect");
    setsockopt(v->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    v->number = strtoull(argv[5], NULL, 10);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = v};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, v->socket, &event)) die("epoll_ctl");
    ask(v);
  }
  struct epoll_event events[EVENTS];
  while (now() < until) {
    int ready = epoll_wait(poll, events, EVENTS, 100);
    for (int i = 0; i < ready; i++) {
      struct viewer *v = events[i].data.ptr;
      ssize_t got = recv(v->socket, scratch, sizeof scratch, MSG_DONTWAIT);
      if (got > 0) take(v, scratch, (size_t)got);
      else if (got == 0) { cut++; epoll_ctl(poll, EPOLL_CTL_DEL, v->socket, NULL); }
    }
  }
  printf("{\"segments\": %llu, \"chunks\": %llu, \"cut\": %llu, "
         "\"errors\": %llu, \"bytes\": %llu}\n",
         (unsigned long long)segments, (unsigned long long)chunks, (unsigned long long)cut,
         (unsigned long long)errors, (unsigned long long)bytes_read);
  return 0;
}
