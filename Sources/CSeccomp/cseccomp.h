// The system calls that a process with foreign media is permitted; all others are refused.
// libseccomp's macros and variadic calls cannot be imported.
#ifndef CSECCOMP_H
#define CSECCOMP_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

// The numbers of some calls and values are declared by newer headers, or for _GNU_SOURCE, only.

/// Adds a rule to `filter` unless an earlier one failed: the first error is kept in `error`. A
/// negative number is that of a call which this architecture lacks.
#define CSECCOMP_RULE(action, call, count, ...)                                  \
  do {                                                                           \
    if (!error && (call) >= 0)                                                   \
      error = seccomp_rule_add(filter, (action), (call), (count), ##__VA_ARGS__); \
  } while (0)

/// An argument of 32 bits with this value: the kernel ignores the upper half of the register.
#define CSECCOMP_IS(argument, value) \
  SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, 0xffffffff, (scmp_datum_t)(uint32_t)(value))
/// The bits `mask` of an argument have this value.
#define CSECCOMP_BITS(argument, mask, value) \
  SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, (scmp_datum_t)(mask), (scmp_datum_t)(value))
/// An argument that is not this value.
#define CSECCOMP_NOT(argument, value) \
  SCMP_CMP64(argument, SCMP_CMP_NE, (scmp_datum_t)(value))

/// Calls without effects beyond the process, permitted with all arguments.
static inline int cseccomp_permit_harmless(scmp_filter_ctx filter) {
  static const int calls[] = {
      // Memory.
      SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mincore),
      SCMP_SYS(mlock), SCMP_SYS(mlock2), SCMP_SYS(munlock), SCMP_SYS(membarrier),
      SCMP_SYS(get_mempolicy),
      // Threads.
      SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(futex), SCMP_SYS(set_robust_list),
      SCMP_SYS(get_robust_list), SCMP_SYS(rseq), SCMP_SYS(set_tid_address), SCMP_SYS(gettid),
      SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getparam),
      SCMP_SYS(sched_getscheduler), SCMP_SYS(sched_get_priority_max),
      SCMP_SYS(sched_get_priority_min), SCMP_SYS(getcpu), SCMP_SYS(restart_syscall),
      // Own signals.
      SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
      SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigpending), SCMP_SYS(sigaltstack),
      // Facts about the process and the machine.
      SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(getpgrp), SCMP_SYS(getuid),
      SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getresuid),
      SCMP_SYS(getresgid), SCMP_SYS(getgroups), SCMP_SYS(capget), SCMP_SYS(getpriority),
      SCMP_SYS(getrlimit), SCMP_SYS(getrusage), SCMP_SYS(times), SCMP_SYS(uname),
      SCMP_SYS(sysinfo), SCMP_SYS(getrandom),
      // Its own limits, which cannot exceed the hard ones.
      SCMP_SYS(setrlimit),
      // Time.
      SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
      SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time),
      // Files: to read open ones, and to look at names. Landlock decides which can be opened.
      SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64),
      SCMP_SYS(preadv), SCMP_SYS(lseek), SCMP_SYS(fadvise64), SCMP_SYS(stat), SCMP_SYS(lstat),
      SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(access),
      SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
      SCMP_SYS(getdents), SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(dup), SCMP_SYS(dup2),
      SCMP_SYS(dup3), SCMP_SYS(pipe), SCMP_SYS(pipe2),
      // Open sockets, and waiting for them.
      SCMP_SYS(write), SCMP_SYS(writev),
      SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(shutdown),
      SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(poll),
      SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(epoll_create),
      SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
      SCMP_SYS(epoll_pwait2), SCMP_SYS(eventfd), SCMP_SYS(eventfd2),
  };
  int error = 0;
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    CSECCOMP_RULE(SCMP_ACT_ALLOW, calls[i], 0);
  return error;
}

