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
  /// and a window never gets chunks that are out of order.
  static let messages = FuzzBody(
    name: "messages",
    sources: [
      "ChunkStream/MessageHead.swift", "ChunkStream/FieldReader.swift",
      "ChunkStream/ChildMessage.swift", "ChunkStream/ChunkFields.swift",
      "ChunkStream/TrackFields.swift", "Streams/Isolation/SourceFacts+Fields.swift",
      "Streams/Isolation/SessionStatus.swift", "Streams/Isolation/TrackReceiver.swift",
    ]
  ) { bytes in
    let session = MessageSession()
    var rest = bytes[...]
    while rest.count >= MessageHead.size {
      guard let head = try? MessageHead(Array(rest.prefix(MessageHead.size))) else { return nil }
      rest = rest.dropFirst(MessageHead.size)
      guard head.fields + head.payload <= rest.count else { return nil }
      let fields = Array(rest.prefix(head.fields))
      let payload = Array(rest.dropFirst(head.fields).prefix(head.payload))
      rest = rest.dropFirst(head.fields + head.payload)
      let shared = payload.isEmpty ? nil : SharedBytes(payload)
      guard let message = try? ChildMessage(head, fields, payload: shared) else { return nil }
      if message.bytes != head.bytes + fields { return "\(message) is written differently" }
      if let fault = session.take(message) { return fault }
    }
    return nil
  }
}

/// The receiver of a session with two renditions and audio.
private final class MessageSession {
  private let windows: [LiveWindow]
  private let receiver: SessionReceiver

  init() {
    let segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    var configuration = StreamConfiguration(
      renditions: RenditionSettings.ladder([(.hd720, 2500), (.hd720, 1000)]),
      segmentation: segmentation)
    configuration.audio = .tone
    var windows = configuration.renditions.map { _ in
      LiveWindow(segmentation: segmentation, playlistLength: 6, retained: 8)
    }
    if let audio = configuration.audioSegmentation {
      windows.append(LiveWindow(segmentation: .audio(audio), playlistLength: 6, retained: 8))
    }
    self.windows = windows
    let context = SessionContext(
      configuration, anchor: SessionAnchor(configuration), outputs: Array(windows.prefix(2)),
      audioSink: windows.last, log: Log(format: .text, least: .error) { _ in })
    receiver = SessionReceiver(context, windows: windows)
  }

  /// Handles a message; the property that does not hold, or nil.
  func take(_ message: ChildMessage) -> String? {
    if case .facts(let fields) = message {
      var reader = FieldReader(fields)
      guard let facts = try? SourceFacts(&reader), (try? reader.end()) != nil else { return nil }
      var writer = FieldWriter()
      facts.write(to: &writer)
      var again = FieldReader(writer.bytes)
      return (try? SourceFacts(&again)) == facts ? nil : "\(facts) are written differently"
    }
    guard (try? receiver.handle(message)) != nil else { return nil }
    for window in windows {
      let snapshot = window.snapshot
      let numbers = snapshot.segments.map(\.number) + [snapshot.open?.number].compactMap(\.self)
      for (number, next) in zip(numbers, numbers.dropFirst()) where next <= number {
        return "segment \(next) follows \(number)"
      }
    }
    return nil
  }
}
