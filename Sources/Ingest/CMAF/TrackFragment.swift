// SPDX-License-Identifier: Apache-2.0

import CMAF

/// The samples of one `moof`: where their bytes are, and their times.
///
/// - Source: ISO/IEC 14496-12 §8.8
struct TrackFragment: Sendable, Equatable {
  /// One sample.
  struct Entry: Sendable, Equatable {
    /// The first byte, relative to the `moof`.
    let offset: Int
    let size: Int
    let dts: Int64
    /// Presentation minus decode time.
    let shift: Int64
    let isKey: Bool
  }

  /// The maximum number of samples of a fragment.
  static let mostSamples = 16_384

  private(set) var entries: [Entry] = []
  /// The decode time after the last sample.
  private(set) var end: Int64

  /// Reads the content of a `moof`.
  ///
  /// - Parameters:
  ///   - bytes: contain the `moof`.
  ///   - content: the range of its content.
  ///   - header: the header of the track.
  ///   - size: the size of the whole `moof`.
  ///   - position: the position of the `moof` in the track.
  ///   - time: the decode time if the fragment states none.
  /// - Throws: if the boxes are malformed, or state impossible values.
  init(
    _ bytes: [UInt8], _ content: Range<Int>, _ header: TrackHeaderBox, size: Int, position: Int,
    time: Int64
  ) throws(TrackError) {
    end = time
    var next = size
    for box in try boxes(bytes, content) where box.type == "traf" {
      let parts = try boxes(bytes, box.content)
      var fields = BoxFields(bytes, try parts.first("tfhd"), "tfhd")
      let flags = try fields.versionAndFlags().flags
      guard try fields.integer(4) == header.trackID else { continue }
      var base = 0
      if flags & 0x1 != 0 {
        let (offset, isBeyond) = try fields.wide().subtractingReportingOverflow(Int64(position))
        guard !isBeyond else { throw .sampleRange }
        base = Int(offset)
      }
      if flags & 0x2 != 0 { try fields.skip(4) }
      var defaults = header.defaults
      if flags & 0x8 != 0 { defaults.duration = try fields.integer(4) }
      if flags & 0x10 != 0 { defaults.size = try fields.integer(4) }
      if flags & 0x20 != 0 { defaults.flags = try fields.integer(4) }
      if let box = parts.first(where: { $0.type == "tfdt" }) {
        var fields = BoxFields(bytes, box.content, "tfdt")
        end =
          try fields.versionAndFlags().version == 1
          ? try fields.wide() : Int64(try fields.integer(4))
        guard end >= 0 else { throw .time }
      }
      for box in parts where box.type == "trun" {
        try take(BoxFields(bytes, box.content, "trun"), defaults, base: base, &next)
      }
    }
  }

  /// Reads a `trun`, whose samples begin at `next` if it has no offset.
  private mutating func take(
    _ run: BoxFields, _ defaults: TrackHeaderBox.Defaults, base: Int, _ next: inout Int
  ) throws(TrackError) {
    var fields = run
    let (version, flags) = try fields.versionAndFlags()
    let count = try fields.integer(4)
    guard count <= Self.mostSamples - entries.count else { throw .samples }
    if flags & 0x1 != 0 {
      let offset = Int(Int32(truncatingIfNeeded: try fields.integer(4)))
      let (sum, isBeyond) = base.addingReportingOverflow(offset)
      guard !isBeyond else { throw .sampleRange }
      next = sum
    }
    let firstFlags = flags & 0x4 != 0 ? try fields.integer(4) : nil
    for index in 0..<count {
      let duration = flags & 0x100 != 0 ? try fields.integer(4) : defaults.duration
      let size = flags & 0x200 != 0 ? try fields.integer(4) : defaults.size
      var sampleFlags = flags & 0x400 != 0 ? try fields.integer(4) : defaults.flags
      if index == 0, let firstFlags { sampleFlags = firstFlags }
      var shift = Int64(0)
      if flags & 0x800 != 0 {
        let number = try fields.integer(4)
        shift = version == 0 ? Int64(number) : Int64(Int32(truncatingIfNeeded: number))
      }
      guard size > 0, size <= TrackSample.largest else { throw .sampleSize(size) }
      entries.append(
        Entry(
          offset: next, size: size, dts: end, shift: shift, isKey: sampleFlags & 0x1_0000 == 0))
      let (later, isLate) = end.addingReportingOverflow(Int64(duration))
      let (after, isBeyond) = next.addingReportingOverflow(size)
      guard !isLate else { throw .time }
      guard !isBeyond else { throw .sampleRange }
      (end, next) = (later, after)
    }
  }
}
