// A child process of the same executable, and the rights that it gives up. Every function returns a
// value of its own, or -errno.
#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

#include "clinux.h"

#include <linux/capability.h>
#include <linux/landlock.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

/// glibc declares it for _GNU_SOURCE only.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);

/// The number of processors on which this process may run: of its affinity, as `taskset`,
/// containers and systemd set it; those of the machine if the affinity is unknown.
static inline long clinux_processors(void) {
  // The system call takes any size; 1024 bytes are 8192 processors.
  unsigned long mask[1024 / sizeof(unsigned long)];
  long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
  if (bytes <= 0) return sysconf(_SC_NPROCESSORS_ONLN);
  long count = 0;
  for (size_t i = 0; i < (size_t)bytes / sizeof *mask; i++) count += __builtin_popcountl(mask[i]);
  return count;
}

/// Starts `path` with `socket` as descriptor 3, standard input if `keeps_input`, `media` as
/// descriptor 4 if it is not negative, and no other descriptor. The process id, or -errno.
static inline int clinux_spawn(const char *path, char *const *arguments, char *const *environment,
                               int socket, bool keeps_input, int media) {
  posix_spawn_file_actions_t actions;
  int error = posix_spawn_file_actions_init(&actions);
  if (error) return -error;
  pid_t pid = 0;
  if (!keeps_input)
    error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  for (int fd = 1; fd <= 2 && !error; fd++)
    error = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
  if (!error) error = posix_spawn_file_actions_adddup2(&actions, socket, 3);
  if (!error && media >= 0) error = posix_spawn_file_actions_adddup2(&actions, media, 4);
  if (!error) error = posix_spawn_file_actions_addclosefrom_np(&actions, media < 0 ? 4 : 5);
  // A group of its own: Ctrl-C at a terminal is for the parent.
  posix_spawnattr_t attributes;
  if (!error) error = posix_spawnattr_init(&attributes);
  if (!error) {
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    error = posix_spawn(&pid, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return error ? -error : pid;
}

/// The variables of the environment, ended by NULL.
static inline char **clinux_environment(void) {
  extern char **environ;
  return environ;
}

/// Starts `path` with the listening `sockets` as descriptors 3 and following, and the standard
/// descriptors. `environment` begins with "LISTEN_PID=" and ten digits, which the child replaces by
/// its id. The child is in a group of its own, and gets SIGTERM when the calling thread ends. The
/// process id, or -errno.
static inline int clinux_start_supervised(const char *path, char *const *arguments,
                                          char *const *environment, const int *sockets,
                                          int count) {
  int moved[16];
  if (count < 0 || count > 16) return -EINVAL;
  pid_t parent = getpid();
  pid_t child = fork();
  if (child != 0) return child < 0 ? -errno : child;
  // From here to execve only functions that are safe after fork.
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
  if (getppid() != parent) _exit(1);
  for (int i = 0; i < count; i++) {
    moved[i] = fcntl(sockets[i], F_DUPFD, 3 + count);
    if (moved[i] < 0) _exit(126);
  }
  for (int i = 0; i < count; i++)
    if (dup2(moved[i], 3 + i) < 0) _exit(126);
  syscall(SYS_close_range, (unsigned)(3 + count), ~0U, 0);
  pid_t own = getpid();
  char *end = environment[0] + strlen(environment[0]);
  for (int i = 0; i < 10; i++, own /= 10) *--end = (char)('0' + own % 10);
  execve(path, arguments, environment);
  _exit(127);
}

/// A datagram socket at an abstract address that the kernel chooses, which learns its senders.
/// `name` gets the address without its first byte. The descriptor, or -errno.
static inline int clinux_notice_socket(char *name, size_t capacity) {
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  struct sockaddr_un address;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  socklen_t size = sizeof address;
  int on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0 ||
      bind(fd, (struct sockaddr *)&address, sizeof address.sun_family) < 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
    int error = errno;
    close(fd);
    return -error;
  }
  size_t length = size - offsetof(struct sockaddr_un, sun_path);
  if (length < 2 || length > capacity) {
    close(fd);
    return -EINVAL;
  }
  memcpy(name, address.sun_path + 1, length - 1);
  name[length - 1] = 0;
  return fd;
}

/// Waits for bytes with one ancillary message of `type`, of at most `size` bytes: their number, or
/// -errno. `*value` gets the first number of the message, if there is one.
static inline int64_t clinux_receive_with(int fd, void *target, size_t count, int type, size_t size,
                                          int *value) {
  struct iovec range = {target, count};
  union {
    char bytes[CMSG_SPACE(3 * sizeof(int))];
    struct cmsghdr alignment;
  } control;
  struct msghdr message = {.msg_iov = &range, .msg_iovlen = 1, .msg_control = control.bytes,
                           .msg_controllen = CMSG_SPACE(size)};
  ssize_t received;
  while ((received = recvmsg(fd, &message, MSG_CMSG_CLOEXEC)) < 0)
    if (errno != EINTR) return -errno;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == type)
    memcpy(value, CMSG_DATA(header), sizeof *value);
  return received;
}