/// Calls that are refused with EPERM or EACCES, since a library that is told ENOSYS could take the
/// kernel for an old one. The list grants nothing: calls in no list are refused with ENOSYS.
static inline int cseccomp_refuse_known(scmp_filter_ctx filter) {
  static const int calls[] = {
      // Other programs and processes.
      SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
      SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise),
      SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal), SCMP_SYS(kcmp),
      SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo),
      SCMP_SYS(setpgid), SCMP_SYS(setsid), SCMP_SYS(migrate_pages), SCMP_SYS(move_pages),
      SCMP_SYS(process_mrelease), SCMP_SYS(ioprio_set), SCMP_SYS(sched_setattr),
      SCMP_SYS(sched_setscheduler), SCMP_SYS(sched_setparam),
      // Servers of this machine: no input listens for streams of bytes but by a socket that the
      // process had before, and all pairs of local sockets come from the parent. A local datagram
      // socket of a pair could send to any other.
      SCMP_SYS(listen), SCMP_SYS(socketpair),
      // Memory that no limit counts; messages and semaphores.
      SCMP_SYS(memfd_create), SCMP_SYS(memfd_secret), SCMP_SYS(shmget), SCMP_SYS(shmat),
      SCMP_SYS(shmctl), SCMP_SYS(msgget), SCMP_SYS(msgsnd), SCMP_SYS(msgrcv), SCMP_SYS(msgctl),
      SCMP_SYS(semget), SCMP_SYS(semop), SCMP_SYS(semtimedop), SCMP_SYS(semctl),
      SCMP_SYS(mq_open), SCMP_SYS(mq_unlink),
      // Mode, owner, times and attributes of files of the same user, which Landlock does not
      // protect, and news about them.
      SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(fchown),
      SCMP_SYS(lchown), SCMP_SYS(fchownat), SCMP_SYS(utime), SCMP_SYS(utimes),
      SCMP_SYS(futimesat), SCMP_SYS(utimensat), SCMP_SYS(setxattr), SCMP_SYS(lsetxattr),
      SCMP_SYS(fsetxattr), SCMP_SYS(getxattr), SCMP_SYS(lgetxattr), SCMP_SYS(fgetxattr),
      SCMP_SYS(listxattr), SCMP_SYS(llistxattr), SCMP_SYS(flistxattr), SCMP_SYS(removexattr),
      SCMP_SYS(lremovexattr), SCMP_SYS(fremovexattr), SCMP_SYS(inotify_init),
      SCMP_SYS(inotify_init1), SCMP_SYS(inotify_add_watch), SCMP_SYS(inotify_rm_watch),
      SCMP_SYS(fanotify_init), SCMP_SYS(fanotify_mark), SCMP_SYS(flock),
      // Namespaces, mounts, handles of files.
      SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
      SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(open_by_handle_at),
      SCMP_SYS(name_to_handle_at), SCMP_SYS(fsopen), SCMP_SYS(fsconfig), SCMP_SYS(fsmount),
      SCMP_SYS(fspick), SCMP_SYS(move_mount), SCMP_SYS(open_tree), SCMP_SYS(mount_setattr),
      SCMP_SYS(quotactl), SCMP_SYS(acct), SCMP_SYS(chdir), SCMP_SYS(fchdir),
      // Identities.
      SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setregid),
      SCMP_SYS(setresuid), SCMP_SYS(setresgid), SCMP_SYS(setgroups), SCMP_SYS(setfsuid),
      SCMP_SYS(setfsgid), SCMP_SYS(capset), SCMP_SYS(keyctl), SCMP_SYS(add_key),
      SCMP_SYS(request_key),
      // The kernel.
      SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(init_module), SCMP_SYS(finit_module),
      SCMP_SYS(delete_module), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load),
      SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter),
      SCMP_SYS(io_uring_register), SCMP_SYS(personality), SCMP_SYS(syslog), SCMP_SYS(iopl),
      SCMP_SYS(ioperm), SCMP_SYS(modify_ldt), SCMP_SYS(vhangup), SCMP_SYS(lookup_dcookie),
      // The machine.
      SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(sethostname),
      SCMP_SYS(setdomainname), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime),
      SCMP_SYS(clock_adjtime), SCMP_SYS(adjtimex),
  };
  // Names and contents of files. Landlock refuses them with EACCES too.
  static const int writes[] = {
      SCMP_SYS(creat), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat),
      SCMP_SYS(renameat2), SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(symlink),
      SCMP_SYS(symlinkat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(mknod),
      SCMP_SYS(mknodat), SCMP_SYS(truncate),
  };
  int error = 0;
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    CSECCOMP_RULE(SCMP_ACT_ERRNO(EPERM), calls[i], 0);
  for (size_t i = 0; i < sizeof writes / sizeof *writes; i++)
    CSECCOMP_RULE(SCMP_ACT_ERRNO(EACCES), writes[i], 0);
  return error;
}

