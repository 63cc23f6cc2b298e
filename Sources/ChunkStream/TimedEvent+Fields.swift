// SPDX-License-Identifier: Apache-2.0

package import Metadata
package import Packaging
import Time

extension TimedEvent: FieldValue {
  init(_ reader: inout FieldReader) throws(MessageError) {
    let id: UInt32 = try reader.integer()
    let time: WallTime = try reader.instant("the time of an event")
    let data = Array(try reader.text("an event", limit: Self.largestData).utf8)
    let content = try reader.optional(EventContent.init)
    let ended = try reader.optional { reader throws(MessageError) in
      Break(
        id: try reader.integer(), start: try reader.instant("the start of a break"),
        duration: try reader.interval("the length of a break"))
    }
    // Data and interstitials are told from the text.
    var known = EventContent.data
    if content == nil, case .interstitial(let found)? = try? EventContent.read(data) {
      known = .interstitial(found)
    }
    self.init(id: id, time: time, data: data, content: content ?? known, ended: ended)
  }

  /// Adds all values.
  package func write(to writer: inout FieldWriter) {
    writer.add(id, time, data, content.hasFields ? content : nil, ended != nil)
    if let ended { writer.add(ended.id, ended.start, ended.duration) }
  }
}

extension EventContent: FieldValue {
  /// Whether it is more than its JSON text.
  var hasFields: Bool {
    switch self {
    case .data, .interstitial: false
    case .splice, .id3, .klv: true
    }
  }

  /// Reads a message of SCTE-35, a tag or sets, and checks them.
  init(_ reader: inout FieldReader) throws(MessageError) {
    switch try reader.integer(UInt8.self) {
    case let kind where kind == 1 || kind == 4:
      let index = kind == 4 ? Int(try reader.integer(UInt8.self)) : 0
      let bytes = try reader.bytes("a message of SCTE-35", limit: Self.largest.splice)
      let cue: SpliceCue?
      do throws(SpliceError) { cue = try SpliceCue.read(bytes, at: index) } catch {
        throw .invalid(field: "a message", value: "\(error)")
      }
      guard let cue else {
        throw .invalid(field: "a message of SCTE-35", value: "without a meaning")
      }
      self = .splice(cue)
    case 2:
      let bytes = try reader.bytes("an ID3 tag", limit: Self.largest.id3)
      guard let tag = ID3Tag(bytes), tag.bytes.count == bytes.count else {
        throw .invalid(field: "an ID3 tag", value: "that is none")
      }
      self = .id3(bytes)
    case 3:
      let isSynchronous = try reader.boolean()
      let bytes = try reader.bytes("KLV sets", limit: Self.largest.klv)
      guard KLVSet(bytes) != nil else {
        throw .invalid(field: "KLV sets", value: "that are none")
      }
      self = .klv(bytes, isSynchronous: isSynchronous)
    case let kind: throw .invalid(field: "the kind of an event", value: "\(kind)")
    }
  }

  /// Writes the fields of a content that ``hasFields``.
  package func write(to writer: inout FieldWriter) {
    switch self {
    case .data, .interstitial: break
    case .splice(let cue):
      // A later event of a schedule, or a later descriptor, has its number in front of the message.
      writer.add((cue.index == 0 ? 1 : 4) as UInt8)
      if cue.index > 0 { writer.add(UInt8(clamping: cue.index)) }
      writer.add(cue.section.bytes)
    case .id3(let tag): writer.add(2 as UInt8, tag)
    case .klv(let sets, let isSynchronous): writer.add(3 as UInt8, isSynchronous, sets)
    }
  }
}
