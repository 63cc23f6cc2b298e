// SPDX-License-Identifier: Apache-2.0

import Packaging
import Time

/// The pipeline of a session that serves the stream of another server.
final class UpstreamPipeline: Pipeline {
  private let receiver: UpstreamSession
  private let source: UpstreamSource

  /// A pipeline that publishes in `windows`, of which each track has one.
  init(_ context: SessionContext, windows: [LiveWindow], _ source: UpstreamSource) {
    receiver = UpstreamSession(context, windows: windows)
    self.source = source
  }

  var clockError: Interval { receiver.clockError }

  func open() throws(SessionFailure) {
    source.attach(receiver)
    try receiver.waitUntilOpen()
  }

  func close() { receiver.cancel() }
}
