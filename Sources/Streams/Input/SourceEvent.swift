// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Metadata
import Packaging
import Time

/// An event or a cue of a source.
enum SourceEvent: Sendable {
  case event(EventContent)
  case cue(SourceCue)

  /// The wall-clock time that a splice_schedule states; nil for other events.
  var date: WallTime? { if case .event(.splice(let cue)) = self { cue.date } else { nil } }

  /// The contents of a packet; none if it means nothing for viewers.
  static func read(_ packet: MetadataPacket) -> Result<[SourceEvent], PacketFault> {
    guard case .text(let language, let duration, let place) = packet.format else {
      return EventContent.read(packet).map { $0.map { .event($0) } }
    }
    do throws(CueText.Refusal) {
      let words = String(decoding: packet.bytes, as: UTF8.self)
      guard let place else {
        return .success([.cue(SourceCue(try CueText(words), language, duration: duration))])
      }
      let text = try CueText(marked: words)
      let cue = SourceCue(text, language, duration: duration, position: CuePosition(place))
      return .success([.cue(cue)])
    } catch { return .failure(PacketFault(reason: "a text of the source: \(error)")) }
  }
}

/// Why the bytes of a packet are no event.
struct PacketFault: Error {
  let reason: String
}

extension CuePosition {
  /// The place of a text of teletext.
  fileprivate init(_ place: MetadataPacket.TextPlace) {
    let align: Align =
      switch place.side {
      case .left: .start
      case .middle: .center
      case .right: .end
      }
    let lines = Self.lines
    self.init(line: min(max(place.line, lines.lowerBound), lines.upperBound), align: align)
  }
}

extension EventContent {
  /// The events of a packet; none if it means nothing for viewers.
  fileprivate static func read(_ packet: MetadataPacket) -> Result<[EventContent], PacketFault> {
    let limit =
      switch packet.format {
      case .text, .leftOut: 0
      case .splice: largest.splice
      case .id3: largest.id3
      case .klv: largest.klv
      }
    guard packet.bytes.count <= limit else {
      return .failure(
        PacketFault(
          reason: "metadata of \(packet.bytes.count) bytes (expected at most \(limit))"))
    }
    switch packet.format {
    case .text, .leftOut: return .success([])
    case .splice:
      do throws(SpliceError) {
        return .success(try SpliceCue.readAll(packet.bytes).map { .splice($0) })
      } catch { return .failure(PacketFault(reason: error.description)) }
    case .id3:
      guard let tag = ID3Tag(packet.bytes) ?? ID3Tag(withoutStart: packet.bytes) else {
        return .failure(PacketFault(reason: "timed ID3: no whole tag of version 2"))
      }
      return .success([.id3(tag.bytes)])
    case .klv(let isSynchronous):
      guard let sets = KLVSet(packet.bytes) else {
        return .failure(PacketFault(reason: "KLV: no whole set with a universal key"))
      }
      return .success([.klv(sets.bytes, isSynchronous: isSynchronous)])
    }
  }
}