/// Calls for threads of this process only, and names of threads.
static inline int cseccomp_permit_own(scmp_filter_ctx filter) {
  const uint32_t refusal = SCMP_ACT_ERRNO(EPERM);
  int error = 0;
  // Threads, and no processes. The flags of clone3 are in memory, where no filter sees them: it is
  // refused with ENOSYS, and the C library then uses clone.
  const unsigned thread = 0x00010000 /* CLONE_THREAD */, namespaces = 0x7e020000 /* CLONE_NEW… */;
  CSECCOMP_RULE(SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, CSECCOMP_BITS(0, thread | namespaces, thread));
  CSECCOMP_RULE(refusal, SCMP_SYS(clone), 1, CSECCOMP_BITS(0, thread, 0));
  // `abort` sends a signal to its own process.
  CSECCOMP_RULE(SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0_64(SCMP_CMP_EQ, (unsigned)getpid()));
  CSECCOMP_RULE(refusal, SCMP_SYS(tgkill), 1, CSECCOMP_NOT(0, (unsigned)getpid()));
  // The limits and the processors of other processes. Also those of other threads of this one,
  // since a filter cannot tell their ids from those of processes.
  static const int of_process[] = {SCMP_SYS(prlimit64), SCMP_SYS(sched_setaffinity)};
  for (size_t i = 0; i < sizeof of_process / sizeof *of_process; i++) {
    CSECCOMP_RULE(SCMP_ACT_ALLOW, of_process[i], 1, SCMP_A0_64(SCMP_CMP_EQ, 0));
    CSECCOMP_RULE(refusal, of_process[i], 1, CSECCOMP_NOT(0, 0));
  }
  // The own priority, not that of other processes, such as all of this user.
  const int priority = SCMP_SYS(setpriority);
  CSECCOMP_RULE(SCMP_ACT_ALLOW, priority, 2, SCMP_A0_64(SCMP_CMP_EQ, 0 /* PRIO_PROCESS */),
                SCMP_A1_64(SCMP_CMP_EQ, 0));
  CSECCOMP_RULE(refusal, priority, 1, CSECCOMP_NOT(0, 0));
  CSECCOMP_RULE(refusal, priority, 2, SCMP_A0_64(SCMP_CMP_EQ, 0), CSECCOMP_NOT(1, 0));
  static const int named[] = {PR_SET_NAME, PR_GET_NAME, PR_SET_TIMERSLACK};
  for (size_t i = 0; i < sizeof named / sizeof *named; i++)
    CSECCOMP_RULE(SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, CSECCOMP_IS(0, named[i]));
  // The end with the parent, the protection of memory, privileges.
  static const int refused[] = {
      PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_SECCOMP, PR_SET_SECUREBITS,
      PR_SET_MM, PR_SET_PTRACER, PR_SET_CHILD_SUBREAPER, PR_CAP_AMBIENT, PR_CAPBSET_DROP,
  };
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    CSECCOMP_RULE(refusal, SCMP_SYS(prctl), 1, CSECCOMP_IS(0, refused[i]));
  return error;
}

