// The system calls that a process with foreign media is refused. libseccomp's macros and variadic
// calls cannot be imported.
#ifndef CSECCOMP_H
#define CSECCOMP_H

#include <errno.h>
#include <stdint.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

/// Refuses the calling thread, and those that it starts, the calls by which code in a decoder would
/// reach beyond its process; 0, or -errno.
static inline int cseccomp_refuse_dangerous_calls(void) {
  static const int refused[] = {
      // Other programs and processes.
      SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
      SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise),
      SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal), SCMP_SYS(kcmp),
      SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo),
      SCMP_SYS(setpgid), SCMP_SYS(setsid), SCMP_SYS(migrate_pages), SCMP_SYS(move_pages),
      SCMP_SYS(process_mrelease), SCMP_SYS(ioprio_set),
      // Servers of this machine: no input listens for streams of bytes, and all pairs of local
      // sockets come from the parent. A local datagram socket of a pair could send to any other.
      SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(socketpair),
      // Memory, messages and semaphores of System V, and queues of POSIX.
      SCMP_SYS(shmget), SCMP_SYS(shmat), SCMP_SYS(shmctl), SCMP_SYS(msgget), SCMP_SYS(msgsnd),
      SCMP_SYS(msgrcv), SCMP_SYS(msgctl), SCMP_SYS(semget), SCMP_SYS(semop),
      SCMP_SYS(semtimedop), SCMP_SYS(semctl), SCMP_SYS(mq_open), SCMP_SYS(mq_unlink),
      // Namespaces, mounts, handles of files.
      SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
      SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(open_by_handle_at),
      SCMP_SYS(name_to_handle_at), SCMP_SYS(fsopen), SCMP_SYS(fsconfig), SCMP_SYS(fsmount),
      SCMP_SYS(fspick), SCMP_SYS(move_mount), SCMP_SYS(open_tree), SCMP_SYS(mount_setattr),
      SCMP_SYS(fanotify_init), SCMP_SYS(quotactl), SCMP_SYS(acct),
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
      SCMP_SYS(clock_adjtime),
  };
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  if (!filter) return -ENOMEM;
  int error = 0;
  const uint32_t refusal = SCMP_ACT_ERRNO(EPERM);
  for (size_t i = 0; i < sizeof refused / sizeof *refused && !error; i++) {
    // A negative number is that of a call which this architecture lacks.
    if (refused[i] >= 0) error = seccomp_rule_add(filter, refusal, refused[i], 0);
  }
  // Threads, and no processes. The flags of clone3 are in memory, where no filter sees them: the C
  // library then uses clone.
  if (!error)
    error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  if (!error)
    error = seccomp_rule_add(filter, refusal, SCMP_SYS(clone), 1,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, 0x00010000 /* CLONE_THREAD */, 0));
  // `abort` sends a signal to its own process.
  if (!error)
    error = seccomp_rule_add(filter, refusal, SCMP_SYS(tgkill), 1,
                             SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid()));
  // The limits, the scheduling and the processors of other processes. Also those of other threads
  // of this one, since a filter cannot tell their ids from those of processes.
  static const int of_process[] = {
      SCMP_SYS(prlimit64), SCMP_SYS(sched_setattr), SCMP_SYS(sched_setscheduler),
      SCMP_SYS(sched_setparam), SCMP_SYS(sched_setaffinity),
  };
  for (size_t i = 0; i < sizeof of_process / sizeof *of_process && !error; i++)
    error = seccomp_rule_add(filter, refusal, of_process[i], 1, SCMP_A0(SCMP_CMP_NE, 0));
  // The priority of other processes, such as all of this user.
  if (!error)
    error = seccomp_rule_add(filter, refusal, SCMP_SYS(setpriority), 1,
                             SCMP_A0(SCMP_CMP_NE, 0 /* PRIO_PROCESS */));
  if (!error)
    error = seccomp_rule_add(filter, refusal, SCMP_SYS(setpriority), 1, SCMP_A1(SCMP_CMP_NE, 0));
  // A descriptor whose data sends a signal to another process.
  static const int owners[] = {8 /* F_SETOWN */, 10 /* F_SETSIG */, 15 /* F_SETOWN_EX */};
  for (size_t i = 0; i < sizeof owners / sizeof *owners && !error; i++)
    error = seccomp_rule_add(filter, refusal, SCMP_SYS(fcntl), 1,
                             SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, (scmp_datum_t)owners[i]));
  static const int owns[] = {0x8901 /* FIOSETOWN */, 0x8902 /* SIOCSPGRP */};
  for (size_t i = 0; i < sizeof owns / sizeof *owns && !error; i++)
    error = seccomp_rule_add(filter, refusal, SCMP_SYS(ioctl), 1,
                             SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, (scmp_datum_t)owns[i]));
  // Sockets of IPv4 and IPv6, and those of netlink by which the C library looks up addresses of
  // interfaces. No local ones: Landlock does not restrict the connection to a path.
  for (unsigned domain = 0; domain <= AF_NETLINK && !error; domain++) {
    if (domain == AF_INET || domain == AF_INET6 || domain == AF_NETLINK) continue;
    error = seccomp_rule_add(filter, refusal, SCMP_SYS(socket), 1,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffff, domain));
  }
  if (!error)
    error = seccomp_rule_add(filter, refusal, SCMP_SYS(socket), 1,
                             SCMP_A0(SCMP_CMP_GT, AF_NETLINK));
  if (!error)
    error = seccomp_rule_add(filter, refusal, SCMP_SYS(socket), 2,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffff, AF_NETLINK),
                             SCMP_A2(SCMP_CMP_NE, 0 /* NETLINK_ROUTE */));
  if (!error) error = seccomp_load(filter);
  seccomp_release(filter);
  return error;
}

#endif
