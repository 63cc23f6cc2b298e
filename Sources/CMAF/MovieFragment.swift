// SPDX-License-Identifier: Apache-2.0

/// The defaults of a track's samples; nil if none is stated.
package struct SampleDefaults: Sendable, Equatable {
  package var duration, size, flags: Int?

  /// Defaults; none is stated unless given.
  package init(duration: Int? = nil, size: Int? = nil, flags: Int? = nil) {
    self.duration = duration
    self.size = size
    self.flags = flags
  }
}

/// The samples of one track in a `moof`: where their bytes are, and their times.
///
/// Accepts any bytes; bounded in time and memory.
/// - Source: ISO/IEC 14496-12 §8.8
package struct MovieFragment: Sendable, Equatable {
  /// One sample.
  package struct Sample: Sendable, Equatable {
    /// The first byte, relative to the first byte of the `moof`; may be anywhere.
    package let offset: Int
    package let size: Int
    /// The decode time, in ticks; not negative.
    package let decodeTime: Int64
    /// The duration, in ticks.
    package let duration: Int64
    /// Presentation minus decode time, in ticks.
    package let shift: Int64
    /// Whether decoding can start here.
    package let isSync: Bool
  }

  /// The samples in the order of decoding.
  package private(set) var samples: [Sample] = []
  /// The decode time after the last sample; nil if none is known.
  package private(set) var end: Int64?
  /// The number of `traf` in the fragment, and of `trun` in those of the track.
  package private(set) var tracks = 0, runs = 0
  /// The KID that a sample group `seig` states; nil if the samples have that of the header.
  package private(set) var keyIdentifier: [UInt8]?

  /// Reads a `moof`.
  ///
  /// - Parameters:
  ///   - fragment: the box.
  ///   - trackID: the ID of the track, others are ignored; nil for any.
  ///   - defaults: the defaults that the header states.
  ///   - position: the position of the box in its file; nil if positions in it must not occur.
  ///   - time: the decode time if the fragment states none; nil if it must.
  ///   - maximumSamples: the maximum number of samples.
  /// - Throws: ``BoxError`` if the boxes are malformed, or state impossible values.
  package init(
    _ fragment: BoxFields, trackID: Int? = nil, defaults: SampleDefaults = SampleDefaults(),
    position: Int? = nil, time: Int64? = nil, maximumSamples: Int
  ) throws(BoxError) {
    end = time
    // Without an offset the samples follow the head of `mdat`.
    var next = fragment.size + 8
    var boxes = fragment.boxes
    while let box = try boxes.next() {
      guard box.type == "traf" else { continue }
      tracks += 1
      var fields = try box.only("tfhd")
      let flags = try fields.versionAndFlags().flags
      let id = try fields.integer(4)
      guard trackID == nil || trackID == id else { continue }
      var base = 0
      if flags & 0x1 != 0 {
        guard let position else { throw .unexpected("tfhd.base_data_offset") }
        let (offset, isBeyond) = try fields.wide().subtractingReportingOverflow(Int64(position))
        guard !isBeyond else { throw .sampleRange }
        base = Int(offset)
      }
      if flags & 0x2 != 0 { try fields.skip(4) }
      var defaults = defaults
      if flags & 0x8 != 0 { defaults.duration = try fields.integer(4) }
      if flags & 0x10 != 0 { defaults.size = try fields.integer(4) }
      if flags & 0x20 != 0 { defaults.flags = try fields.integer(4) }
      if let box = try box.optional("tfdt") { end = try Self.time(box) }
      var parts = box.boxes
      while let box = try parts.next() {
        if box.type == "trun" { try take(box, defaults, base: base, &next, maximumSamples) }
        if box.type == "sgpd", keyIdentifier == nil { keyIdentifier = Self.keyIdentifier(box) }
      }
    }
  }

  /// The decode time of a `tfdt`.
  private static func time(_ box: BoxFields) throws(BoxError) -> Int64 {
    var fields = box
    let isWide = try fields.versionAndFlags().version == 1
    let time = isWide ? try fields.wide() : Int64(try fields.integer(4))
    guard time >= 0 else { throw .time }
    return time
  }

  /// The KID in the first description of a `sgpd` of the type `seig`; nil for other groups, and for
  /// samples that are not protected.
  ///
  /// All samples of a fragment have one key, so that `sbgp` is not read.
  /// - Source: ISO/IEC 14496-12 §8.9.3; ISO/IEC 23001-7 §6
  private static func keyIdentifier(_ box: BoxFields) -> [UInt8]? {
    var fields = box
    guard let version = try? fields.versionAndFlags().version,
      (try? fields.integer(4)) == 0x7365_6967,
      // The size of descriptions, the number of the default one in version 2, and their count.
      (try? fields.skip(version == 0 ? 4 : version == 1 ? 8 : 12)) != nil,
      // A reserved byte, the pattern, isProtected, and the size of IVs.
      (try? fields.skip(2)) != nil, (try? fields.integer(1)) == 1, (try? fields.skip(1)) != nil
    else { return nil }
    return try? fields.fields(16).rest
  }

  /// Reads a `trun`, whose samples begin at `next` if it has no offset.
  private mutating func take(
    _ run: BoxFields, _ defaults: SampleDefaults, base: Int, _ next: inout Int,
    _ maximumSamples: Int
  ) throws(BoxError) {
    runs += 1
    guard var time = end else { throw .missing("tfdt") }
    var fields = run
    let (version, flags) = try fields.versionAndFlags()
    let count = try fields.integer(4)
    guard count <= maximumSamples - samples.count else { throw .samples(most: maximumSamples) }
    if flags & 0x1 != 0 {
      let (sum, isBeyond) = base.addingReportingOverflow(try fields.signed())
      guard !isBeyond else { throw .sampleRange }
      next = sum
    }
    let firstFlags = flags & 0x4 != 0 ? try fields.integer(4) : nil
    for index in 0..<count {
      let duration = flags & 0x100 != 0 ? try fields.integer(4) : defaults.duration
      let size = flags & 0x200 != 0 ? try fields.integer(4) : defaults.size
      var sampleFlags = flags & 0x400 != 0 ? try fields.integer(4) : defaults.flags
      if index == 0, let firstFlags { sampleFlags = firstFlags }
      var shift = 0
      if flags & 0x800 != 0 { shift = version == 0 ? try fields.integer(4) : try fields.signed() }
      guard let duration, let size, let sampleFlags else {
        throw .missing("sample size, duration or flags")
      }
      samples.append(
        Sample(
          offset: next, size: size, decodeTime: time, duration: Int64(duration),
          shift: Int64(shift), isSync: sampleFlags & 0x1_0000 == 0))
      let (later, isLate) = time.addingReportingOverflow(Int64(duration))
      let (after, isBeyond) = next.addingReportingOverflow(size)
      guard !isLate else { throw .time }
      guard !isBeyond else { throw .sampleRange }
      (time, next) = (later, after)
    }
    end = time
  }
}
