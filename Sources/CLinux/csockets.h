// Socket addresses and options: unions, casts and variadic calls that need raw pointers in Swift.
// Every function returns a value of its own, or -errno.
#ifndef CLINUX_SOCKETS_H
#define CLINUX_SOCKETS_H

#include "clinux.h"

#include <linux/sockios.h>

/// An Internet address in host byte order; IPv4 is kept in the lowest 32 bits of `low`.
struct clinux_address {
  uint64_t high, low;
  uint16_t port;
  uint8_t is_v6;
};

/// The address in a `sockaddr`; an IPv4-mapped IPv6 address is converted to IPv4.
static inline struct clinux_address clinux_address_of(const struct sockaddr_storage *s) {
  struct clinux_address a = {0, 0, 0, 0};
  if (s->ss_family == AF_INET) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)s;
    a.low = ntohl(in->sin_addr.s_addr);
    a.port = ntohs(in->sin_port);
  } else if (s->ss_family == AF_INET6) {
    const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)s;
    const uint8_t *b = in->sin6_addr.s6_addr;
    for (int i = 0; i < 8; i++) {
      a.high = a.high << 8 | b[i];
      a.low = a.low << 8 | b[8 + i];
    }
    a.port = ntohs(in->sin6_port);
    a.is_v6 = !IN6_IS_ADDR_V4MAPPED(&in->sin6_addr);
    if (!a.is_v6) a.low &= 0xffffffff;
  }
  return a;
}

/// Sets one integer option; a refusal is ignored, since none of these options is required.
static inline void clinux_set_option(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof value);
}

/// A TCP socket without an address, close-on-exec, or -errno.
static inline int clinux_tcp_socket(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
  return fd < 0 ? -errno : fd;
}

/// Selects the congestion control of a TCP socket and of the connections that it accepts from now
/// on, tcp(7). 0, or -errno: ENOENT for a name that the kernel does not know, EPERM for one that
/// this process may not use.
static inline int clinux_set_congestion(int fd, const char *name) {
  return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, strlen(name)) < 0 ? -errno : 0;
}

/// Reads the name of a TCP socket's congestion control; 0, or -errno.
static inline int clinux_congestion(int fd, char name[16]) {
  socklen_t size = 16;
  memset(name, 0, 16);
  int code = getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size) < 0 ? -errno : 0;
  name[15] = 0;
  return code;
}

/// Accepts one connection, non-blocking and close-on-exec, without Nagle's delay and with
/// `not_sent_low` bytes as TCP_NOTSENT_LOWAT. The descriptor, or -errno.
static inline int clinux_accept(int listener, int not_sent_low, struct clinux_address *peer) {
  struct sockaddr_storage from;
  socklen_t size = sizeof from;
  memset(&from, 0, sizeof from);
  int fd = accept4(listener, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return -errno;
  clinux_set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  clinux_set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, not_sent_low);
  *peer = clinux_address_of(&from);
  return fd;
}

/// Lets the kernel take no bytes while it has this number of unsent ones.
static inline void clinux_limit_unsent(int fd, int bytes) {
  clinux_set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, bytes);
}

/// Bounds the unsent bytes of all TCP connections of this process, and how long a peer may take
/// none, in milliseconds. For processes whose connections a library opens.
static inline void clinux_limit_connections(int bytes, int silence) {
  for (int fd = 3; fd < 256; fd++) {
    int protocol = 0;
    socklen_t size = sizeof protocol;
    if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) < 0 || protocol != IPPROTO_TCP)
      continue;
    clinux_limit_unsent(fd, bytes);
    clinux_set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, silence);
  }
}

/// Bytes that the kernel has taken but not sent; -1 if it does not tell.
static inline int clinux_unsent(int fd) {
  int count = 0;
  return ioctl(fd, SIOCOUTQNSD, &count) < 0 ? -1 : count;
}

/// The sending side of a TCP connection at one moment.
struct clinux_transmission {
  /// Bytes that the peer has acknowledged, and bytes in the kernel that it has not.
  uint64_t acknowledged, unacknowledged;
  /// The newest measured rate of delivery, in bytes per second.
  uint64_t rate;
  /// The smoothed round trip, and the shortest of the last minutes, in microseconds.
  uint32_t round_trip, shortest_round_trip;
  /// 1 if the sender had too few bytes for a higher rate, else 0.
  uint32_t is_lower_bound;
};

