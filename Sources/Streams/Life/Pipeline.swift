// SPDX-License-Identifier: Apache-2.0

/// Publishes the media of one session: encoded, or passed through.
protocol Pipeline: Sendable {
  /// Starts the threads and returns when source and encoders are open.
  func open() throws(StreamSession.Failure)

  /// Releases the threads that wait for each other; they end, since the session's stop flag is set.
  func close()

  /// Wall clock minus the stream's own, in nanoseconds.
  var clockError: Int64 { get }
}