/// Memory that is private, or a file that is read; never writable and executable. Of devices shared
/// memory too, and code that a driver generates.
static inline int cseccomp_permit_memory(scmp_filter_ctx filter, bool uses_devices) {
  const int shared = MAP_SHARED, anonymous = 0x20 /* MAP_ANONYMOUS */;
  const int both = PROT_WRITE | PROT_EXEC;
  static const int protections[] = {0, PROT_WRITE, PROT_EXEC};
  int error = 0;
  for (int i = 0; i < 3; i++)
    CSECCOMP_RULE(SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, CSECCOMP_BITS(2, both, protections[i]),
                  CSECCOMP_BITS(3, shared, 0));
  for (int i = 0; i < (uses_devices ? 2 : 1); i++)
    CSECCOMP_RULE(SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, CSECCOMP_BITS(2, both, protections[i]),
                  CSECCOMP_BITS(3, shared | anonymous, shared));
  CSECCOMP_RULE(SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mmap), 1, CSECCOMP_BITS(2, both, both));
  CSECCOMP_RULE(SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mmap), 2, CSECCOMP_BITS(2, both, 0),
                CSECCOMP_BITS(3, shared | anonymous, shared | anonymous));
  CSECCOMP_RULE(SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mmap), 2, CSECCOMP_BITS(2, both, PROT_WRITE),
                CSECCOMP_BITS(3, shared | anonymous, shared | anonymous));
  // Memory that was written does not become code.
  for (int i = 0; i < (uses_devices ? 3 : 2); i++)
    CSECCOMP_RULE(SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, CSECCOMP_BITS(2, both, protections[i]));
  CSECCOMP_RULE(SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mprotect), 1, CSECCOMP_BITS(2, both, both));
  if (!uses_devices)
    CSECCOMP_RULE(SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mprotect), 1, CSECCOMP_BITS(2, both, PROT_EXEC));
  return error;
}