/// Reads the sending side of a connection. 0, or -errno.
///
/// glibc's `struct tcp_info` ends before the newer fields; these are their offsets in linux/tcp.h.
static inline int clinux_read_transmission(int fd, struct clinux_transmission *state) {
  uint8_t info[256];
  socklen_t size = sizeof info;
  int queued = 0;
  memset(info, 0, sizeof info);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &size) < 0) return -errno;
  if (size < 168) return -ENOTSUP;
  // After TCP_INFO: bytes that are acknowledged in between are missing in the sum, not in excess.
  if (ioctl(fd, SIOCOUTQ, &queued) < 0) return -errno;
  memcpy(&state->round_trip, info + 68, sizeof state->round_trip);
  memcpy(&state->shortest_round_trip, info + 148, sizeof state->shortest_round_trip);
  memcpy(&state->acknowledged, info + 120, sizeof state->acknowledged);
  memcpy(&state->rate, info + 160, sizeof state->rate);
  state->is_lower_bound = info[7] & 1;
  state->unacknowledged = queued > 0 ? (uint64_t)queued : 0;
  return 0;
}

/// A socket for TCP to `address`, which gets the port. The descriptor, or -errno; -EAFNOSUPPORT for
/// an address that is not of the Internet.
static inline int clinux_stream_socket(struct addrinfo *address, uint16_t port) {
  if (address->ai_family == AF_INET) {
    ((struct sockaddr_in *)address->ai_addr)->sin_port = htons(port);
  } else if (address->ai_family == AF_INET6) {
    ((struct sockaddr_in6 *)address->ai_addr)->sin6_port = htons(port);
  } else {
    return -EAFNOSUPPORT;
  }
  int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  return fd < 0 ? -errno : fd;
}

/// Binds and listens on the first address of `host` that can be bound. The descriptor, or
/// -errno; `*lookup` is the error of `getaddrinfo`, or 0.
static inline int clinux_listen(const char *host, uint16_t port, int backlog, int *lookup) {
  struct addrinfo hints, *list = 0;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  *lookup = getaddrinfo(host, 0, &hints, &list);
  if (*lookup) return -EINVAL;
  int result = -EADDRNOTAVAIL;
  for (struct addrinfo *a = list; a; a = a->ai_next) {
    int fd = clinux_stream_socket(a, port);
    if (fd < 0) {
      if (fd != -EAFNOSUPPORT || result == -EADDRNOTAVAIL) result = fd;
      continue;
    }
    clinux_set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, backlog) == 0) {
      result = fd;
      break;
    }
    result = -errno;
    close(fd);
  }
  freeaddrinfo(list);
  return result;
}

/// Waits until `events` of `fd` occur: 1, or -ETIMEDOUT at `deadline_ns` of CLOCK_MONOTONIC, or
/// -ECANCELED when `cancel_fd`, unless it is negative, is readable, or -errno.
static inline int clinux_wait(int fd, short events, int cancel_fd, int64_t deadline_ns) {
  while (1) {
    struct pollfd polled[2] = {{fd, events, 0}, {cancel_fd, POLLIN, 0}};
    int64_t left = (deadline_ns - clinux_clock_ns(CLOCK_MONOTONIC) + 999999) / 1000000;
    int ready = poll(polled, 2, left < 0 ? 0 : left > 60000 ? 60000 : (int)left);
    if (ready < 0 && errno != EINTR) return -errno;
    if (ready > 0 && polled[1].revents) return -ECANCELED;
    if (ready > 0) return 1;
    if (left <= 0) return -ETIMEDOUT;
  }
}

/// 1 for an address of IPv4 or IPv6 that other machines cannot have: unspecified, loopback, or of
/// the link; else 0.
static inline int clinux_is_local(const struct sockaddr *address) {
  uint32_t host = 0;
  if (address->sa_family == AF_INET) {
    host = ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr);
  } else if (address->sa_family == AF_INET6) {
    const struct in6_addr *a = &((const struct sockaddr_in6 *)address)->sin6_addr;
    if (!IN6_IS_ADDR_V4MAPPED(a)) {
      return IN6_IS_ADDR_LOOPBACK(a) || IN6_IS_ADDR_UNSPECIFIED(a) || IN6_IS_ADDR_LINKLOCAL(a);
    }
    memcpy(&host, &a->s6_addr[12], sizeof host);
    host = ntohl(host);
  }
  return host >> 24 == 0 || host >> 24 == 127 || host >> 16 == 0xA9FE;
}

/// 1 if the peer of a connected socket has an address of ``clinux_is_local``, else 0.
static inline int clinux_has_local_peer(int fd) {
  struct sockaddr_storage s;
  socklen_t size = sizeof s;
  memset(&s, 0, sizeof s);
  if (getpeername(fd, (struct sockaddr *)&s, &size) < 0) return 1;
  return clinux_is_local((struct sockaddr *)&s);
}

