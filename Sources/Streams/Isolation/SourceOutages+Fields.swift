// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Sharing
import Time

extension OutageFields {
  /// The outage of a stream, for the server.
  init(_ outage: SourceOutage) {
    self.init(
      kind: outage.kind.rawValue, reason: outage.reason,
      wait: outage.retryAt.map { $0 - SystemClock.wallTime })
  }
}

extension SourceOutages {
  /// Takes the outage of a source in another process; nil if it supplies media.
  func take(_ fields: OutageFields?) {
    guard let fields else { return clear() }
    note(
      SourceOutage.Kind(rawValue: fields.kind) ?? .failed, fields.reason,
      retryAt: fields.wait.map { SystemClock.monotonicTime + $0 })
  }
}
