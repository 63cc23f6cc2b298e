// SPDX-License-Identifier: Apache-2.0

import CLinux
import Sharing
import Synchronization

/// One thread that waits with epoll for descriptors, deadlines and other threads.
///
/// `post`, `wake`, `stop`, `join` and `connectionCount` may be used from any thread; everything else
/// is confined to the loop's own thread. A turn is: wait, jobs posted, `woken`, descriptors,
/// deadlines, jobs put off by `later`.
@safe
package final class EventLoop: @unchecked Sendable {
  /// How many bytes one read takes at most.
  package static let readCapacity = 64 * 1024
  /// Few, so that a turn is short and a publication is not kept waiting by many readable sockets.
  private static let eventCapacity = 64

  private struct Mail {
    var jobs: [@Sendable () -> Void] = []
    var isSignalled = false
    var isWoken = false
    var isStopped = false
  }

  private struct Entry {
    var generation: UInt32 = 0
    var handler: (any DescriptorHandler)?
  }

  /// The name of its thread, as in `loop-0`.
  package let name: String
  private let epoll: Int32
  private let bell: Int32
  private let mail = Locked(Mail())
  private let thread = Locked<OSThread?>(nil)
  private let connections = Atomic<Int>(0)

  private let events: UnsafeMutablePointer<epoll_event>
  private let buffer: UnsafeMutableRawBufferPointer
  private var table: [Entry] = []
  private var generation: UInt32 = 0
  private var services: [any LoopService] = []
  private var postponed: [() -> Void] = []
  /// The buffers of TLS connections, made with the first.
  private(set) lazy var tlsWorkspace = TLSWorkspace()

  /// Monotonic time in nanoseconds, taken once each turn.
  package private(set) var now: Int64
  /// What takes connections that an acceptor hands to this loop.
  package var receiver: (any SocketReceiver)?

  /// Makes the loop; it runs from `start` on.
  package init(index: Int) throws(NetError) {
    name = "loop-\(index)"
    epoll = clinux_epoll_create()
    guard epoll >= 0 else { throw .system(call: "epoll_create1", code: -epoll) }
    bell = clinux_eventfd()
    guard bell >= 0 else {
      close(epoll)
      throw .system(call: "eventfd", code: -bell)
    }
    unsafe events = .allocate(capacity: Self.eventCapacity)
    unsafe buffer = .allocate(byteCount: Self.readCapacity, alignment: 64)
    now = clinux_clock_ns(CLOCK_MONOTONIC)
    // Edge-triggered: each write rings, and the counter need never be read.
    let code = clinux_epoll_control(
      epoll, EPOLL_CTL_ADD, bell, CLINUX_EPOLLIN | CLINUX_EPOLLET, .max)
    guard code == 0 else { throw .system(call: "epoll_ctl", code: -code) }
  }

  deinit {
    close(bell)
    close(epoll)
    unsafe events.deallocate()
    unsafe buffer.deallocate()
  }

  // MARK: From any thread

  /// Starts the thread; `setUp` runs on it before the first turn, and its service is the first.
  package func start(
    _ setUp: @escaping @Sendable (EventLoop) -> any LoopService
  ) throws(NetError) {
    guard let started = OSThread(name: name, { self.run(setUp) }) else {
      throw .system(call: "pthread_create", code: EAGAIN)
    }
    thread.withLock { $0 = started }
  }

  /// Has `job` run on the loop's thread in its next turn, in the order of posting.
  package func post(_ job: @escaping @Sendable () -> Void) {
    signal { $0.jobs.append(job) }
  }

  /// Has `woken` called on every service in the next turn; many calls before it make one.
  package func wake() {
    signal { $0.isWoken = true }
  }

  /// Ends the loop after the turn in which it notices; open descriptors are closed then.
  package func stop() {
    signal { $0.isStopped = true }
  }

  /// Waits for the thread's end.
  ///
  /// Not from the loop itself.
  package func join() {
    let started = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    started?.join()
  }

  /// How many connections belong to the loop, those on their way to it included.
  package var connectionCount: Int { connections.load(ordering: .relaxed) }

  /// Counts a connection that is about to be handed to the loop.
  func connectionAdded() { connections.add(1, ordering: .relaxed) }

  /// Counts off a connection that was closed.
  func connectionRemoved() { connections.subtract(1, ordering: .relaxed) }

  private func signal(_ change: (inout Mail) -> Void) {
    let isFirst = mail.withLock { mail in
      change(&mail)
      defer { mail.isSignalled = true }
      return !mail.isSignalled
    }
    if isFirst { eventfd_write(bell, 1) }
  }

  // MARK: On the loop's thread

  /// Adds a service; one that is already there is not added again.
  package func addService(_ service: any LoopService) {
    if !services.contains(where: { $0 === service }) { services.append(service) }
  }

  /// Takes a service out.
  package func removeService(_ service: any LoopService) {
    services.removeAll { $0 === service }
  }

  /// Has `job` run at the end of this turn, outside of whatever calls now.
  package func later(_ job: @escaping () -> Void) {
    postponed.append(job)
  }

  /// Watches a descriptor; errors and hang-ups are always reported.
  package func add(
    _ descriptor: Int32, _ interest: Readiness, _ handler: any DescriptorHandler
  ) throws(NetError) {
    let index = Int(descriptor)
    if index >= table.count {
      table.append(contentsOf: repeatElement(Entry(), count: index + 1 - table.count))
    }
    generation &+= 1
    table[index] = Entry(generation: generation, handler: handler)
    let code = clinux_epoll_control(
      epoll, EPOLL_CTL_ADD, descriptor, interest.rawValue, tag(descriptor))
    guard code == 0 else {
      table[index].handler = nil
      throw .system(call: "epoll_ctl", code: -code)
    }
  }

  /// Changes what a watched descriptor is watched for.
  package func change(_ descriptor: Int32, _ interest: Readiness) {
    _ = clinux_epoll_control(
      epoll, EPOLL_CTL_MOD, descriptor, interest.rawValue, tag(descriptor))
  }

  /// Watches the descriptor no longer; events already fetched for it are dropped.
  package func remove(_ descriptor: Int32) {
    table[Int(descriptor)].handler = nil
    _ = clinux_epoll_control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0)
  }

  /// Reads what has come, at most `limit` bytes, into the loop's buffer and lends it to `take`.
  ///
  /// - Returns: the number of bytes; 0 at the end of input; -errno.
  func read(
    _ descriptor: Int32, limit: Int, _ take: (borrowing Span<UInt8>) -> Void
  ) -> Int {
    let count = unsafe clinux_receive(
      descriptor, buffer.baseAddress, min(limit, buffer.count))
    if count > 0 {
      let bytes = unsafe UnsafeBufferPointer(rebasing: buffer.bindMemory(to: UInt8.self)[..<count])
      take(unsafe bytes.span)
    }
    return count
  }

  private func tag(_ descriptor: Int32) -> UInt64 {
    UInt64(table[Int(descriptor)].generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
  }

  private func run(_ setUp: @Sendable (EventLoop) -> any LoopService) {
    now = clinux_clock_ns(CLOCK_MONOTONIC)
    let first = setUp(self)
    services.removeAll { $0 === first }
    services.insert(first, at: 0)
    while turn() {}
    for entry in table { entry.handler?.loopStopped() }
    services = []
    receiver = nil
    runPostponed()
  }

  private func turn() -> Bool {
    let count = unsafe clinux_epoll_wait(
      epoll, events, Int32(Self.eventCapacity), timeout())
    now = clinux_clock_ns(CLOCK_MONOTONIC)
    let received = mail.withLock { mail in
      let taken = mail
      mail = Mail()
      return taken
    }
    for job in received.jobs { job() }
    if received.isStopped { return false }
    if received.isWoken {
      for service in services { service.woken() }
    }
    dispatch(count)
    for service in services where service.nextDeadline <= now { service.expire(now) }
    runPostponed()
    return true
  }

  private func dispatch(_ count: Int32) {
    for index in 0..<max(0, Int(count)) {
      let tag = unsafe clinux_epoll_tag(events + index)
      let descriptor = Int(UInt32(truncatingIfNeeded: tag))
      guard descriptor < table.count, table[descriptor].generation == UInt32(tag >> 32),
        let handler = table[descriptor].handler
      else { continue }
      handler.ready(Readiness(rawValue: unsafe events[index].events))
    }
  }

  private func runPostponed() {
    while !postponed.isEmpty {
      let jobs = postponed
      postponed = []
      for job in jobs { job() }
    }
  }

  /// Milliseconds to the next deadline, rounded up; 0 if it is due, -1 if there is none.
  private func timeout() -> Int32 {
    var deadline = Int64.max
    for service in services { deadline = min(deadline, service.nextDeadline) }
    if deadline == .max { return -1 }
    let left = deadline - clinux_clock_ns(CLOCK_MONOTONIC)
    return left <= 0 ? 0 : Int32(min((left - 1) / 1_000_000 + 1, 3_600_000))
  }
}
