// libsrt: options by pointers, addresses and errors that need raw pointers in Swift. libavformat
// links the same library, of which a process must have only one.
#ifndef CSRT_H
#define CSRT_H

#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <srt/srt.h>
#include <srt/access_control.h>

/// What a socket has counted since the last call, and its round-trip time in microseconds.
struct csrt_statistics {
  int64_t received, lost, retransmitted, dropped, round_trip;
};

/// Starts the library, which then writes only fatal errors to standard error; 0, or -1.
static inline int csrt_start(void) {
  srt_setloglevel(2);
  return srt_startup() < 0 ? -1 : 0;
}

/// Sets an integer or Boolean option; 0, or -1.
static inline int csrt_set(SRTSOCKET s, SRT_SOCKOPT option, int value) {
  return srt_setsockflag(s, option, &value, sizeof value);
}

/// An integer option; -1 on an error.
static inline int csrt_get(SRTSOCKET s, SRT_SOCKOPT option) {
  int value = -1, size = sizeof value;
  return srt_getsockflag(s, option, &value, &size) < 0 ? -1 : value;
}

/// Sets the passphrase of a socket; 0, or -1.
static inline int csrt_set_passphrase(SRTSOCKET s, const char *text, int count) {
  return srt_setsockflag(s, SRTO_PASSPHRASE, text, count);
}

/// Binds a socket for callers to the first address of `host` that can be bound. The socket, or -1;
/// `*lookup` is the error of `getaddrinfo`, or 0.
static inline SRTSOCKET csrt_bind(const char *host, uint16_t port, int latency, int *lookup) {
  struct addrinfo hints, *list = 0;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_PASSIVE;
  *lookup = getaddrinfo(host, 0, &hints, &list);
  if (*lookup) return SRT_INVALID_SOCK;
  SRTSOCKET bound = SRT_INVALID_SOCK;
  for (struct addrinfo *a = list; a && bound == SRT_INVALID_SOCK; a = a->ai_next) {
    if (a->ai_family == AF_INET) {
      ((struct sockaddr_in *)a->ai_addr)->sin_port = htons(port);
    } else if (a->ai_family == AF_INET6) {
      ((struct sockaddr_in6 *)a->ai_addr)->sin6_port = htons(port);
    } else {
      continue;
    }
    SRTSOCKET s = srt_create_socket();
    if (s == SRT_INVALID_SOCK) break;
    // Callers of versions before 1.3 send no stream ID.
    if (csrt_set(s, SRTO_RCVSYN, 0) < 0 || csrt_set(s, SRTO_MINVERSION, 0x010300) < 0
        || csrt_set(s, SRTO_RCVLATENCY, latency) < 0
        || (a->ai_family == AF_INET6 && csrt_set(s, SRTO_IPV6ONLY, 0) < 0)
        || srt_bind(s, a->ai_addr, (int)a->ai_addrlen) < 0) {
      srt_close(s);
      continue;
    }
    bound = s;
  }
  freeaddrinfo(list);
  return bound;
}

/// The error of the last call of this thread, as text.
static inline const char *csrt_error(void) {
  int code = 0;
  srt_getlasterror(&code);
  return code ? strerror(code) : srt_getlasterror_str();
}

/// The own address of a socket; 0, or -1.
static inline int csrt_local_address(SRTSOCKET s, struct sockaddr_storage *own) {
  int size = sizeof *own;
  memset(own, 0, sizeof *own);
  return srt_getsockname(s, (struct sockaddr *)own, &size);
}

/// The next payload; its size, 0 if there is none, or -1 if there are no more.
static inline int csrt_receive(SRTSOCKET s, void *buffer, int size) {
  int count = srt_recvmsg(s, (char *)buffer, size);
  if (count > 0) return count;
  return count < 0 && srt_getlasterror(0) == SRT_EASYNCRCV ? 0 : -1;
}

/// A caller that has connected, or -1 if there is none.
static inline SRTSOCKET csrt_accept(SRTSOCKET listener) { return srt_accept(listener, 0, 0); }

/// Lets `poll` report payloads, callers and errors of a socket; 0, or -1.
static inline int csrt_watch(int poll, SRTSOCKET s) {
  int events = SRT_EPOLL_IN | SRT_EPOLL_ERR;
  return srt_epoll_add_usock(poll, s, &events);
}

