// SPDX-License-Identifier: Apache-2.0

package import CMAF
import Checked

/// A chunk with encrypted samples, from the clear one.
///
/// Everything but the samples and the boxes in `moof` stays: `styp`, `prft`, times and sizes.
/// - Source: ISO/IEC 23001-7 §10.4; ISO/IEC 23000-19 §8.2
package enum ProtectedChunk {
  /// The keys of a chunk.
  package struct Keys: Sendable {
    /// The key of its samples.
    package let key: ContentKey
    /// Whether the header names another key.
    package let isGrouped: Bool
    /// The KIDs that `moof` announces to players; empty for none.
    package let announced: [[UInt8]]
    /// The boxes that licence systems add to `moof`.
    package let signals: [ProtectionSignal]

    /// Keys of a chunk.
    package init(
      key: ContentKey, isGrouped: Bool = false, announced: [[UInt8]] = [],
      signals: [ProtectionSignal] = []
    ) {
      self.key = key
      self.isGrouped = isGrouped
      self.announced = announced
      self.signals = signals
    }
  }

  /// The most samples of a chunk.
  private static let maximumSamples = 1024

  /// The bytes that encryption adds to a chunk of one sample with one slice: `saiz`, `saio` and
  /// `senc` of video, and `sgpd` and `sbgp` if keys rotate.
  package static func usualAddition(isVideo: Bool, rotates: Bool) -> Int {
    (isVideo ? 61 : 0) + (rotates ? 89 : 0)
  }

  /// Encrypts the samples of a chunk.
  ///
  /// - Parameters:
  ///   - clear: `[styp] [prft] [emsg …] moof mdat` with one track and one run.
  ///   - keys: its keys.
  ///   - media: that of the header.
  ///   - sets: the parameter sets so far; those in the chunk are added.
  /// - Returns: the encrypted chunk.
  /// - Throws: ``BoxError`` if the chunk is malformed, or OpenSSL refuses. Send nothing then.
  package static func encrypt(
    _ clear: [UInt8], _ keys: Keys, _ media: ProtectedHeader.Media,
    _ sets: inout SliceParameterSets
  ) throws(BoxError) -> [UInt8] {
    let fragment = try BoxFields(clear, "chunk").first("moof")
    let start = fragment.content.upperBound - fragment.size
    let movie = try MovieFragment(fragment, maximumSamples: maximumSamples)
    guard movie.tracks == 1, movie.runs == 1 else { throw .several("trun") }
    var ranges: [Range<Int>] = []
    for sample in movie.samples {
      // bounded: offsets and sizes of 32 bits, and a position in the chunk
      let first = start + sample.offset
      guard first >= fragment.content.upperBound, sample.size <= clear.count - first else {
        throw .sampleRange
      }
      ranges.append(first..<first + sample.size)
    }
    var subsamples: [Subsamples] = []
    if case .video(let codec) = media {
      for range in ranges {
        guard let found = Subsamples(clear[range], codec, &sets),
          found.entries.count <= Subsamples.most
        else {
          throw .mismatch(
            "sample", found: "other bytes, or too many clear ones", expected: "NAL units")
        }
        subsamples.append(found)
      }
    }
    let head = try moof(clear, fragment, keys, subsamples, samples: ranges.count, media)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(clear.count + head.count - fragment.size)
    bytes += clear[..<start]
    bytes += head
    bytes += clear[fragment.content.upperBound...]
    // bounded: the added bytes are in memory
    let added = head.count - fragment.size
    guard var cipher = PatternCipher(keys.key) else { throw .missing("AES-128-CBC of OpenSSL") }
    for (index, range) in ranges.enumerated() {
      let first = range.lowerBound + added
      let protected =
        subsamples.isEmpty
        ? [first..<first + range.count] : subsamples[index].ranges(from: first)
      for part in protected {
        guard cipher.apply(&bytes, part, subsamples.isEmpty ? .all : .video) else {
          throw .missing("AES-128-CBC of OpenSSL")
        }
      }
    }
    return bytes
  }

  /// The `moof` with the boxes of encryption.
  private static func moof(
    _ bytes: [UInt8], _ fragment: BoxFields, _ keys: Keys, _ subsamples: [Subsamples],
    samples: Int, _ media: ProtectedHeader.Media
  ) throws(BoxError) -> [UInt8] {
    var before: [UInt8] = []
    var track: [UInt8] = []
    var run: Int?
    var boxes = fragment.boxes
    while let box = try boxes.next() {
      guard box.type == "traf" else {
        before += whole(box, bytes)
        continue
      }
      var parts = box.boxes
      while let part = try parts.next() {
        if part.type == "trun" { run = track.count }
        track += whole(part, bytes)
      }
    }
    guard let run else { throw .missing("trun") }
    let isVideo = media != .audio
    if keys.isGrouped {
      track += ProtectionBoxes.group(keys.key, isVideo: isVideo, samples: samples)
    }
    // moof, the boxes before traf, traf
    let position = 8 + before.count + 8 + track.count
    if !subsamples.isEmpty { track += ProtectionBoxes.auxiliary(subsamples, at: position) }
    var after: [UInt8] = []
    if !keys.announced.isEmpty { after += ProtectionBoxes.common(keys.announced) }
    for signal in keys.signals { after += signal.box }
    // bounded: a fragment in memory
    let added = 8 + before.count + 8 + track.count + after.count - fragment.size
    try shift(&track, at: run, by: added)
    return ProtectionBoxes.box("moof", before + ProtectionBoxes.box("traf", track) + after)
  }

  private static func whole(_ box: BoxFields, _ bytes: [UInt8]) -> ArraySlice<UInt8> {
    // bounded: a box of these bytes
    bytes[box.content.upperBound - box.size..<box.content.upperBound]
  }

  /// Adds to the data offset of the `trun` at `position`.
  private static func shift(
    _ track: inout [UInt8], at position: Int, by added: Int
  ) throws(BoxError) {
    let field = position + 16
    guard field + 4 <= track.count, track[position + 11] & 1 == 1 else {
      throw .missing("trun.data_offset")
    }
    let old = (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(track[field + $1]) }
    let offset = Int(Int32(bitPattern: old)) + added
    track.set(UInt32(truncatingIfNeeded: offset), at: field)
  }
}
