// SPDX-License-Identifier: Apache-2.0

import Capture
import ChunkStream
import Media
import Packaging
import Time

/// The session that a process of its own runs for the server: its configuration and its place in
/// time.
struct SessionOrder: Sendable {
  let configuration: StreamConfiguration
  let anchor: SessionAnchor

  /// The most renditions of a ladder.
  private static let mostRenditions: UInt8 = 30

  init(_ configuration: StreamConfiguration, _ anchor: SessionAnchor) {
    self.configuration = configuration
    self.anchor = anchor
  }

  /// Reads the order for a source with the facts `facts`.
  init(fields: [UInt8], facts: SourceFacts) throws(MessageError) {
    var reader = FieldReader(fields)
    configuration = try StreamConfiguration(&reader, facts: facts)
    anchor = try SessionAnchor(&reader)
    try reader.end()
  }

  var fields: [UInt8] {
    var writer = FieldWriter()
    configuration.write(to: &writer)
    anchor.write(to: &writer)
    return writer.bytes
  }
}

extension SessionAnchor {
  fileprivate init(_ reader: inout FieldReader) throws(MessageError) {
    let clock = StreamClock(
      anchorOffset: .nanoseconds(try reader.integer()), shift: try reader.integer(),
      announcedOffset: .nanoseconds(try reader.integer()))
    let first: Int64 = try reader.integer()
    var published: [ResumePoint?] = []
    for _ in 0..<(try reader.integer("the number of tracks", in: 0...ChildMessage.mostTracks)) {
      published.append(
        try reader.optional("a flag") { reader throws(MessageError) in
          ResumePoint(segment: try reader.integer(), end: try reader.integer())
        })
    }
    self.init(clock: clock, firstSegment: first, published: published)
  }

  fileprivate func write(to writer: inout FieldWriter) {
    writer.add(clock.anchorOffset.nanoseconds)
    writer.add(clock.shift)
    writer.add(clock.announcedOffset.nanoseconds)
    writer.add(firstSegment)
    writer.add(UInt8(clamping: published.count))
    for point in published {
      writer.add(point) { writer, point in
        writer.add(point.segment)
        writer.add(point.end)
      }
    }
  }
}

extension StreamConfiguration {
  /// Reads the settings that pipelines use.
  fileprivate init(_ reader: inout FieldReader, facts: SourceFacts) throws(MessageError) {
    var renditions: [RenditionSettings] = []
    for _ in 0..<(try reader.integer("the number of renditions", in: 1...UInt8(30))) {
      let name = try reader.text("a name", limit: 256)
      let (width, height) = (try reader.integer(Int32.self), try reader.integer(Int32.self))
      guard let size = VideoSize(width: Int(width), height: Int(height)) else {
        throw .invalid(field: "a size", value: "\(width)x\(height)")
      }
      renditions.append(
        RenditionSettings(
          name: name, size: size, bitrateKilobits: Int(try reader.integer(Int32.self))))
    }
    self.init(renditions: renditions, segmentation: try Segmentation(&reader))
    name = try reader.text("a name", limit: 256)
    source = .network(facts)
    passesThrough = try reader.boolean("a flag")
    switch try reader.integer("the audio", in: 0...UInt8(3)) {
    case 0: audio = .none
    case 1: audio = .tone
    case 2: if let found = facts.description.audio { takeAudio(found) }
    default: audio = .device(try reader.text("a device", limit: 1024))
    }
    waitsForSource = true
    encoder = try reader.text("an encoder", limit: 256)
    preset = try reader.text("a preset", limit: 256)
    intraInterval = try reader.optional("a flag") { reader throws(MessageError) in
      Int(try reader.integer(Int32.self))
    }
    burnsClock = try reader.boolean("a flag")
    overlay = try reader.optional("a flag") { reader throws(MessageError) in
      let text = try reader.text("an overlay", limit: 1 << 16)
      guard var overlay = Overlay(text) else {
        throw .invalid(field: "an overlay", value: "that cannot be read")
      }
      overlay.font = try reader.optional("a flag") { reader throws(MessageError) in
        try reader.text("the path of a font", limit: 1 << 16)
      }
      return overlay
    }
    slate = try reader.optional("a flag") { reader throws(MessageError) in
      try reader.text("the path of a slate", limit: 1 << 16)
    }
    prefill = Int(try reader.integer(Int32.self))
    numbering = try reader.boolean("a flag") ? .run : .epoch
  }

  fileprivate func write(to writer: inout FieldWriter) {
    writer.add(UInt8(clamping: renditions.count))
    for rendition in renditions {
      writer.add(rendition.name)
      writer.add(Int32(clamping: rendition.size.width))
      writer.add(Int32(clamping: rendition.size.height))
      writer.add(Int32(clamping: rendition.bitrateKilobits))
    }
    segmentation.write(to: &writer)
    writer.add(name)
    writer.add(passesThrough)
    switch audio {
    case .none: writer.add(UInt8(0))
    case .tone: writer.add(UInt8(1))
    case .input: writer.add(UInt8(2))
    case .device(let name):
      writer.add(UInt8(3))
      writer.add(name)
    }
    writer.add(encoder)
    writer.add(preset)
    writer.add(intraInterval) { $0.add(Int32(clamping: $1)) }
    writer.add(burnsClock)
    writer.add(overlay) { writer, overlay in
      writer.add(overlay.text)
      writer.add(overlay.font) { $0.add($1) }
    }
    writer.add(slate) { $0.add($1) }
    writer.add(Int32(clamping: prefill))
    writer.add(numbering == .run)
  }
}

extension Segmentation {
  init(_ reader: inout FieldReader) throws(MessageError) {
    let rate = try FrameRate(&reader)
    let (segment, part) = (try reader.integer(Int64.self), try reader.integer(Int64.self))
    let most = try reader.optional("a flag") { reader throws(MessageError) in
      try reader.integer(Int64.self)
    }
    guard
      let segmentation = Segmentation(
        rate: rate, framesPerSegment: segment, framesPerPart: part, mostFramesPerSegment: most)
    else { throw .invalid(field: "a segmentation", value: "\(segment) and \(part) frames") }
    self = segmentation
  }

  func write(to writer: inout FieldWriter) {
    grid.rate.write(to: &writer)
    writer.add(framesPerSegment)
    writer.add(framesPerPart)
    writer.add(mostFramesPerSegment) { $0.add($1) }
  }
}
