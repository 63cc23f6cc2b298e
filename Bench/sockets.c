// SPDX-License-Identifier: Apache-2.0
/* Many WebSockets of llws.v1 in one process, and a minimal server that sends them the same amount.
 *
 * sockets watch PORT COUNT SECONDS PATH idle|play OUT
 *   Opens COUNT sockets; with `play` each subscribes to the video. OUT gets three 64-bit numbers
 *   per video message: its number, its publish time (milliseconds modulo 2^32), and nanoseconds
 *   (CLOCK_REALTIME) of its last byte. Prints one line of JSON.
 * sockets serve FPS SIZE
 *   Sends a message of SIZE bytes to each socket FPS times a second: one writev of a header of its
 *   own and a shared body. Prints its port. It parses no request but the end of its head.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 512, SCRATCH = 1 << 18, HEAD = 16, VIDEO = 1 };

struct peer {
  int socket;
  int is_open, is_gone;      /* the upgrade is done; the connection has ended */
  size_t head_size;          /* bytes of the present frame's header */
  unsigned char head[24];
  uint64_t left;             /* bytes of the present payload */
  int has_size;
  size_t unsent;             /* serve: bytes of the present message that wait */
};

static int loop;
static uint64_t bytes_read, opened, ended, skipped;

static void die(const char *call) { perror(call); exit(1); }

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void watch_for(int operation, int descriptor, uint32_t events, void *data) {
  struct epoll_event event = {.events = events, .data.ptr = data};
  if (epoll_ctl(loop, operation, descriptor, &event) < 0) die("epoll_ctl");
}

/* Watching ------------------------------------------------------------------------------------ */

struct sample { uint64_t number, published, at; };
static struct sample *samples;
static size_t sample_count, sample_room;
static int plays;

/* A masked text frame; the mask is zero, so that the text is sent as it is. */
static void say(struct peer *p, const char *text) {
  unsigned char frame[256] = {0x81, (unsigned char)(0x80 | strlen(text))};
  memcpy(frame + 6, text, strlen(text));
  if (send(p->socket, frame, 6 + strlen(text), MSG_NOSIGNAL) < 0) p->is_gone = 1;
}

