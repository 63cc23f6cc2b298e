// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Isolation
import Sharing
import Time

extension FeedMessage {
  /// Receives a message of a handover; blocks.
  ///
  /// - Returns: nil if the other process is silent or gone, or if the bytes are no message.
  static func receive(_ pipe: MessagePipe, until deadline: MonotonicTime) -> FeedMessage? {
    guard let start = try? MessageHead.receive(pipe, until: deadline),
      case .success(let head) = start,
      let fields = try? pipe.receive(head.fields, until: deadline)
    else { return nil }
    var payload: SharedBytes?
    if head.payload > 0 {
      guard let bytes = try? pipe.receiveShared(head.payload, until: deadline) else { return nil }
      payload = bytes
    }
    return try? FeedMessage(head, fields, payload: payload)
  }

  /// Sends it; false if the other process is gone.
  func send(_ pipe: MessagePipe) -> Bool { pipe.send(bytes, payload) }
}
