// SPDX-License-Identifier: Apache-2.0
// Preloaded: the process of a source tries what code in a decoder must not be able to do, once, in
// a thread that it starts after it has given up its rights, and writes the results to REPORT.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <mqueue.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

struct AVFormatContext;
struct AVPacket;

static FILE *report;

static int is_source_process(void) {
  char line[256];
  FILE *file = fopen("/proc/self/cmdline", "r");
  if (!file) return 0;
  size_t count = fread(line, 1, sizeof line, file);
  fclose(file);
  return memmem(line, count, "--source-process", 16) != NULL;
}

// Before the sandbox, which forbids files.
__attribute__((constructor)) static void start(void) {
  if (is_source_process()) report = fopen(REPORT, "w");
}

static void note(const char *name, long result) {
  fprintf(report, "%s %s\n", name, result < 0 ? strerrorname_np(errno) : "done");
}

/// A program's socket at a path, as those of a message bus or of a container service.
static long connect_local(int fd) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = LOCAL};
  return connect(fd, (struct sockaddr *)&address, sizeof address);
}

/// The server that the program is, by TCP.
static long connect_server(int fd) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(PORT))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect(fd, (struct sockaddr *)&address, sizeof address);
}

/// The same without connect, by TCP Fast Open.
static long open_server_fast(int fd) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(PORT))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return sendto(fd, "", 1, MSG_FASTOPEN, (struct sockaddr *)&address, sizeof address);
}

static long map(size_t size, int protection, int flags) {
  void *found = mmap(NULL, size, protection, flags | MAP_ANONYMOUS, -1, 0);
  if (found == MAP_FAILED) return -1;
  munmap(found, size);
  return 0;
}

/// What Landlock does not protect: names, modes, owners, times and attributes of files of the same
/// user, and news about them.
static void probe_files(void) {
  struct timeval times[2] = {{1, 0}, {1, 0}};
  char value[16];
  note("chmod", chmod(FOREIGN, 0666));
  note("fchmodat", fchmodat(AT_FDCWD, FOREIGN, 0666, 0));
  note("fchmod-input", fchmod(open(INPUT, O_RDONLY), 0666));
  note("chown", chown(FOREIGN, getuid(), getgid()));
  note("lchown", lchown(FOREIGN, getuid(), getgid()));
  note("utimes", utimes(FOREIGN, times));
  note("utimensat", utimensat(AT_FDCWD, FOREIGN, NULL, 0));
  note("setxattr", setxattr(FOREIGN, "user.x", "x", 1, 0));
  note("getxattr", getxattr(FOREIGN, "user.x", value, sizeof value));
  note("listxattr", listxattr(FOREIGN, value, sizeof value));
  note("removexattr", removexattr(FOREIGN, "user.x"));
  note("inotify", inotify_init1(0));
  note("inotify-watch", inotify_add_watch(0, FOREIGN, IN_ALL_EVENTS));
  note("fanotify", fanotify_init(0, 0));
  note("mknod", mknod(FOREIGN ".node", S_IFIFO | 0600, 0));
  note("truncate", truncate(FOREIGN, 0));
  note("rename", rename(FOREIGN, FOREIGN ".moved"));
  note("link", link(FOREIGN, FOREIGN ".link"));
  note("symlink", symlink(FOREIGN, FOREIGN ".symbolic"));
  note("mkdir", mkdir(FOREIGN ".folder", 0700));
}

/// The end with the parent, privileges, memory that no limit counts, code that is generated.
static void probe_process(void) {
  note("death-signal", prctl(PR_SET_PDEATHSIG, 0));
  note("dumpable", prctl(PR_SET_DUMPABLE, 1));
  note("ambient", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
  note("name", prctl(PR_SET_NAME, "probe"));
  note("memory-file", memfd_create("x", 0));
  note("shared-memory", map(4096, PROT_READ | PROT_WRITE, MAP_SHARED));
  note("shared-pages", map(4096, PROT_READ, MAP_SHARED));
  note("code", map(4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE));
  note("more-addresses", map(64UL << 30, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE));
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  note("become-code", mprotect(page, 4096, PROT_READ | PROT_EXEC));
  note("private-memory", page == MAP_FAILED ? -1 : 0);
  note("ring", syscall(SYS_io_uring_setup, 1, NULL));
  note("clone3", syscall(SYS_clone3, NULL, 0));
  note("later-call", syscall(1000));
  note("splice", syscall(SYS_splice, 0, NULL, 1, NULL, 1, 0));
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2] = {{0}};
  long read = syscall(SYS_capget, &header, sets);
  unsigned left = sets[0].effective | sets[0].permitted | sets[0].inheritable |
                  sets[1].effective | sets[1].permitted | sets[1].inheritable;
  fprintf(report, "capabilities %s\n", read == 0 && left == 0 ? "none" : "some");
}

