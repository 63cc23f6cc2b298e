// SPDX-License-Identifier: Apache-2.0

/// Threads that may wait for a disk, for those that may not.
package protocol DiskThreads: Sendable {
  /// Runs a job.
  ///
  /// - Returns: false if too many jobs wait: the job is not run.
  func run(_ job: @escaping @Sendable () -> Void) -> Bool
  /// Runs a job that releases files, which may block too, however many jobs wait.
  func release(_ job: @escaping @Sendable () -> Void)
}

/// Open files, or bytes of other machines, which are released by threads that may wait for their
/// disk.
package final class OpenFiles: Sendable {
  /// The files.
  package let files: [any ReadableBytes]
  /// The threads that read them.
  package let threads: any DiskThreads

  /// Keeps `files` open.
  package init(_ files: [any ReadableBytes], _ threads: any DiskThreads) {
    self.files = files
    self.threads = threads
  }

  deinit {
    let files = files
    threads.release { withExtendedLifetime(files) {} }
  }
}