/// Waits for a datagram: its number of bytes, or -errno. `*sender` is the process that sent it, or
/// 0.
static inline int64_t clinux_receive_notice(int fd, void *target, size_t size, int *sender) {
  *sender = 0;
  // SCM_CREDENTIALS with struct ucred, declared for _GNU_SOURCE only: pid, uid, gid.
  return clinux_receive_with(fd, target, size, 2, 3 * sizeof(int), sender);
}

/// A pair of connected sockets above the standard descriptors, closed on exec; 0, or -errno.
static inline int clinux_socket_pair(int *first, int *second) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
  for (int i = 0; i < 2; i++) {
    if (pair[i] > 3) continue;
    int moved = fcntl(pair[i], F_DUPFD_CLOEXEC, 4);
    int error = errno;
    close(pair[i]);
    pair[i] = moved;
    if (moved < 0) {
      close(pair[1 - i]);
      return -error;
    }
  }
  *first = pair[0];
  *second = pair[1];
  return 0;
}

/// Sends two ranges of bytes one after the other, and blocks until all are sent; 0, or -errno.
static inline int clinux_send_all(int fd, const void *head, size_t head_size, const void *body,
                                  size_t body_size) {
  struct iovec ranges[2] = {{(void *)head, head_size}, {(void *)body, body_size}};
  struct msghdr message = {.msg_iov = ranges, .msg_iovlen = 2};
  while (ranges[0].iov_len + ranges[1].iov_len > 0) {
    ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return -errno;
    for (int i = 0; i < 2; i++) {
      size_t taken = (size_t)sent < ranges[i].iov_len ? (size_t)sent : ranges[i].iov_len;
      ranges[i].iov_base = (char *)ranges[i].iov_base + taken;
      ranges[i].iov_len -= taken;
      sent -= (ssize_t)taken;
    }
  }
  return 0;
}

/// Sends a copy of the descriptor `passed` with one byte; 0, or -errno.
static inline int clinux_send_descriptor(int fd, int passed) {
  char byte = 0;
  struct iovec range = {&byte, 1};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr alignment;
  } control;
  memset(&control, 0, sizeof control);
  struct msghdr message = {.msg_iov = &range, .msg_iovlen = 1, .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &passed, sizeof passed);
  while (sendmsg(fd, &message, MSG_NOSIGNAL) < 0)
    if (errno != EINTR) return -errno;
  return 0;
}

/// Waits for a descriptor that was sent with one byte: the descriptor, or -errno; -EPIPE if the
/// other end is closed.
static inline int clinux_receive_descriptor(int fd) {
  char byte;
  int passed = -EBADMSG;
  int64_t count = clinux_receive_with(fd, &byte, 1, SCM_RIGHTS, sizeof passed, &passed);
  return count < 0 ? (int)count : count == 0 ? -EPIPE : passed;
}

