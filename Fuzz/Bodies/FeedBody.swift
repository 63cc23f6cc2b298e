// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Packaging
import Sharing

@testable import Streams

extension FuzzBody {
  /// The feed of another server: messages do not depend on how the bytes are cut and are written
  /// again as the same bytes, windows get consecutive segments and frames in order, and playlists
  /// and manifests can be rendered from whatever is accepted.
  ///
  /// A second description, or an error, is another connection that continues the session.
  static let feed = FuzzBody(
    name: "feed",
    sources: [
      "ChunkStream/FeedParser.swift", "ChunkStream/FeedMessage.swift",
      "ChunkStream/ChunkMessage.swift", "ChunkStream/SegmentStart+Fields.swift",
      "Streams/Upstream/FeedDescription.swift",
      "Streams/Upstream/UpstreamSession.swift", "Streams/Upstream/UpstreamTrack.swift",
    ]
  ) { bytes in
    let seed = bytes.reduce(UInt(5381)) { $0 &* 33 &+ UInt($1) }
    let messages = read(bytes, piece: max(1, bytes.count))
    let cut = read(bytes, piece: Int(seed % 61) + 1)
    guard cut.map(written) == messages.map(written) else { return "pieces change the messages" }
    guard bytes.starts(with: messages.flatMap(written)) else { return "written differently" }
    var session: FeedSession?
    defer { session?.render() }
    for message in messages {
      if case .stream(_, let fields) = message {
        guard let description = try? FeedDescription(fields: fields) else { continue }
        guard (try? FeedDescription(fields: description.fields)) == description else {
          return "a description is written differently"
        }
        session?.disconnect()
        let copy = session ?? FeedSession(description)
        // Another server would read the same from this one. Numbers from the wall clock need no
        // first segment.
        if session == nil, description.numbering == .run,
          !copy.description.isSameSession(as: description)
        {
          return "a session is described differently"
        }
        session = copy
        continue
      }
      if case .status(let fields) = message, let status = try? FeedStatus(fields: fields),
        (try? FeedStatus(fields: status.fields)) != status
      {
        return "a status is written differently"
      }
      guard let found = session else { continue }
      do throws(MessageError) {
        if try !found.take(message) { return found.fault() }
      } catch { found.disconnect() }
      if let fault = found.fault() { return fault }
    }
    return nil
  }

  /// The messages up to the first error.
  private static func read(_ bytes: [UInt8], piece: Int) -> [FeedMessage] {
    var parser = FeedParser()
    var messages: [FeedMessage] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      parser.add(Array(rest.prefix(piece)))
      rest = rest.dropFirst(piece)
      do throws(MessageError) {
        while let message = try parser.next() { messages.append(message) }
      } catch { return messages }
    }
    return messages
  }

  /// The bytes of a message and of its payload.
  private static func written(_ message: FeedMessage) -> [UInt8] {
    message.bytes + (message.payload?.array ?? [])
  }
}
