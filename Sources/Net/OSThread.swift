import CLinux

/// An operating-system thread of its own, outside Swift's cooperative pool.
@safe
struct OSThread: @unchecked Sendable {
  private let thread: pthread_t

  /// Starts `body` on a new thread called `name` (15 bytes are kept).
  init(name: String, _ body: @escaping @Sendable () -> Void) throws(NetError) {
    let work = Work(name: name, body: body)
    let argument = unsafe Unmanaged.passRetained(work).toOpaque()
    var thread = pthread_t()
    let code = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        let work = unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
        _ = unsafe clinux_name_thread(work.name)
        work.body()
        return nil
      }, argument)
    guard code == 0 else {
      unsafe Unmanaged<Work>.fromOpaque(argument).release()
      throw .system(call: "pthread_create", code: code)
    }
    self.thread = thread
  }

  /// Whether the caller runs on this thread.
  var isCurrent: Bool { pthread_equal(thread, pthread_self()) != 0 }

  /// Waits until the thread has ended; at most once.
  func join() { _ = pthread_join(thread, nil) }

  private final class Work: Sendable {
    let name: String
    let body: @Sendable () -> Void
    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }
}