/// Files to read; those of devices to write, too. Operations on descriptors.
static inline int cseccomp_permit_files(scmp_filter_ctx filter, bool uses_devices) {
  const unsigned temporary = 0x400000 /* __O_TMPFILE */;
  const unsigned changes = O_ACCMODE | O_CREAT | O_TRUNC | temporary;
  const int opens[] = {SCMP_SYS(open), SCMP_SYS(openat)};
  int error = 0;
  for (unsigned i = 0; i < 2; i++) {
    // The flags are the second argument of open, and the third of openat.
    const unsigned flags = i + 1;
    if (uses_devices) {
      CSECCOMP_RULE(SCMP_ACT_ALLOW, opens[i], 0);
      continue;
    }
    CSECCOMP_RULE(SCMP_ACT_ALLOW, opens[i], 1, CSECCOMP_BITS(flags, changes, O_RDONLY));
    const uint32_t refusal = SCMP_ACT_ERRNO(EACCES);
    for (unsigned access = 1; access <= O_ACCMODE; access++)
      CSECCOMP_RULE(refusal, opens[i], 1, CSECCOMP_BITS(flags, O_ACCMODE, access));
    CSECCOMP_RULE(refusal, opens[i], 1, CSECCOMP_BITS(flags, O_ACCMODE | O_CREAT, O_CREAT));
    CSECCOMP_RULE(refusal, opens[i], 1,
                  CSECCOMP_BITS(flags, O_ACCMODE | O_CREAT | O_TRUNC, O_TRUNC));
  }
  static const int commands[] = {F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC};
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    CSECCOMP_RULE(SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, CSECCOMP_IS(1, commands[i]));
  // A descriptor whose data sends a signal to another process, and news about files.
  static const int owners[] = {
      8 /* F_SETOWN */, 10 /* F_SETSIG */, 15 /* F_SETOWN_EX */, 1024 /* F_SETLEASE */,
      1026 /* F_NOTIFY */,
  };
  for (size_t i = 0; i < sizeof owners / sizeof *owners; i++)
    CSECCOMP_RULE(SCMP_ACT_ERRNO(EPERM), SCMP_SYS(fcntl), 1, CSECCOMP_IS(1, owners[i]));
  static const int requests[] = {
      TCGETS, FIONBIO, FIONREAD, FIOCLEX, TIOCOUTQ,
      // Interfaces.
      SIOCGIFNAME, SIOCGIFCONF, SIOCGIFFLAGS, SIOCGIFADDR, SIOCGIFNETMASK, SIOCGIFBRDADDR,
      SIOCGIFMTU, SIOCGIFHWADDR, SIOCGIFINDEX,
  };
  static const int owns[] = {0x8901 /* FIOSETOWN */, 0x8902 /* SIOCSPGRP */};
  const int control = SCMP_SYS(ioctl);
  if (uses_devices) {
    // Requests of drivers have a letter in their second byte; those of owners have 0x89.
    for (unsigned bit = 0; bit < 8; bit++) {
      const unsigned letter = 0x89, higher = 0xff00 & ~((0x200u << bit) - 1), own = 0x100u << bit;
      CSECCOMP_RULE(SCMP_ACT_ALLOW, control, 1,
                    CSECCOMP_BITS(1, higher | own, ((letter << 8) ^ own) & (higher | own)));
    }
  }
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
    if (!uses_devices || ((unsigned)requests[i] >> 8 & 0xff) == 0x89)
      CSECCOMP_RULE(SCMP_ACT_ALLOW, control, 1, CSECCOMP_IS(1, requests[i]));
  for (size_t i = 0; i < sizeof owns / sizeof *owns; i++)
    CSECCOMP_RULE(SCMP_ACT_ERRNO(EPERM), control, 1, CSECCOMP_IS(1, owns[i]));
  return error;
}

/// What drivers of graphics processors and video devices use in addition.
static inline int cseccomp_permit_drivers(scmp_filter_ctx filter) {
  static const int calls[] = {
      SCMP_SYS(timer_create), SCMP_SYS(timer_settime), SCMP_SYS(timer_delete),
      SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_gettime),
      SCMP_SYS(mbind), SCMP_SYS(set_mempolicy), SCMP_SYS(msync), SCMP_SYS(statfs),
      SCMP_SYS(fstatfs), SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(pwrite64),
  };
  int error = 0;
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    CSECCOMP_RULE(SCMP_ACT_ALLOW, calls[i], 0);
  return error;
}

/// Sending, but not to a TCP address without connect (TCP Fast Open): Landlock decides at connect.
static inline int cseccomp_permit_sending(scmp_filter_ctx filter) {
  // Each call with the index of its flags.
  static const int calls[][2] = {
      {SCMP_SYS(sendto), 3}, {SCMP_SYS(sendmsg), 2}, {SCMP_SYS(sendmmsg), 3}};
  const uint32_t opens = 0x20000000;  // MSG_FASTOPEN
  int error = 0;
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    const unsigned flags = (unsigned)calls[i][1];
    CSECCOMP_RULE(SCMP_ACT_ALLOW, calls[i][0], 1, CSECCOMP_BITS(flags, opens, 0));
    CSECCOMP_RULE(SCMP_ACT_ERRNO(EPERM), calls[i][0], 1, CSECCOMP_BITS(flags, opens, opens));
  }
  return error;
}