/// Connects to the first address of `host` that accepts before `deadline_ns` of CLOCK_MONOTONIC,
/// and before `cancel_fd`, unless it is negative, is readable. Without `permits_local` addresses
/// of ``clinux_is_local`` are left out. The descriptor, non-blocking and close-on-exec, or -errno,
/// -EPERM if all addresses are left out; `*lookup` is the error of `getaddrinfo`, or 0.
static inline int clinux_connect(const char *host, uint16_t port, int permits_local,
                                 int64_t deadline_ns, int cancel_fd, int *lookup) {
  struct addrinfo hints, *list = 0;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  *lookup = getaddrinfo(host, 0, &hints, &list);
  if (*lookup) return -EINVAL;
  int result = -EADDRNOTAVAIL;
  for (struct addrinfo *a = list; a && result < 0; a = a->ai_next) {
    if (!permits_local && clinux_is_local(a->ai_addr)) {
      if (result == -EADDRNOTAVAIL) result = -EPERM;
      continue;
    }
    int fd = clinux_stream_socket(a, port);
    if (fd < 0) {
      if (fd != -EAFNOSUPPORT || result == -EADDRNOTAVAIL) result = fd;
      continue;
    }
    int failure = connect(fd, a->ai_addr, a->ai_addrlen) < 0 ? errno : 0, is_over = 0;
    if (failure == EINPROGRESS) {
      socklen_t size = sizeof failure;
      int ready = clinux_wait(fd, POLLOUT, cancel_fd, deadline_ns);
      if (ready < 0) {
        is_over = 1;
        failure = -ready;
      } else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) < 0) {
        failure = errno;
      }
    }
    result = failure ? -failure : fd;
    if (failure) close(fd);
    if (is_over) break;
  }
  freeaddrinfo(list);
  return result;
}

/// The address of the peer of a connected socket; 0, or -errno.
static inline int clinux_peer_address(int fd, struct clinux_address *peer) {
  struct sockaddr_storage s;
  socklen_t size = sizeof s;
  memset(&s, 0, sizeof s);
  if (getpeername(fd, (struct sockaddr *)&s, &size) < 0) return -errno;
  *peer = clinux_address_of(&s);
  return 0;
}

/// 1 if the descriptor is a listening TCP socket, else 0.
static inline int clinux_is_listening_tcp(int fd) {
  int listening = 0, protocol = 0;
  socklen_t size = sizeof listening;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) < 0) return 0;
  size = sizeof protocol;
  if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) < 0) return 0;
  return listening && protocol == IPPROTO_TCP;
}

/// The own address of a socket; 0, or -errno.
static inline int clinux_local_address(int fd, struct clinux_address *own) {
  struct sockaddr_storage s;
  socklen_t size = sizeof s;
  memset(&s, 0, sizeof s);
  if (getsockname(fd, (struct sockaddr *)&s, &size) < 0) return -errno;
  *own = clinux_address_of(&s);
  return 0;
}

/// Closes a connection with RST, so that the peer sees a failure, not a clean end.
static inline void clinux_abort(int fd) {
  struct linger now = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(fd);
}

/// `sendmsg` of pieces without SIGPIPE; the number of bytes, or -errno.
static inline ssize_t clinux_send(int fd, struct iovec *pieces, size_t count) {
  struct msghdr m;
  memset(&m, 0, sizeof m);
  m.msg_iov = pieces;
  m.msg_iovlen = count;
  ssize_t n = sendmsg(fd, &m, MSG_NOSIGNAL);
  return n < 0 ? -errno : n;
}

/// `send` of one piece; the number of bytes, or -errno.
static inline ssize_t clinux_send_bytes(int fd, const void *bytes, size_t count) {
  ssize_t n = send(fd, bytes, count, MSG_NOSIGNAL);
  return n < 0 ? -errno : n;
}

/// `recv` that leaves the bytes in the kernel; the number of bytes, or -errno.
static inline ssize_t clinux_peek(int fd, void *buffer, size_t size) {
  ssize_t n = recv(fd, buffer, size, MSG_PEEK);
  return n < 0 ? -errno : n;
}

/// Reads an IPv4 or IPv6 address; 1, or 0 for any other text.
static inline int clinux_parse_address(const char *text, struct clinux_address *address) {
  struct sockaddr_storage s;
  memset(&s, 0, sizeof s);
  if (inet_pton(AF_INET, text, &((struct sockaddr_in *)&s)->sin_addr) == 1) {
    s.ss_family = AF_INET;
  } else if (inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)&s)->sin6_addr) == 1) {
    s.ss_family = AF_INET6;
  } else {
    return 0;
  }
  *address = clinux_address_of(&s);
  return 1;
}

