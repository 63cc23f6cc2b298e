// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import ChunkStream
import Logging
import Media
import Packaging
import Sharing

@testable import Streams

extension FuzzBody {
  /// Messages of the process of a source: each that is accepted is written again as the same bytes,
  /// a window never gets chunks that are out of order, and playlists and manifests can be rendered
  /// from whatever it gets.
  static let messages = FuzzBody(
    name: "messages",
    sources: [
      "ChunkStream/MessageHead.swift", "ChunkStream/FieldReader.swift",
      "ChunkStream/ChildMessage.swift", "ChunkStream/ChunkMessage.swift",
      "ChunkStream/StillOrder.swift", "ChunkStream/StillAnswer.swift",
      "ChunkStream/PushOrder.swift", "ChunkStream/PushAnswer.swift",
      "ChunkStream/TrackFields.swift", "Streams/Input/SourceFacts+JSONFields.swift",
      "ChunkStream/JSONFields.swift", "Streams/Isolation/SessionStatus.swift",
      "Streams/Isolation/TrackReceiver.swift",
    ]
  ) { bytes in
    let sessions = [MessageSession(isPassedThrough: false), MessageSession(isPassedThrough: true)]
    defer { for session in sessions { session.render() } }
    var rest = bytes[...]
    while rest.count >= MessageHead.size {
      guard let head = try? MessageHead(Array(rest.prefix(MessageHead.size))) else { return nil }
      rest = rest.dropFirst(MessageHead.size)
      guard head.fields + head.payload <= rest.count else { return nil }
      let fields = Array(rest.prefix(head.fields))
      let payload = Array(rest.dropFirst(head.fields).prefix(head.payload))
      rest = rest.dropFirst(head.fields + head.payload)
      let shared = payload.isEmpty ? nil : SharedBytes(payload)
      if let order = try? StillOrder(head, fields, payload: shared),
        order.bytes != head.bytes + fields
      {
        return "\(order) is written differently"
      }
      if let answer = try? StillAnswer(head, fields, payload: shared),
        // A long reason is cut when it is sent.
        answer.bytes != head.bytes + fields, fields.count < 1024
      {
        return "\(answer) is written differently"
      }
      if let order = try? PushOrder(head, fields, payload: shared),
        order.bytes != head.bytes + fields
      {
        return "\(order) is written differently"
      }
      if let answer = try? PushAnswer(head, fields),
        answer.bytes != head.bytes + fields, fields.count < 1024
      {
        return "\(answer) is written differently"
      }
      guard let message = try? ChildMessage(head, fields, payload: shared) else { return nil }
      if message.bytes != head.bytes + fields { return "\(message) is written differently" }
      for session in sessions {
        if let fault = session.take(message) { return fault }
      }
    }
    return nil
  }
}
