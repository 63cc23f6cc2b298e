// SPDX-License-Identifier: Apache-2.0

import Metadata
import Packaging
import Time

extension FuzzBody {
  /// Metadata of sources, and texts of requests: after the first byte a section of SCTE-35 whose
  /// checksum is corrected, an ID3 tag, KLV sets, or a JSON text.
  static let metadata = FuzzBody(
    name: "metadata",
    sources: [
      "Metadata/SCTE35/SpliceInfoSection.swift", "Metadata/SCTE35/SpliceCommand.swift",
      "Metadata/SCTE35/SpliceSchedule.swift", "Metadata/SCTE35/SegmentationDescriptor.swift",
      "Metadata/SCTE35/SpliceCue.swift", "Metadata/EventContent.swift",
      "Metadata/Interstitial.swift", "Metadata/ID3Tag.swift", "Metadata/KLVSet.swift",
    ]
  ) { bytes in
    let content = Array(bytes.dropFirst())
    switch (bytes.first ?? 0) % 4 {
    case 0: return splice(content)
    case 1:
      guard let tag = ID3Tag(content) else { return nil }
      return ID3Tag(tag.bytes) == tag ? nil : "the tag of a tag is another one"
    case 2:
      guard let sets = KLVSet(content) else { return nil }
      return describe(.klv(sets.bytes, isSynchronous: true))
    default:
      do throws(EventContentError) { return describe(try EventContent.read(content)) } catch {
        return error.description.isEmpty ? "an error without a text" : nil
      }
    }
  }

  /// Reads a section, as it is and with the length and the checksum that it should have.
  private static func splice(_ content: [UInt8]) -> String? {
    for section in [content, repaired(content)] {
      do throws(SpliceError) {
        let cues = try SpliceCue.readAll(section)
        guard cues.count <= 255 else { return "\(cues.count) events" }
        for cue in cues {
          guard cue.section.bytes == section else { return "the section has other bytes" }
          guard try SpliceCue.read(section, at: cue.index) == cue else { return "another cue" }
          let distance = cue.distance(fromTicks: Int64(section.count)).magnitude
          guard distance <= .seconds(47_722) else { return "\(distance) to the splice" }
          if let fault = describe(.splice(cue)) { return fault }
        }
      } catch { if error.description.isEmpty { return "an error without a text" } }
    }
    return nil
  }

  private static func repaired(_ content: [UInt8]) -> [UInt8] {
    var section = Array(content.dropLast(4).prefix(4000))
    guard section.count >= 3 else { return content }
    let length = section.count + 1
    section[1] = section[1] & 0xF0 | UInt8(truncatingIfNeeded: length >> 8)
    section[2] = UInt8(truncatingIfNeeded: length)
    let sum = SectionChecksum.remainder(section)
    return section + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> UInt32($0)) }
  }

  /// The text of an event is JSON.
  private static func describe(_ content: EventContent) -> String? {
    guard let json = content.json, !TimedEvent.isJSON(json) else { return nil }
    return "the text of an event is no JSON"
  }
}