/// Lets a call that sends wait for at most these milliseconds.
static inline void clinux_limit_sending(int fd, int64_t milliseconds) {
  struct timeval limit = {milliseconds / 1000, milliseconds % 1000 * 1000};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

/// Whether a descriptor is a local socket.
static inline bool clinux_is_socket(int fd) {
  int domain = 0;
  socklen_t size = sizeof domain;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

/// `recv` without waiting: the number of bytes, 0 at the end, or -errno.
static inline int64_t clinux_take_arrived(int fd, void *target, size_t size) {
  ssize_t count = recv(fd, target, size, MSG_DONTWAIT);
  return count < 0 ? -errno : count;
}

/// Waits until a child has ended, which stays in the table of processes; 0, or -errno.
static inline int clinux_wait_ended(int pid) {
  siginfo_t info;
  while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0)
    if (errno != EINTR) return -errno;
  return 0;
}

/// Releases an ended child: its status as of `waitpid`, or -1 if there is no such child.
static inline int clinux_reap(int pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return status;
}

/// The signal in a status of `waitpid`; 0 if the process exited.
static inline int clinux_signal_of(int status) {
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/// The exit status in a status of `waitpid`.
static inline int clinux_exit_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

/// Drops all capabilities, also those of other sets and of root. 0 if none is left, or -errno.
static inline int clinux_drop_capabilities(void) {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  // Refused to a process without privileges, which executes no other program anyway.
  for (unsigned long i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
    prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
  memset(sets, 0, sizeof sets);
  if (syscall(SYS_capset, &header, sets) == 0) return 0;
  int error = errno;
  // A service may be refused the call; it has none then.
  if (syscall(SYS_capget, &header, sets) < 0) return -error;
  for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
    if (sets[i].effective | sets[i].permitted | sets[i].inheritable) return -error;
  return 0;
}

/// Ends with the parent, has and gains no privileges, dumps no core, leaves the processors to the
/// parent if both need them, and has at most these bytes of data, of addresses if not 0, and these
/// descriptors; `reserve` further bytes after `clinux_release_reserve`. All that the system
/// permits: 0, or the last -errno.
static inline int clinux_confine(uint64_t data, uint64_t reserve, uint64_t addresses,
                                 uint64_t descriptors) {
  struct rlimit none = {0, 0}, memory = {data, data + reserve}, files = {descriptors, descriptors};
  struct rlimit space = {addresses, addresses};
  int error = 0;
  if (setrlimit(RLIMIT_CORE, &none) < 0) error = -errno;
  if (setrlimit(RLIMIT_DATA, &memory) < 0) error = -errno;
  if (addresses && setrlimit(RLIMIT_AS, &space) < 0) error = -errno;
  if (setrlimit(RLIMIT_NOFILE, &files) < 0) error = -errno;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) error = -errno;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) error = -errno;
  // Not an absolute value: the server itself may run at another one. Linux changes the calling
  // thread only, whose value those inherit that it starts. No limit: a service may be refused it.
  errno = 0;
  int niceness = getpriority(PRIO_PROCESS, 0);
  if (niceness != -1 || !errno) setpriority(PRIO_PROCESS, 0, niceness + 5);
  int dropped = clinux_drop_capabilities();
  return dropped < 0 ? dropped : error;
}

/// Permits the reserve of data, such that a process without memory can say so.
static inline void clinux_release_reserve(void) {
  struct rlimit memory;
  if (getrlimit(RLIMIT_DATA, &memory) < 0) return;
  memory.rlim_cur = memory.rlim_max;
  setrlimit(RLIMIT_DATA, &memory);
}

/// All rights to files that the kernel's version of Landlock knows.
static inline uint64_t clinux_landlock_rights(int version) {
  uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  if (version >= 2) rights |= 1ULL << 13;  // REFER
  if (version >= 3) rights |= 1ULL << 14;  // TRUNCATE
  if (version >= 5) rights |= 1ULL << 15;  // IOCTL_DEV
  return rights;
}

/// Begins a set of rules without any right to a file, to signals and abstract sockets of other
/// processes, or, if `limits_tcp`, to TCP; those that the kernel knows. Its descriptor, or -errno;
/// `*version` is the kernel's version of Landlock.
static inline int clinux_landlock_begin(int *version, bool limits_tcp) {
  *version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (*version < 1) return -errno;
  // `struct landlock_ruleset_attr`, whose later members older headers lack.
  struct {
    uint64_t files, network, scopes;
  } handled = {clinux_landlock_rights(*version), 0, 0};
  if (*version >= 4 && limits_tcp) handled.network = 3;  // BIND_TCP, CONNECT_TCP
  if (*version >= 6) handled.scopes = 3;                 // ABSTRACT_UNIX_SOCKET, SIGNAL
  size_t size = *version >= 6 ? sizeof handled : *version >= 4 ? 16 : 8;
  long fd = syscall(SYS_landlock_create_ruleset, &handled, size, 0);
  return fd < 0 ? -errno : (int)fd;
}

/// Permits TCP connections to `port`, if the rules limit TCP. 0, or -errno.
static inline int clinux_landlock_permit_port(int rules, uint16_t port) {
  struct {
    uint64_t rights, port;
  } rule = {2 /* CONNECT_TCP */, port};
  long result = syscall(SYS_landlock_add_rule, rules, 2 /* NET_PORT */, &rule, 0);
  return result < 0 ? -errno : 0;
}

/// Permits the rights `files`, and `folders` also if `path` is a folder, to what is below `path`.
/// 0, or -errno.
static inline int clinux_landlock_add(int rules, const char *path, uint64_t files,
                                      uint64_t folders) {
  int fd = open(path, O_CLOEXEC | 010000000 /* O_PATH */);
  if (fd < 0) return -errno;
  struct stat status;
  struct landlock_path_beneath_attr rule;
  memset(&rule, 0, sizeof rule);
  rule.parent_fd = fd;
  rule.allowed_access = files;
  if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) rule.allowed_access |= folders;
  long result = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  int error = errno;
  close(fd);
  return result < 0 ? -error : 0;
}

/// Permits to read what is below `path`, and to write and control devices if `writes`. 0, or
/// -errno.
static inline int clinux_landlock_permit(int rules, int version, const char *path, bool writes) {
  uint64_t rights = LANDLOCK_ACCESS_FS_READ_FILE;
  if (writes) rights |= LANDLOCK_ACCESS_FS_WRITE_FILE;
  if (writes && version >= 5) rights |= 1ULL << 15;  // IOCTL_DEV
  return clinux_landlock_add(rules, path, rights, LANDLOCK_ACCESS_FS_READ_DIR);
}

/// Permits to list the folder `path` and those below, and to open no file. 0, or -errno.
static inline int clinux_landlock_permit_list(int rules, const char *path) {
  return clinux_landlock_add(rules, path, 0, LANDLOCK_ACCESS_FS_READ_DIR);
}

/// Applies the rules to the calling thread and to those that it starts. 0, or -errno.
static inline int clinux_landlock_apply(int rules) {
  long result = syscall(SYS_landlock_restrict_self, rules, 0);
  int error = errno;
  close(rules);
  return result < 0 ? -error : 0;
}

#endif
