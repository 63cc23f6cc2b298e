// SPDX-License-Identifier: Apache-2.0

import CLinux
package import Sharing
import Synchronization
package import Time

/// One thread that waits with epoll for descriptors, deadlines and other threads.
///
/// `post`, `wake`, `stop`, `join` and `connectionCount` may be used from any thread; everything
/// else is confined to the thread of the loop. An iteration is: wait, posted jobs, `woken`, jobs
/// of `next`, descriptors, deadlines, jobs of `later`. Longer than 300 lines since the parts of an
/// iteration share its state.
@safe
package final class EventLoop: @unchecked Sendable {
  /// The maximum number of bytes of one read.
  package static let readCapacity = 64 * 1024
  /// Answers of at most this number of bytes are copied into one piece, which the kernel takes 3 %
  /// faster than several.
  static let gatherCapacity = 4 * 1024
  /// The maximum number of descriptors per iteration: few, so that an iteration is short and a
  /// publication does not wait for many readable sockets.
  private static let eventCapacity = 64
  /// The time after which an iteration leaves further descriptors, or further jobs of `next`, to
  /// the next iteration: publications and deadlines do not wait for all of them.
  private static let turn = Interval.milliseconds(1)

  /// The name of its thread, as in `loop-0`.
  package let name: String
  private let epoll: Int32
  /// nil for the monotonic clock of the system.
  private let clock: (@Sendable () -> MonotonicTime)?
  private let mail: LoopMail
  private let thread = Locked<OSThread?>(nil)
  private let connections = Atomic<Int>(0)
  /// Told when the last connection of the loop is closed.
  private let emptied: Monitor<Void>?

  private let events: UnsafeMutablePointer<epoll_event>
  private let buffer: UnsafeMutableRawBufferPointer
  /// Collects the pieces of a small answer for one write.
  @unsafe let gathered: UnsafeMutableRawBufferPointer
  private var table = DescriptorTable()
  private var services: [any LoopService] = []
  private var postponed: [() -> Void] = []
  /// The jobs of `next`, the oldest first.
  private var upcoming: [() -> Void] = []
  /// The earliest deadline before the wait of this iteration.
  private var soonest = MonotonicTime.distantPast
  /// The reported events that are not handled yet.
  private var unhandled = 0..<0
  /// The buffers of TLS connections, allocated for the first one.
  private(set) lazy var tlsWorkspace = TLSWorkspace()

  /// The monotonic time at which the iteration began.
  package private(set) var now: MonotonicTime
  /// Serves the connections that an acceptor hands to this loop.
  package var receiver: (any SocketReceiver)?

  /// A loop that runs after `start`, or in a test after `embed`.
  ///
  /// - Parameters:
  ///   - index: the number in the loop's name.
  ///   - emptied: is told when the last connection of the loop is closed.
  ///   - clock: the clock of a test; nil for the monotonic clock of the system.
  /// - Throws: ``NetError`` if the system refuses a descriptor.
  package init(
    index: Int, emptied: Monitor<Void>? = nil, clock: (@Sendable () -> MonotonicTime)? = nil
  ) throws(NetError) {
    name = "loop-\(index)"
    self.emptied = emptied
    self.clock = clock
    epoll = clinux_epoll_create()
    guard epoll >= 0 else { throw .system(call: "epoll_create1", code: -epoll) }
    do { mail = try LoopMail() } catch {
      close(epoll)
      throw error
    }
    unsafe events = .allocate(capacity: Self.eventCapacity)
    unsafe buffer = .allocate(byteCount: Self.readCapacity, alignment: 64)
    unsafe gathered = .allocate(byteCount: Self.gatherCapacity, alignment: 64)
    now = clock?() ?? SystemClock.monotonicTime
    // Edge-triggered: each order signals, and the counter need never be read.
    let code = clinux_epoll_control(
      epoll, EPOLL_CTL_ADD, mail.bell, CLINUX_EPOLLIN | CLINUX_EPOLLET, .max)
    guard code == 0 else { throw .system(call: "epoll_ctl", code: -code) }
  }

  deinit {
    close(epoll)
    unsafe events.deallocate()
    unsafe buffer.deallocate()
    unsafe gathered.deallocate()
  }

  // MARK: From any thread

  /// Starts the thread; `setUp` runs on it first and returns the first service.
  package func start(
    _ setUp: @escaping @Sendable (EventLoop) -> any LoopService
  ) throws(NetError) {
    guard let started = OSThread(name: name, { self.run(setUp) }) else {
      throw .system(call: "pthread_create", code: EAGAIN)
    }
    thread.withLock { $0 = started }
  }

  /// Runs `job` on the loop's thread in its next iteration, in the order of posting.
  package func post(_ job: @escaping @Sendable () -> Void) {
    mail.send { $0.jobs.append(job) }
  }

  /// Calls `woken` on every service in the next iteration, once for all earlier calls.
  package func wake() {
    mail.send { $0.isWoken = true }
  }

  /// Ends the loop in its next iteration; its descriptors are closed then.
  package func stop() {
    mail.send { $0.isStopped = true }
  }

  /// Waits for the thread's end, or until `deadline`.
  ///
  /// Not to be called on the thread of the loop.
  ///
  /// - Returns: whether it has ended.
  @discardableResult
  package func join(until deadline: MonotonicTime = .distantFuture) -> Bool {
    let started = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    return started?.join(until: deadline) ?? true
  }

  /// The number of the loop's connections, including connections on their way to the loop.
  package var connectionCount: Int { connections.load(ordering: .relaxed) }

  /// Counts a connection that is about to be handed to the loop.
  func connectionAdded() { connections.add(1, ordering: .relaxed) }

  /// Counts a closed connection.
  func connectionRemoved() {
    let left = connections.subtract(1, ordering: .relaxed).newValue
    if left == 0 { emptied?.update { _ in } }
  }

  // MARK: On the loop's thread

  /// Adds a service, unless it was added before.
  package func addService(_ service: any LoopService) {
    if !services.contains(where: { $0 === service }) { services.append(service) }
  }

  /// Removes a service.
  package func removeService(_ service: any LoopService) {
    services.removeAll { $0 === service }
  }

  /// Runs `job` at the end of this iteration, outside of the present call.
  package func later(_ job: @escaping () -> Void) {
    postponed.append(job)
  }

  /// Runs `job` in the next iteration, after the publications and before the descriptors, as far as
  /// time permits: for the rest of long work.
  package func next(_ job: @escaping () -> Void) {
    upcoming.append(job)
  }

  /// Whether jobs of ``next(_:)`` wait.
  package var hasUpcoming: Bool { !upcoming.isEmpty }

  /// Watches a descriptor; errors and hang-ups are always reported.
  package func add(
    _ descriptor: Int32, _ interest: DescriptorReadiness, _ handler: any DescriptorHandler
  ) throws(NetError) {
    table.add(descriptor, handler)
    let code = clinux_epoll_control(
      epoll, EPOLL_CTL_ADD, descriptor, interest.rawValue, table.tag(descriptor))
    guard code == 0 else {
      table.remove(descriptor)
      throw .system(call: "epoll_ctl", code: -code)
    }
  }

  /// Changes the interest in a watched descriptor.
  package func change(_ descriptor: Int32, _ interest: DescriptorReadiness) {
    _ = clinux_epoll_control(
      epoll, EPOLL_CTL_MOD, descriptor, interest.rawValue, table.tag(descriptor))
  }

  /// Stops watching a descriptor; its pending events are dropped.
  package func remove(_ descriptor: Int32) {
    table.remove(descriptor)
    _ = clinux_epoll_control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0)
  }

  /// Reads at most `limit` bytes into the loop's buffer and lends them to `take`.
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

  // MARK: Iterations

  /// Sets up a loop without a thread: the caller's thread becomes the loop's, and each call of
  /// `iterate` is one iteration.
  package func embed(_ setUp: (EventLoop) -> any LoopService) {
    now = time
    let first = setUp(self)
    services.removeAll { $0 === first }
    services.insert(first, at: 0)
  }

  /// Runs one iteration without waiting; for a loop that was set up by `embed`.
  package func iterate() { _ = iterate(timeout: 0) }

  /// Closes the descriptors and releases the services; for a loop that was set up by `embed`.
  package func end() {
    for handler in table.handlers { handler.loopStopped() }
    for service in services { service.stopped() }
    services = []
    receiver = nil
    runPostponed()
    upcoming = []
  }

  private func run(_ setUp: @Sendable (EventLoop) -> any LoopService) {
    embed(setUp)
    while iterate(timeout: timeout()) {}
    end()
  }

  private func iterate(timeout: Int32) -> Bool {
    if unhandled.isEmpty {
      let count = unsafe clinux_epoll_wait(epoll, events, Int32(Self.eventCapacity), timeout)
      unhandled = 0..<max(0, Int(count))
    }
    now = time
    let received = mail.takeAll()
    for job in received.jobs { job() }
    if received.isStopped { return false }
    if received.isWoken {
      for service in services { service.woken() }
    }
    runUpcoming()
    dispatch()
    if soonest <= now {
      for service in services where service.nextDeadline <= now { service.expire(now) }
    }
    runPostponed()
    return true
  }

  /// Handles the reported events until the time of a turn is over.
  private func dispatch() {
    let end = time + Self.turn
    while let index = unhandled.first {
      unhandled = unhandled.dropFirst()
      guard let handler = unsafe table.handler(clinux_epoll_tag(events + index)) else { continue }
      handler.ready(DescriptorReadiness(rawValue: unsafe events[index].events))
      if time >= end { return }
    }
  }

  /// Runs the jobs of `next` that exist now, until the time of a turn is over.
  private func runUpcoming() {
    guard !upcoming.isEmpty else { return }
    let end = time + Self.turn
    var jobs: [() -> Void] = []
    swap(&jobs, &upcoming)
    for (index, job) in jobs.enumerated() {
      job()
      // bounded: an index of the jobs
      if time >= end { return upcoming.insert(contentsOf: jobs[(index + 1)...], at: 0) }
    }
  }

  private func runPostponed() {
    while !postponed.isEmpty {
      let jobs = postponed
      postponed = []
      for job in jobs { job() }
    }
  }

  private var time: MonotonicTime { clock?() ?? SystemClock.monotonicTime }

  /// Milliseconds until the next deadline, rounded up; 0 if it has passed, -1 if there is none.
  ///
  /// The clock of a test does not move by itself: a test that moves it posts a job.
  private func timeout() -> Int32 {
    soonest = services.reduce(.distantFuture) { min($0, $1.nextDeadline) }
    if !upcoming.isEmpty || !unhandled.isEmpty { return 0 }
    if soonest == .distantFuture { return -1 }
    let left = soonest - time
    if left <= .zero { return 0 }
    return clock == nil ? Int32(min((left - .nanoseconds(1)).milliseconds + 1, 3_600_000)) : -1
  }
}