/// The options of sockets that libavformat, libsrt and the C library set.
static inline int cseccomp_permit_options(scmp_filter_ctx filter) {
  static const int options[][2] = {
      {SOL_SOCKET, SO_REUSEADDR}, {SOL_SOCKET, SO_REUSEPORT}, {SOL_SOCKET, SO_BROADCAST},
      {SOL_SOCKET, SO_SNDBUF}, {SOL_SOCKET, SO_RCVBUF}, {SOL_SOCKET, SO_KEEPALIVE},
      {SOL_SOCKET, SO_LINGER}, {SOL_SOCKET, SO_RCVTIMEO}, {SOL_SOCKET, SO_SNDTIMEO},
      {SOL_SOCKET, SO_RCVLOWAT}, {SOL_SOCKET, SO_TIMESTAMP}, {SOL_SOCKET, SO_BINDTODEVICE},
      {IPPROTO_TCP, TCP_NODELAY}, {IPPROTO_TCP, TCP_MAXSEG}, {IPPROTO_TCP, TCP_KEEPIDLE},
      {IPPROTO_TCP, TCP_KEEPINTVL}, {IPPROTO_TCP, TCP_KEEPCNT},
      {IPPROTO_TCP, 18 /* TCP_USER_TIMEOUT */},
      {IPPROTO_IP, IP_TOS}, {IPPROTO_IP, IP_TTL}, {IPPROTO_IP, IP_PKTINFO},
      {IPPROTO_IP, IP_RECVERR}, {IPPROTO_IP, IP_MTU_DISCOVER}, {IPPROTO_IP, IP_MULTICAST_IF},
      {IPPROTO_IP, IP_MULTICAST_TTL}, {IPPROTO_IP, IP_MULTICAST_LOOP},
      {IPPROTO_IP, IP_ADD_MEMBERSHIP}, {IPPROTO_IP, IP_DROP_MEMBERSHIP},
      {IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP}, {IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP},
      {IPPROTO_IP, IP_BLOCK_SOURCE}, {IPPROTO_IP, IP_UNBLOCK_SOURCE},
      {IPPROTO_IP, MCAST_JOIN_GROUP}, {IPPROTO_IP, MCAST_LEAVE_GROUP},
      {IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP}, {IPPROTO_IP, MCAST_LEAVE_SOURCE_GROUP},
      {IPPROTO_IP, MCAST_BLOCK_SOURCE}, {IPPROTO_IP, MCAST_UNBLOCK_SOURCE},
      {IPPROTO_IPV6, IPV6_V6ONLY}, {IPPROTO_IPV6, IPV6_UNICAST_HOPS},
      {IPPROTO_IPV6, IPV6_TCLASS}, {IPPROTO_IPV6, IPV6_RECVERR},
      {IPPROTO_IPV6, IPV6_RECVPKTINFO}, {IPPROTO_IPV6, IPV6_MTU_DISCOVER},
      {IPPROTO_IPV6, IPV6_MULTICAST_IF}, {IPPROTO_IPV6, IPV6_MULTICAST_HOPS},
      {IPPROTO_IPV6, IPV6_MULTICAST_LOOP}, {IPPROTO_IPV6, IPV6_JOIN_GROUP},
      {IPPROTO_IPV6, IPV6_LEAVE_GROUP}, {IPPROTO_IPV6, MCAST_JOIN_GROUP},
      {IPPROTO_IPV6, MCAST_LEAVE_GROUP}, {IPPROTO_IPV6, MCAST_JOIN_SOURCE_GROUP},
      {IPPROTO_IPV6, MCAST_LEAVE_SOURCE_GROUP}, {IPPROTO_IPV6, MCAST_BLOCK_SOURCE},
      {IPPROTO_IPV6, MCAST_UNBLOCK_SOURCE},
  };
  int error = 0;
  for (size_t i = 0; i < sizeof options / sizeof *options; i++)
    CSECCOMP_RULE(SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2, CSECCOMP_IS(1, options[i][0]),
                  CSECCOMP_IS(2, options[i][1]));
  return error;
}

