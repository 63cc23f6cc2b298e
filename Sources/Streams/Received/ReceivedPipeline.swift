// SPDX-License-Identifier: Apache-2.0

import Packaging
import Time

/// A running source whose media another process or another server sends.
protocol ReceivedSource: Sendable {
  associatedtype State: ReceivedState

  /// Receives for a session.
  func attach(_ session: ReceivedSession<State>)

  /// Asks for a key frame of a video rendition.
  func requestKey(_ rendition: Int)

  /// Asks for a key frame of all video renditions at a frame.
  func planSplice(_ frame: Int64)

  /// Begins no segment with `number` or a lower one, which was listed without media.
  func reserve(_ number: Int64)
}

/// The pipeline of a session whose media another process or another server sends.
final class ReceivedPipeline<Source: ReceivedSource>: Pipeline {
  private let session: ReceivedSession<Source.State>
  private let source: Source

  /// A pipeline that publishes in `windows`, of which each track has one.
  init(_ context: SessionContext, windows: [LiveWindow], _ source: Source) {
    session = ReceivedSession(context, windows: windows)
    self.source = source
  }

  var clockError: Interval { session.clockError }

  func open() throws(SessionFailure) {
    source.attach(session)
    try session.waitUntilOpen()
  }

  func requestKey(_ rendition: Int) { source.requestKey(rendition) }

  func planSplice(_ frame: Int64) { source.planSplice(frame) }

  func reserve(_ number: Int64) { source.reserve(number) }

  func close() { session.cancel() }
}
