// SPDX-License-Identifier: Apache-2.0

import Packaging
import Time

/// The pipeline of a session whose source and encoders run in a process of its own.
final class IsolatedPipeline: Pipeline {
  private let receiver: SessionReceiver
  private let source: IsolatedSource

  /// A pipeline that publishes in `windows`, of which each track has one.
  init(_ context: SessionContext, windows: [LiveWindow], _ source: IsolatedSource) {
    receiver = SessionReceiver(context, windows: windows)
    self.source = source
  }

  var clockError: Interval { receiver.clockError }

  func open() throws(SessionFailure) {
    source.attach(receiver)
    try receiver.waitUntilOpen()
  }

  func requestKey(_ rendition: Int) { source.requestKey(rendition) }

  func close() { receiver.cancel() }
}