static void connect_peer(struct peer *p, const char *path, struct sockaddr_in *server) {
  p->socket = socket(AF_INET, SOCK_STREAM, 0);
  if (p->socket < 0 || connect(p->socket, (struct sockaddr *)server, sizeof *server))
    die("connect");
  char request[512];
  int size = snprintf(request, sizeof request,
                      "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                      "Sec-WebSocket-Protocol: llws.v1\r\n\r\n", path);
  if (send(p->socket, request, (size_t)size, MSG_NOSIGNAL) != size) die("send");
  watch_for(EPOLL_CTL_ADD, p->socket, EPOLLIN, p);
}

static uint64_t number_in(const unsigned char *bytes, int count) {
  uint64_t value = 0;
  while (count--) value = value << 8 | *bytes++;
  return value;
}

/* The size of a frame's header with the 12 bytes of llws, as far as `head` tells. */
static size_t header_size(const struct peer *p) {
  if (p->head_size < 2) return 2;
  int code = p->head[1] & 0x7f, is_media = (p->head[0] & 0x0f) == 2;
  return (code == 127 ? 10u : code == 126 ? 4u : 2u) + (is_media ? 12u : 0u);
}

static void begin_payload(struct peer *p) {
  int code = p->head[1] & 0x7f;
  uint64_t size = code == 127 ? number_in(p->head + 2, 8)
                : code == 126 ? number_in(p->head + 2, 2) : (uint64_t)code;
  int is_media = (p->head[0] & 0x0f) == 2;
  p->left = is_media ? (size < 12 ? 0 : size - 12) : size;
  p->has_size = 1;
}

static void end_message(struct peer *p) {
  const unsigned char *media = p->head + p->head_size - 12;
  if ((p->head[0] & 0x0f) == 2 && media[0] == VIDEO && sample_count < sample_room)
    samples[sample_count++] =
        (struct sample){number_in(media + 4, 4), number_in(media + 8, 4), now_ns()};
  p->head_size = 0;
  p->has_size = 0;
}

static void take(struct peer *p, const unsigned char *data, size_t count) {
  bytes_read += count;
  if (!p->is_open) {
    const unsigned char *end = memmem(data, count, "\r\n\r\n", 4);
    if (!end || memcmp(data, "HTTP/1.1 101", 12)) { p->is_gone = 1; return; }
    count -= (size_t)(end + 4 - data);
    data = end + 4;
    p->is_open = 1;
    opened++;
    say(p, "{\"t\":\"hello\",\"v\":1}");
    if (plays) say(p, "{\"t\":\"subscribe\",\"start\":\"live\",\"tracks\":[\"v\"]}");
  }
  for (;;) {
    if (!p->has_size) {
      while (count && p->head_size < header_size(p)) p->head[p->head_size++] = *data++, count--;
      if (p->head_size < header_size(p)) return;
      begin_payload(p);
    }
    size_t part = count < p->left ? count : (size_t)p->left;
    data += part;
    count -= part;
    p->left -= part;
    if (p->left) return;
    end_message(p);
  }
}

static int run_watch(char **arguments) {
  struct sockaddr_in server = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)atoi(arguments[0]))};
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  size_t count = strtoul(arguments[1], NULL, 10);
  double seconds = atof(arguments[2]);
  plays = !strcmp(arguments[4], "play");
  sample_room = plays ? count * (size_t)(seconds * 40 + 100) : 1;
  samples = malloc(sample_room * sizeof *samples);
  struct peer *all = calloc(count, sizeof *all);
  unsigned char *scratch = malloc(SCRATCH);
  if (!samples || !all || !scratch) die("start");
  for (size_t i = 0; i < count; i++) connect_peer(&all[i], arguments[3], &server);
  uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
  for (struct epoll_event events[EVENTS]; now_ns() < end;) {
    int ready = epoll_wait(loop, events, EVENTS, 100);
    for (int i = 0; i < ready; i++) {
      struct peer *p = events[i].data.ptr;
      ssize_t n = recv(p->socket, scratch, SCRATCH, MSG_DONTWAIT);
      if (n > 0) take(p, scratch, (size_t)n);
      if (n > 0 && !p->is_gone) continue;
      if (n < 0 && errno == EAGAIN) continue;
      epoll_ctl(loop, EPOLL_CTL_DEL, p->socket, NULL);
      ended++;
    }
  }
  FILE *file = fopen(arguments[5], "wb");
  if (!file) die(arguments[5]);
  fwrite(samples, sizeof *samples, sample_count, file);
  fclose(file);
  printf("{\"messages\": %zu, \"bytes\": %llu, \"opened\": %llu, \"closed\": %llu}\n",
         sample_count, (unsigned long long)bytes_read, (unsigned long long)opened,
         (unsigned long long)ended);
  return 0;
}

/* Serving ------------------------------------------------------------------------------------- */

static unsigned char message_head[HEAD] = {0x82, 126, 0, 0, VIDEO};
static unsigned char *body;
static size_t body_size;
static struct peer **peers;
static size_t peer_count, peer_room;

static void leave(struct peer *p) {
  close(p->socket);
  p->socket = -1;
  p->is_gone = 1;
}

static void send_rest(struct peer *p) {
  size_t total = HEAD + body_size, sent = total - p->unsent;
  struct iovec parts[2];
  int count = 0;
  if (sent < HEAD) parts[count++] = (struct iovec){message_head + sent, HEAD - sent};
  size_t offset = sent > HEAD ? sent - HEAD : 0;
  parts[count++] = (struct iovec){body + offset, body_size - offset};
  ssize_t n = writev(p->socket, parts, count);
  if (n < 0 && errno != EAGAIN) { leave(p); return; }
  if (n > 0) p->unsent -= (size_t)n;
  if (p->unsent) watch_for(EPOLL_CTL_MOD, p->socket, EPOLLIN | EPOLLOUT, p);
}

