// SPDX-License-Identifier: Apache-2.0

import Time

/// Publishes the media of one session: encoded, or passed through, in this process or another.
protocol Pipeline: Sendable {
  /// Starts the threads and returns when source and encoders are open.
  func open() throws(SessionFailure)

  /// Releases the threads that wait for each other.
  ///
  /// The threads then end, since the stop flag of the session is set.
  func close()

  /// Asks for a key frame of a video rendition, by its index; without effect on media that is
  /// passed through.
  func requestKey(_ rendition: Int)

  /// Asks for a key frame of all video renditions at the frame of a splice, by its index; without
  /// effect on a frame that is encoded. Of media that is passed through the nearest key frame is
  /// logged.
  func planSplice(_ frame: Int64)

  /// Begins no segment with `number` or a lower one, which was listed without media; without effect
  /// on media that is encoded.
  func reserve(_ number: Int64)

  /// Wall clock minus the stream's own.
  var clockError: Interval { get }
}

extension Pipeline {
  func requestKey(_ rendition: Int) {}
  func reserve(_ number: Int64) {}
}