/// A socket of datagrams on a port of all addresses of a family, non-blocking and close-on-exec,
/// with a receive buffer of this number of bytes; the descriptor, or -errno. Port 0 is a free one.
static inline int clinux_datagram_socket(int is_v6, uint16_t port, int buffer) {
  struct sockaddr_storage s;
  memset(&s, 0, sizeof s);
  s.ss_family = is_v6 ? AF_INET6 : AF_INET;
  if (is_v6) {
    ((struct sockaddr_in6 *)&s)->sin6_port = htons(port);
  } else {
    ((struct sockaddr_in *)&s)->sin_port = htons(port);
  }
  int fd = socket(s.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
  if (fd < 0) return -errno;
  clinux_set_option(fd, SOL_SOCKET, SO_RCVBUF, buffer);
  if (is_v6) clinux_set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  socklen_t size = is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
  if (bind(fd, (struct sockaddr *)&s, size) == 0) return fd;
  int failure = errno;
  close(fd);
  return -failure;
}

/// `recvfrom`; the number of bytes, or -errno.
static inline ssize_t clinux_receive_from(int fd, void *buffer, size_t size,
                                          struct clinux_address *from) {
  struct sockaddr_storage s;
  socklen_t length = sizeof s;
  memset(&s, 0, sizeof s);
  ssize_t n = recvfrom(fd, buffer, size, 0, (struct sockaddr *)&s, &length);
  if (n < 0) return -errno;
  *from = clinux_address_of(&s);
  return n;
}

/// `sendto` an address of the family of the socket; the number of bytes, or -errno.
static inline ssize_t clinux_send_to(int fd, const void *bytes, size_t size,
                                     struct clinux_address to) {
  struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(to.port)};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(to.port)};
  v4.sin_addr.s_addr = htonl((uint32_t)to.low);
  for (int i = 0; i < 8; i++) {
    v6.sin6_addr.s6_addr[i] = (uint8_t)(to.high >> (56 - 8 * i));
    v6.sin6_addr.s6_addr[8 + i] = (uint8_t)(to.low >> (56 - 8 * i));
  }
  const struct sockaddr *address = to.is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
  ssize_t n = sendto(fd, bytes, size, MSG_NOSIGNAL, address, to.is_v6 ? sizeof v6 : sizeof v4);
  return n < 0 ? -errno : n;
}

/// `recv`; the number of bytes, or -errno.
static inline ssize_t clinux_receive(int fd, void *buffer, size_t size) {
  ssize_t n = recv(fd, buffer, size, 0);
  return n < 0 ? -errno : n;
}

/// A new epoll instance, close-on-exec; the descriptor, or -errno.
static inline int clinux_epoll_create(void) {
  int fd = epoll_create1(EPOLL_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

/// A new eventfd, non-blocking and close-on-exec; the descriptor, or -errno.
static inline int clinux_eventfd(void) {
  int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

/// `epoll_ctl` with a 64-bit tag; 0, or -errno.
static inline int clinux_epoll_control(
    int epoll, int operation, int fd, uint32_t events, uint64_t tag) {
  struct epoll_event e;
  e.events = events;
  e.data.u64 = tag;
  return epoll_ctl(epoll, operation, fd, &e) < 0 ? -errno : 0;
}

/// The tag given to `clinux_epoll_control`.
static inline uint64_t clinux_epoll_tag(const struct epoll_event *e) { return e->data.u64; }

/// `epoll_wait`; the number of events, or -errno.
static inline int clinux_epoll_wait(
    int epoll, struct epoll_event *events, int capacity, int milliseconds) {
  int n = epoll_wait(epoll, events, capacity, milliseconds);
  return n < 0 ? -errno : n;
}

/// Raises the soft limit of descriptors to the hard one, as far as allowed; returns the soft one.
static inline uint64_t clinux_raise_descriptor_limit(void) {
  struct rlimit l;
  if (getrlimit(RLIMIT_NOFILE, &l) < 0) return 1024;
  rlim_t before = l.rlim_cur;
  l.rlim_cur = l.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &l) < 0 ? before : l.rlim_cur;
}

/// The addresses of the machine's interfaces that are up, without link-local ones. The number of
/// addresses, at most `capacity`.
static inline size_t clinux_own_addresses(struct clinux_address *list, size_t capacity) {
  struct ifaddrs *all = 0;
  size_t count = 0;
  if (getifaddrs(&all) < 0) return 0;
  for (struct ifaddrs *i = all; i && count < capacity; i = i->ifa_next) {
    if (!i->ifa_addr || !(i->ifa_flags & IFF_UP)) continue;
    struct sockaddr_storage s;
    memset(&s, 0, sizeof s);
    if (i->ifa_addr->sa_family == AF_INET) {
      memcpy(&s, i->ifa_addr, sizeof(struct sockaddr_in));
    } else if (i->ifa_addr->sa_family == AF_INET6) {
      const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)i->ifa_addr;
      if (IN6_IS_ADDR_LINKLOCAL(&in->sin6_addr)) continue;
      memcpy(&s, in, sizeof *in);
    } else {
      continue;
    }
    list[count++] = clinux_address_of(&s);
  }
  freeifaddrs(all);
  return count;
}

#endif