static void publish(void) {
  static uint32_t number;
  uint32_t values[2] = {htonl(number++), htonl((uint32_t)(now_ns() / 1000000u))};
  memcpy(message_head + 8, values, sizeof values);
  for (size_t i = 0; i < peer_count; i++) {
    struct peer *p = peers[i];
    if (p->is_gone || !p->is_open) continue;
    if (p->unsent) { skipped++; continue; }
    p->unsent = HEAD + body_size;
    send_rest(p);
  }
}

static void accept_all(int listener) {
  int on = 1, client;
  while ((client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct peer *p = calloc(1, sizeof *p);
    if (peer_count == peer_room) {
      peer_room = peer_room ? 2 * peer_room : 1024;
      peers = realloc(peers, peer_room * sizeof(struct peer *));
    }
    if (!p || !peers) die("memory");
    p->socket = client;
    peers[peer_count++] = p;
    watch_for(EPOLL_CTL_ADD, client, EPOLLIN, p);
  }
}

static void read_peer(struct peer *p) {
  static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                               "Connection: Upgrade\r\n\r\n";
  char scratch[4096];
  ssize_t n = read(p->socket, scratch, sizeof scratch);
  if (n == 0 || (n < 0 && errno != EAGAIN)) { leave(p); return; }
  if (p->is_open || n < 0 || !memmem(scratch, (size_t)n, "\r\n\r\n", 4)) return;
  p->is_open = 1;
  if (write(p->socket, answer, sizeof answer - 1) < 0) leave(p);
}

static int run_serve(char **arguments) {
  int fps = atoi(arguments[0]);
  size_t size = strtoul(arguments[1], NULL, 10);
  if (fps < 1 || size < HEAD || size > 65535 + 4) return 2;
  body_size = size - HEAD;
  body = calloc(1, body_size + 1);
  if (!body) die("memory");
  uint16_t length = htons((uint16_t)(size - 4));
  memcpy(message_head + 2, &length, sizeof length);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t address_size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096) ||
      getsockname(listener, (struct sockaddr *)&address, &address_size))
    die("listen");
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  struct itimerspec spec = {{0, 1000000000L / fps}, {0, 1000000000L / fps}};
  if (fps == 1) spec = (struct itimerspec){{1, 0}, {1, 0}};
  timerfd_settime(timer, 0, &spec, NULL);
  watch_for(EPOLL_CTL_ADD, listener, EPOLLIN, &listener);
  watch_for(EPOLL_CTL_ADD, timer, EPOLLIN, &timer);
  for (struct epoll_event events[EVENTS];;) {
    int ready = epoll_wait(loop, events, EVENTS, -1);
    for (int i = 0; i < ready; i++) {
      void *source = events[i].data.ptr;
      uint64_t passed;
      if (source == &listener) { accept_all(listener); continue; }
      if (source == &timer) {
        if (read(timer, &passed, sizeof passed) > 0) publish();
        continue;
      }
      struct peer *p = source;
      if (!p->is_gone && events[i].events & EPOLLOUT) {
        watch_for(EPOLL_CTL_MOD, p->socket, EPOLLIN, p);
        send_rest(p);
      }
      if (!p->is_gone && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_peer(p);
    }
  }
}

int main(int count, char **arguments) {
  signal(SIGPIPE, SIG_IGN);
  loop = epoll_create1(EPOLL_CLOEXEC);
  if (count == 8 && !strcmp(arguments[1], "watch")) return run_watch(arguments + 2);
  if (count == 4 && !strcmp(arguments[1], "serve")) return run_serve(arguments + 2);
  fprintf(stderr, "usage: sockets watch PORT COUNT SECONDS PATH idle|play OUT\n"
                  "       sockets serve FPS SIZE\n");
  return 2;
}
