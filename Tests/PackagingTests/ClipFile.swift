// SPDX-License-Identifier: Apache-2.0

import CMAF
import Packaging
import TestSupport
import Testing

/// A clip read back from its boxes.
struct ClipFile {
  /// A frame at its presentation time behind the edit, in ticks of the track.
  struct Frame {
    let time: Int
    let payload: [UInt8]
  }

  struct Track {
    var id = 0, timescale = 0, mediaDuration = 0
    /// The entries of `stts`, `ctts`, `elst` and `stsc`.
    var durations: [[Int]] = [], compositions: [[Int]] = [], edits: [[Int]] = []
    var chunks: [Int] = [], syncs: [Int] = [], sizes: [Int] = [], positions: [Int] = []
    var isWide = false
    var payloads: [[UInt8]] = []

    var shifts: [Int] { compositions.flatMap { Array(repeating: $0[1], count: $0[0]) } }

    /// All frames in the order of presentation.
    private var frames: [Frame] {
      var time = -(edits.last?[1] ?? 0)
      var frames: [Frame] = []
      let durations = durations.flatMap { Array(repeating: $0[1], count: $0[0]) }
      for (index, payload) in payloads.enumerated() {
        let shift = shifts.isEmpty ? 0 : shifts[index]
        frames.append(Frame(time: time + shift, payload: payload))
        time += durations[index]
      }
      return frames.sorted { $0.time < $1.time }
    }

    var before: [Frame] { frames.filter { $0.time < 0 } }
    /// The frames that the edit shows; the movie has 90,000 ticks per second.
    var shown: [Frame] {
      let duration = (edits.last?[0] ?? 0) * timescale / 90_000
      return frames.filter { $0.time >= 0 && $0.time < duration }
    }
  }

  let plan: ClipPlan
  let brands: String
  let timescale: Int, duration: Int, created: Int
  private(set) var tracks: [Track] = []

  /// Reads a clip; media that is not there is left out.
  ///
  /// - Parameters:
  ///   - bytes: the head, and the media that is there.
  ///   - plan: the plan of the clip.
  ///   - payload: the bytes of its segments (default those after the head).
  /// - Throws: the first fault.
  init(_ bytes: [UInt8], _ plan: ClipPlan, payload: Int? = nil) throws {
    self.plan = plan
    let head = BoxFields(plan.head, "file")
    var brand = try head.first("ftyp")
    brands = try (0..<6).map { _ in String(decoding: try brand.fields(4).rest, as: UTF8.self) }
      .enumerated().filter { $0.offset > 1 }.map(\.element).joined(separator: " ")
    let movie = try head.first("moov")
    var header = try movie.only("mvhd")
    _ = try header.versionAndFlags()
    created = Int(try header.wide())
    try header.skip(8)
    timescale = try header.integer(4)
    duration = Int(try header.wide())
    var boxes = movie.boxes
    while let box = try boxes.next() {
      if box.type == "trak" { tracks.append(try Self.track(box, bytes)) }
    }
    // The head of mdat states its size in 64 bits, and ends the head.
    let media = BoxFields(Array(plan.head.suffix(16)), "mdat")
    var size = media
    #expect(try size.integer(4) == 1)
    try size.skip(4)
    #expect(Int(try size.wide()) == (payload ?? bytes.count - plan.head.count) + 16)
  }

  private static func track(_ box: BoxFields, _ bytes: [UInt8]) throws -> Track {
    var track = Track()
    var header = try box.only("tkhd")
    try header.skip(20)
    track.id = try header.integer(4)
    var list = try box.only("edts").only("elst")
    try list.skip(4)
    for _ in 0..<(try list.integer(4)) {
      track.edits.append([Int(try list.wide()), Int(try list.wide()), try list.integer(4)])
    }
    let media = try box.only("mdia")
    var mediaHeader = try media.only("mdhd")
    try mediaHeader.skip(20)
    track.timescale = try mediaHeader.integer(4)
    track.mediaDuration = Int(try mediaHeader.wide())
    let table = try media.only("minf").only("stbl")
    _ = try table.only("stsd")
    track.durations = try entries(table.only("stts"), 2)
    track.compositions = try table.optional("ctts").map { try entries($0, 2) } ?? []
    track.chunks = try entries(table.only("stsc"), 3).flatMap(\.self)
    track.syncs = try table.optional("stss").map { try entries($0, 1) }?.flatMap(\.self) ?? []
    var sizes = try table.only("stsz")
    try sizes.skip(8)
    track.sizes = try (0..<sizes.integer(4)).map { _ in try sizes.integer(4) }
    if var wide = try table.optional("co64") {
      track.isWide = true
      try wide.skip(4)
      track.positions = try (0..<wide.integer(4)).map { _ in Int(try wide.wide()) }
    } else {
      track.positions = try entries(table.only("stco"), 1).flatMap(\.self)
    }
    for (position, size) in zip(track.positions, track.sizes)
    where position + size <= bytes.count {
      track.payloads.append(Array(bytes[position..<position + size]))
    }
    return track
  }

  private static func entries(_ box: BoxFields, _ numbers: Int) throws -> [[Int]] {
    var box = box
    try box.skip(4)
    return try (0..<box.integer(4)).map { _ in
      try (0..<numbers).map { _ in try box.integer(4) }
    }
  }
}
