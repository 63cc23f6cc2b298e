// Socket calls of tests alone. Every function returns a value of its own, or -errno.
#ifndef CTESTSOCKETS_H
#define CTESTSOCKETS_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/// A blocking connection to 127.0.0.1. Each `recv` fails after `timeout` seconds; SO_RCVBUF is set
/// if `receive_buffer` is not 0. The descriptor, or -errno.
static inline int ctest_connect_loopback(uint16_t port, int receive_buffer, int timeout) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (receive_buffer)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  struct timeval limit = {timeout, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  struct sockaddr_in to;
  memset(&to, 0, sizeof to);
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) return fd;
  int error = errno;
  close(fd);
  return -error;
}

/// Lowers the soft limit of descriptors; 0, or -errno.
static inline int ctest_set_descriptor_limit(uint64_t count) {
  struct rlimit l;
  if (getrlimit(RLIMIT_NOFILE, &l) < 0) return -errno;
  l.rlim_cur = count;
  return setrlimit(RLIMIT_NOFILE, &l) < 0 ? -errno : 0;
}

#endif
