// SPDX-License-Identifier: Apache-2.0
/* Many viewers in one process: each has a held request for the next part or playlist, reads the
 * response when it is published, and requests the one after it.
 *
 * load PORT CONNECTIONS SECONDS part|playlist PREFIX PER_SEGMENT FIRST OUT
 *
 * PREFIX is a path such as /live/video/; FIRST is the index (segment * PER_SEGMENT + part) of the
 * first request. OUT gets three 64-bit numbers per response: index, nanoseconds (CLOCK_REALTIME) of
 * its first and of its last byte. Prints one line of JSON.
 */
#define _GNU_SOURCE
#include <errno.h>
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

enum { HEAD_MAX = 4096, EVENTS = 512, SCRATCH = 1 << 18 };

struct viewer {
  int socket;
  uint64_t index, first_byte;
  size_t head_size, body_left;
  int in_body, failed;
  char head[HEAD_MAX];
};

struct sample { uint64_t index, first, last; };

static uint64_t per_segment, errors, bytes_read;
static struct sample *samples;
static size_t sample_count, sample_room;
static const char *prefix;
static int playlists;
static struct sockaddr_in server;

static void die(const char *call) { perror(call); exit(1); }

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void ask(struct viewer *v) {
  char request[512];
  unsigned long long n = v->index / per_segment, k = v->index % per_segment;
  int size = playlists
    ? snprintf(request, sizeof request,
               "GET %splaylist.m3u8?_HLS_msn=%llu&_HLS_part=%llu HTTP/1.1\r\n"
               "Host: 127.0.0.1\r\n\r\n", prefix, n, k)
    : snprintf(request, sizeof request,
               "GET %ssegment%llu.%llu.m4s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", prefix, n, k);
  v->head_size = v->body_left = 0;
  v->in_body = 0;
  v->first_byte = 0;
  if (send(v->socket, request, (size_t)size, MSG_NOSIGNAL) != size) errors++;
}

/* Sends the next request; after a response other than 200 the viewer stops. */
static void done(struct viewer *v) {
  if (v->failed) return;
  if (sample_count < sample_room)
    samples[sample_count++] = (struct sample){v->index, v->first_byte, now_ns()};
  v->index++;
  ask(v);
}

/* Reads bytes of the response; a viewer has at most one request in flight. */
static void take(struct viewer *v, const char *data, size_t count) {
  bytes_read += count;
  if (!v->first_byte) v->first_byte = now_ns();
  if (!v->in_body) {
    size_t room = HEAD_MAX - 1 - v->head_size, part = count < room ? count : room;
    memcpy(v->head + v->head_size, data, part);
    v->head_size += part;
    v->head[v->head_size] = 0;
    char *end = strstr(v->head, "\r\n\r\n");
    if (!end) return;
    size_t head_count = (size_t)(end + 4 - v->head), before = v->head_size - part;
    *end = 0;
    char *length = strcasestr(v->head, "\r\ncontent-length:");
    v->failed = strncmp(v->head, "HTTP/1.1 200", 12) || !length;
    errors += (uint64_t)v->failed;
    v->body_left = length ? strtoull(length + 17, NULL, 10) : 0;
    v->in_body = 1;
    size_t used = head_count - before;
    data += used;
    count -= used;
  }
  v->body_left -= count < v->body_left ? count : v->body_left;
  if (!v->body_left) done(v);
}

static void connect_viewer(struct viewer *v, int loop, uint64_t first) {
  v->socket = socket(AF_INET, SOCK_STREAM, 0);
  if (v->socket < 0 || connect(v->socket, (struct sockaddr *)&server, sizeof server))
    die("connect");
  int on = 1;
  setsockopt(v->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = v};
  epoll_ctl(loop, EPOLL_CTL_ADD, v->socket, &event);
  v->index = first;
  ask(v);
}

int main(int count, char **arguments) {
  if (count != 9) {
    fprintf(stderr, "usage: load PORT CONNECTIONS SECONDS part|playlist PREFIX "
                    "PER_SEGMENT FIRST OUT\n");
    return 2;
  }
  uint16_t port = (uint16_t)atoi(arguments[1]);
  server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  size_t viewers = strtoul(arguments[2], NULL, 10);
  double seconds = atof(arguments[3]);
  playlists = !strcmp(arguments[4], "playlist");
  prefix = arguments[5];
  per_segment = strtoull(arguments[6], NULL, 10);
  uint64_t first = strtoull(arguments[7], NULL, 10);
  sample_room = viewers * (size_t)(seconds * 40 + 100);
  samples = malloc(sample_room * sizeof *samples);
  struct viewer *all = calloc(viewers, sizeof *all);
  char *scratch = malloc(SCRATCH);
  int loop = epoll_create1(0);
  if (!samples || !all || !scratch || loop < 0) die("start");
  for (size_t i = 0; i < viewers; i++) connect_viewer(&all[i], loop, first);
  uint64_t end = now_ns() + (uint64_t)(seconds * 1e9), closed = 0;
  for (struct epoll_event events[EVENTS]; now_ns() < end;) {
    int ready = epoll_wait(loop, events, EVENTS, 100);
    for (int i = 0; i < ready; i++) {
      struct viewer *v = events[i].data.ptr;
      ssize_t n = recv(v->socket, scratch, SCRATCH, MSG_DONTWAIT);
      if (n > 0) { take(v, scratch, (size_t)n); continue; }
      if (n < 0 && errno == EAGAIN) continue;
      epoll_ctl(loop, EPOLL_CTL_DEL, v->socket, NULL);
      closed++;
    }
  }
  FILE *file = fopen(arguments[8], "wb");
  if (!file) die(arguments[8]);
  fwrite(samples, sizeof *samples, sample_count, file);
  fclose(file);
  printf("{\"deliveries\": %zu, \"bytes\": %llu, \"errors\": %llu, \"closed\": %llu}\n",
         sample_count,
         (unsigned long long)bytes_read, (unsigned long long)errors, (unsigned long long)closed);
  return 0;
}
