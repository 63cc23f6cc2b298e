// SPDX-License-Identifier: Apache-2.0
// Preloaded: the process of a source tries what code in a decoder must not be able to do, once, in
// a thread that it starts after it has given up its rights, and writes the results to REPORT.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
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

static void *probe(void *unused) {
  (void)unused;
  errno = 0;
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
  note("listen", listen(fd, 1));
  note("owner", fcntl(fd, F_SETOWN, getppid()));
  note("signal", fcntl(fd, F_SETSIG, SIGKILL));
  note("flags", fcntl(fd, F_SETFL, O_NONBLOCK));
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
