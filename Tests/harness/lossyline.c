// SPDX-License-Identifier: Apache-2.0
// A line between two network namespaces that delays, loses and limits packets.
//
// Opens a tun device (10.99.0.1) in the namespace of the caller and another one (10.99.0.2) in a
// new namespace, and passes IP packets between both. The line begins clean. Each line of standard
// input sets it: loss (0–1, of each direction), delay of each direction in ms, rate in kbit/s (0:
// none), jitter in ms (0 if absent): a random delay of each packet, none of
// which overtakes another. The program ends with its input, devices and namespace with it.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { MTU = 1500, CAPACITY = 16384 };

struct packet {
  int64_t due;
  uint16_t size;
  uint8_t bytes[MTU];
};

/// Packets of one direction on their way, oldest first.
struct direction {
  int from, to;
  unsigned first, count;
  int64_t free_at, last_due;
  struct packet *packets;
};

static double loss, kbits;
static int64_t delay, jitter;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void up(int s, struct ifreq *r) {
  if (ioctl(s, SIOCGIFFLAGS, r) < 0) fail("SIOCGIFFLAGS");
  r->ifr_flags |= IFF_UP | IFF_RUNNING;
  if (ioctl(s, SIOCSIFFLAGS, r) < 0) fail("SIOCSIFFLAGS");
}

/// A tun device with an address in the present namespace, whose loopback is up.
static int device(const char *address) {
  struct ifreq r;
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK), s = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0 || s < 0) fail("/dev/net/tun");
  memset(&r, 0, sizeof r);
  strcpy(r.ifr_name, "lo");
  up(s, &r);
  memset(&r, 0, sizeof r);
  strcpy(r.ifr_name, "line");
  r.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(fd, TUNSETIFF, &r) < 0) fail("TUNSETIFF");
  struct sockaddr_in *a = (struct sockaddr_in *)&r.ifr_addr;
  memset(a, 0, sizeof *a);
  a->sin_family = AF_INET;
  inet_pton(AF_INET, address, &a->sin_addr);
  if (ioctl(s, SIOCSIFADDR, &r) < 0) fail("SIOCSIFADDR");
  inet_pton(AF_INET, "255.255.255.252", &a->sin_addr);
  if (ioctl(s, SIOCSIFNETMASK, &r) < 0) fail("SIOCSIFNETMASK");
  r.ifr_mtu = MTU;
  if (ioctl(s, SIOCSIFMTU, &r) < 0) fail("SIOCSIFMTU");
  up(s, &r);
  close(s);
  return fd;
}

static void take(struct direction *d) {
  for (;;) {
    uint8_t bytes[MTU];
    ssize_t size = read(d->from, bytes, sizeof bytes);
    if (size <= 0) return;
    if (d->count == CAPACITY || drand48() < loss) continue;
    int64_t begin = now();
    if (kbits > 0) {
      if (d->free_at > begin) begin = d->free_at;
      if (begin - now() > 300000000) continue;  // the queue of a router: 300 ms
      d->free_at = begin += (int64_t)(size * 8e6 / kbits);
    }
    struct packet *p = &d->packets[(d->first + d->count++) % CAPACITY];
    p->due = begin + delay + (int64_t)(drand48() * jitter);
    if (p->due < d->last_due) p->due = d->last_due;
    d->last_due = p->due;
    p->size = size;
    memcpy(p->bytes, bytes, size);
  }
}

/// Sends what is due; the time of the next packet.
static int64_t pass(struct direction *d) {
  while (d->count > 0) {
    struct packet *p = &d->packets[d->first];
    if (p->due > now()) return p->due;
    if (write(d->to, p->bytes, p->size) < 0) { /* lost */ }
    d->first = (d->first + 1) % CAPACITY;
    d->count -= 1;
  }
  return INT64_MAX;
}

int main(void) {
  int near = device("10.99.0.1");
  if (unshare(CLONE_NEWNET) < 0) fail("unshare");
  int far = device("10.99.0.2");
  struct direction ways[2] = {{near, far, 0, 0, 0, 0, 0}, {far, near, 0, 0, 0, 0, 0}};
  for (int i = 0; i < 2; i++) ways[i].packets = calloc(CAPACITY, sizeof(struct packet));
  srand48(1);
  puts("ready");
  fflush(stdout);
  for (;;) {
    int64_t a = pass(&ways[0]), b = pass(&ways[1]), next = a < b ? a : b, rest = next - now();
    if (next == INT64_MAX || rest > 1000000000) rest = 1000000000;
    if (rest < 0) rest = 0;
    struct timespec wait = {rest / 1000000000, rest % 1000000000};
    struct pollfd polled[3] = {{near, POLLIN, 0}, {far, POLLIN, 0}, {0, POLLIN, 0}};
    if (ppoll(polled, 3, &wait, 0) < 0) fail("ppoll");
    if (polled[2].revents) {
      char line[256];
      ssize_t size = read(0, line, sizeof line - 1);
      if (size <= 0) return 0;
      line[size] = 0;
      double wait_ms, jitter_ms = 0;
      if (sscanf(line, "%lf %lf %lf %lf", &loss, &wait_ms, &kbits, &jitter_ms) < 3) return 2;
      delay = (int64_t)(wait_ms * 1e6);
      jitter = (int64_t)(jitter_ms * 1e6);
    }
    for (int i = 0; i < 2; i++) take(&ways[i]);
  }
}