/// Waits at most `milliseconds` for sockets with payloads, callers or errors; their number.
static inline int csrt_wait(int poll, SRTSOCKET *ready, int capacity, int milliseconds) {
  SRT_EPOLL_EVENT events[64];
  int count = srt_epoll_uwait(poll, events, capacity < 64 ? capacity : 64, milliseconds);
  if (count > 64) count = 64;
  for (int i = 0; i < count; i++) ready[i] = events[i].fd;
  return count < 0 ? 0 : count;
}

/// What a socket has counted since the last call; 0, or -1.
static inline int csrt_read_statistics(SRTSOCKET s, struct csrt_statistics *found) {
  SRT_TRACEBSTATS all;
  if (srt_bstats(s, &all, 1) < 0) return -1;
  found->received = all.pktRecv;
  found->lost = all.pktRcvLoss;
  found->retransmitted = all.pktRcvRetrans;
  found->dropped = all.pktRcvDrop;
  found->round_trip = all.msRTT > 0 && all.msRTT < 1e9 ? (int64_t)(all.msRTT * 1000) : 0;
  return 0;
}

/// Whether the payloads of a socket are decrypted.
static inline int csrt_is_encrypted(SRTSOCKET s) {
  return csrt_get(s, SRTO_RCVKMSTATE) == SRT_KM_S_SECURED;
}

/// Whether a connection that failed for this reason was refused by the receiver.
static inline int csrt_was_refused(int reason) {
  return reason == SRT_REJ_BADSECRET || reason == SRT_REJ_UNSECURE || reason == SRT_REJ_VERSION
         || reason == SRT_REJ_PEER || reason >= SRT_REJC_PREDEFINED;
}

/// Why a connection has failed, as text.
static inline const char *csrt_refusal(int reason) {
  switch (reason) {
  case SRT_REJX_UNAUTHORIZED: return "the receiver refuses the key";
  case SRT_REJX_FORBIDDEN: return "the receiver forbids the stream";
  case SRT_REJX_NOTFOUND: return "the receiver has no such stream";
  case SRT_REJX_CONFLICT: return "the stream has a publisher";
  case SRT_REJ_BADSECRET:
  case SRT_REJ_UNSECURE: return "wrong passphrase";
  default: return csrt_was_refused(reason) ? "the receiver refuses the stream" : "no connection";
  }
}

/// Connects as caller, with the latency and the limits in milliseconds. The socket, or -1;
/// `*lookup` is the error of `getaddrinfo`, or 0, `*refusal` the reason if the connection fails.
static inline SRTSOCKET csrt_connect(const char *host, uint16_t port, int latency, int limit,
                                     int silence, const char *stream, const char *passphrase,
                                     int key_length, int *lookup, int *refusal) {
  struct addrinfo hints, *list = 0;
  char service[8];
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_DGRAM;
  snprintf(service, sizeof service, "%u", port);
  *refusal = 0;
  *lookup = getaddrinfo(host, service, &hints, &list);
  if (*lookup) return SRT_INVALID_SOCK;
  SRTSOCKET connected = SRT_INVALID_SOCK;
  for (struct addrinfo *a = list; a && connected == SRT_INVALID_SOCK; a = a->ai_next) {
    SRTSOCKET s = srt_create_socket();
    if (s == SRT_INVALID_SOCK) break;
    if (csrt_set(s, SRTO_LATENCY, latency) < 0 || csrt_set(s, SRTO_CONNTIMEO, limit) < 0
        || csrt_set(s, SRTO_PEERIDLETIMEO, silence) < 0
        || (*stream && srt_setsockflag(s, SRTO_STREAMID, stream, (int)strlen(stream)) < 0)
        || (key_length && csrt_set(s, SRTO_PBKEYLEN, key_length) < 0)
        || (*passphrase && csrt_set_passphrase(s, passphrase, (int)strlen(passphrase)) < 0)
        || csrt_set(s, SRTO_SNDTIMEO, silence) < 0
        || srt_connect(s, a->ai_addr, (int)a->ai_addrlen) < 0) {
      *refusal = srt_getrejectreason(s);
      srt_close(s);
      continue;
    }
    connected = s;
  }
  freeaddrinfo(list);
  return connected;
}

/// The acknowledgements that a receiver has sent; -1 if the connection has ended.
static inline int64_t csrt_acknowledgements(SRTSOCKET s) {
  SRT_TRACEBSTATS all;
  return srt_bstats(s, &all, 0) < 0 ? -1 : all.pktRecvACKTotal;
}

/// Sends a payload; 0, or -1.
static inline int csrt_send(SRTSOCKET s, const void *bytes, int count) {
  return srt_sendmsg2(s, (const char *)bytes, count, 0) < 0 ? -1 : 0;
}

#endif