/// TCP and UDP over IPv4 and IPv6, and the sockets of netlink by which the C library looks up
/// addresses of interfaces; none without a network. No local ones: Landlock does not restrict the
/// connection to a path.
static inline int cseccomp_permit_sockets(scmp_filter_ctx filter, bool uses_network) {
  const uint32_t refusal = SCMP_ACT_ERRNO(EPERM);
  const int call = SCMP_SYS(socket);
  int error = 0;
  if (!uses_network) {
    CSECCOMP_RULE(refusal, call, 0);
    CSECCOMP_RULE(refusal, SCMP_SYS(connect), 0);
    CSECCOMP_RULE(refusal, SCMP_SYS(bind), 0);
    CSECCOMP_RULE(refusal, SCMP_SYS(accept), 0);
    CSECCOMP_RULE(refusal, SCMP_SYS(accept4), 0);
    return error;
  }
  // Of sockets that listened before: `listen` is refused.
  CSECCOMP_RULE(SCMP_ACT_ALLOW, SCMP_SYS(accept), 0);
  CSECCOMP_RULE(SCMP_ACT_ALLOW, SCMP_SYS(accept4), 0);
  CSECCOMP_RULE(SCMP_ACT_ALLOW, SCMP_SYS(connect), 0);
  CSECCOMP_RULE(SCMP_ACT_ALLOW, SCMP_SYS(bind), 0);
  const unsigned kinds = 0xf;  // The type without SOCK_CLOEXEC and SOCK_NONBLOCK.
  static const int permitted[][2] = {
      {SOCK_STREAM, 0}, {SOCK_STREAM, IPPROTO_TCP}, {SOCK_DGRAM, 0}, {SOCK_DGRAM, IPPROTO_UDP},
  };
  static const int domains[] = {AF_INET, AF_INET6};
  for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
    for (size_t j = 0; j < sizeof permitted / sizeof *permitted; j++)
      CSECCOMP_RULE(SCMP_ACT_ALLOW, call, 3, CSECCOMP_IS(0, domains[i]),
                    CSECCOMP_BITS(1, kinds, permitted[j][0]), CSECCOMP_IS(2, permitted[j][1]));
    CSECCOMP_RULE(refusal, call, 2, CSECCOMP_IS(0, domains[i]),
                  CSECCOMP_BITS(1, kinds, SOCK_RAW));
  }
  CSECCOMP_RULE(SCMP_ACT_ALLOW, call, 2, CSECCOMP_IS(0, AF_NETLINK),
                CSECCOMP_IS(2, 0 /* NETLINK_ROUTE */));
  CSECCOMP_RULE(refusal, call, 2, CSECCOMP_IS(0, AF_NETLINK), CSECCOMP_NOT(2, 0));
  for (int domain = 0; domain <= 64 /* above all families */; domain++)
    if (domain != AF_INET && domain != AF_INET6 && domain != AF_NETLINK)
      CSECCOMP_RULE(refusal, call, 1, CSECCOMP_IS(0, domain));
  return error;
}

/// Permits the calling thread, and those that it starts, the calls that an input needs, and no
/// others; 0, or -errno. Calls in no list are refused with ENOSYS, as by an older kernel: a newer C
/// library then uses an older call.
static inline int cseccomp_permit_needed_calls(bool uses_network, bool uses_devices) {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
  if (!filter) return -ENOMEM;
  // A tree of the numbers in place of a list: older kernels run it for each call.
  int error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
  if (!error) error = cseccomp_permit_harmless(filter);
  if (!error) error = cseccomp_refuse_known(filter);
  if (!error) error = cseccomp_permit_own(filter);
  if (!error) error = cseccomp_permit_memory(filter, uses_devices);
  if (!error) error = cseccomp_permit_files(filter, uses_devices);
  if (!error && uses_devices) error = cseccomp_permit_drivers(filter);
  if (!error) error = cseccomp_permit_sending(filter);
  if (!error) error = cseccomp_permit_options(filter);
  if (!error) error = cseccomp_permit_sockets(filter, uses_network);
  if (!error) error = seccomp_load(filter);
  seccomp_release(filter);
  return error;
}

#endif
