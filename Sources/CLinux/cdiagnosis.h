// The other end of a connection within this machine, as the kernel knows it (sock_diag(7)).
// Every function returns a value of its own, or -errno.
#ifndef CLINUX_DIAGNOSIS_H
#define CLINUX_DIAGNOSIS_H

#include "csockets.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

/// A socket of any process of this machine.
struct clinux_socket {
  /// The user that created the socket.
  uint32_t user;
  /// 0 if no descriptor refers to the socket any more.
  uint32_t inode;
};

/// The parts of an address in network byte order, as sock_diag(7) has them.
static inline void clinux_diagnosis_address(const struct clinux_address *a, __be32 words[4],
                                            __be16 *port) {
  *port = htons(a->port);
  memset(words, 0, 16);
  if (a->is_v6) {
    words[0] = htonl((uint32_t)(a->high >> 32));
    words[1] = htonl((uint32_t)a->high);
    words[2] = htonl((uint32_t)(a->low >> 32));
    words[3] = htonl((uint32_t)a->low);
  } else {
    words[0] = htonl((uint32_t)a->low);
  }
}

/// The socket with the address `peer` that is connected to `own`, or for UDP gets datagrams from
/// `own`. 0, or -errno.
static inline int clinux_find_socket(int is_udp, const struct clinux_address *peer,
                                     const struct clinux_address *own,
                                     struct clinux_socket *found) {
  struct {
    struct nlmsghdr head;
    struct inet_diag_req_v2 body;
  } request;
  union {
    struct nlmsghdr head;
    uint8_t bytes[4096];
  } answer;
  memset(&request, 0, sizeof request);
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.head.nlmsg_flags = NLM_F_REQUEST;
  request.body.sdiag_family = peer->is_v6 ? AF_INET6 : AF_INET;
  request.body.sdiag_protocol = is_udp ? IPPROTO_UDP : IPPROTO_TCP;
  request.body.idiag_states = ~0u;
  request.body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  request.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  // For UDP the kernel reads the pair as that of a datagram to the socket.
  const struct clinux_address *source = is_udp ? own : peer, *target = is_udp ? peer : own;
  clinux_diagnosis_address(source, request.body.id.idiag_src, &request.body.id.idiag_sport);
  clinux_diagnosis_address(target, request.body.id.idiag_dst, &request.body.id.idiag_dport);
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
  if (fd < 0) return -errno;
  ssize_t size = send(fd, &request, sizeof request, MSG_NOSIGNAL);
  // The kernel answers during the call.
  if (size >= 0) size = recv(fd, &answer, sizeof answer, 0);
  int code = size < 0 ? -errno : 0;
  close(fd);
  if (code) return code;
  if ((size_t)size < sizeof answer.head) return -EPROTO;
  if (answer.head.nlmsg_type == NLMSG_ERROR) {
    struct nlmsgerr error;
    if ((size_t)size < NLMSG_HDRLEN + sizeof error) return -EPROTO;
    memcpy(&error, answer.bytes + NLMSG_HDRLEN, sizeof error);
    return error.error < 0 ? error.error : -EPROTO;
  }
  struct inet_diag_msg message;
  if (answer.head.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
      (size_t)size < NLMSG_HDRLEN + sizeof message) {
    return -EPROTO;
  }
  memcpy(&message, answer.bytes + NLMSG_HDRLEN, sizeof message);
  found->user = message.idiag_uid;
  found->inode = message.idiag_inode;
  return 0;
}

#endif