static void *probe(void *unused) {
  (void)unused;
  errno = 0;
  probe_files();
  probe_process();
  note("open-input", open(INPUT, O_RDONLY));
  note("open-foreign", open(FOREIGN, O_RDONLY));
  note("open-shadow", open("/etc/shadow", O_RDONLY));
  note("open-disk", open("/dev/kmsg", O_RDONLY));
  note("list-devices", open("/dev", O_RDONLY | O_DIRECTORY));
  note("write-input", open(INPUT, O_WRONLY));
  note("create", open(FOREIGN ".new", O_CREAT | O_WRONLY, 0600));
  note("unlink", unlink(FOREIGN));
#ifdef SYS_fork
  note("fork", syscall(SYS_fork));
#else
  note("fork", syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
#endif
  note("clone", syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
  char *const arguments[] = {"true", NULL};
  note("exec", execv("/usr/bin/true", arguments));
  note("kill-parent", kill(getppid(), 0));
  note("ptrace-parent", syscall(SYS_ptrace, 16, getppid(), 0, 0));
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  note("local-socket", fd);
  if (fd >= 0) note("local-connect", connect_local(fd));
  int pair[2];
  note("local-pair", socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
  note("packet-socket", socket(AF_PACKET, SOCK_RAW, 0));
  note("audit-socket", socket(AF_NETLINK, SOCK_RAW, 9));
  note("route-socket", socket(AF_NETLINK, SOCK_RAW, 0));
  fd = socket(AF_INET, SOCK_STREAM, 0);
  note("internet-socket", fd);
  note("datagram-socket", socket(AF_INET6, SOCK_DGRAM, 0));
  note("raw-socket", socket(AF_INET, SOCK_RAW, 1));
  note("reuse", setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)));
  note("socket-filter", setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, "", 0));
  note("asynchronous", ioctl(fd, FIOASYNC, &(int){1}));
  note("server", connect_server(fd));
  note("fast-server", open_server_fast(fd));
  note("fast-option", setsockopt(fd, IPPROTO_TCP, 30, &(int){1}, sizeof(int)));
  note("listen", listen(fd, 1));
  note("owner", fcntl(fd, F_SETOWN, getppid()));
  note("signal", fcntl(fd, F_SETSIG, SIGKILL));
  note("flags", fcntl(fileno(report), F_SETFL, O_APPEND));
  note("memory", shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600));
  note("messages", msgget(IPC_PRIVATE, IPC_CREAT | 0600));
  note("semaphores", semget(IPC_PRIVATE, 1, IPC_CREAT | 0600));
  note("queue", mq_open("/streamer", O_CREAT | O_RDWR, 0600, NULL));
  note("priority-of-user", setpriority(PRIO_USER, 0, 19));
  note("priority-of-parent", setpriority(PRIO_PROCESS, (id_t)getppid(), 19));
  cpu_set_t processors;
  CPU_ZERO(&processors);
  CPU_SET(0, &processors);
  struct sched_param none = {0};
  // Its size, and SCHED_OTHER with niceness 19.
  uint32_t attributes[12] = {sizeof attributes, 0, 0, 0, 19};
  note("scheduling-of-parent", syscall(SYS_sched_setattr, getppid(), attributes, 0));
  note("scheduler-of-parent", sched_setscheduler(getppid(), SCHED_IDLE, &none));
  note("parameters-of-parent", sched_setparam(getppid(), &none));
  note("processors-of-parent", sched_setaffinity(getppid(), sizeof processors, &processors));
  note("keyring", syscall(SYS_keyctl, 0, -3, 0));
  struct addrinfo *found = NULL;
  int error = getaddrinfo("localhost", "80", NULL, &found);
  fprintf(report, "look-up %s\n", error ? gai_strerror(error) : "done");
  fprintf(report, "niceness %d\n", getpriority(PRIO_PROCESS, 0));
  fprintf(report, "end done\n");
  fflush(report);
  return NULL;
}

int av_read_frame(struct AVFormatContext *context, struct AVPacket *packet) {
  static int calls;
  static int (*original)(struct AVFormatContext *, struct AVPacket *);
  if (!original) original = dlsym(RTLD_NEXT, "av_read_frame");
  pthread_t thread;
  if (report && __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) == 1)
    pthread_create(&thread, NULL, probe, NULL);
  return original(context, packet);
}
