// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import Sharing
package import Time

/// A segment of a text rendition as one CMAF chunk: samples without a gap between them, each with
/// the cues of its time.
///
/// - Source: ISO/IEC 14496-30 §7.4; ISO/IEC 23000-19 §11.2
package struct TextSegment {
  /// The samples: cues from one tick to another.
  private struct Sample {
    let duration: Int64
    let bytes: [UInt8]
  }

  private let number: Int64
  private let start: Int64
  private let samples: [Sample]

  /// The segment with these cues.
  ///
  /// - Parameters:
  ///   - segment: the segment of the video.
  ///   - cues: its cues.
  ///   - start: the media time at which it begins, in ticks.
  ///   - offset: wall clock minus media time.
  ///   - timescale: ticks per second.
  package init(
    _ segment: Segment, _ cues: [Cue], start: Int64, offset: Interval, timescale: Int32
  ) {
    number = segment.number
    self.start = start
    let end = start.addingSaturated(segment.duration)
    func ticks(_ time: WallTime) -> Int64 {
      let media = MediaTime(time, minus: offset).nanoseconds
      // bounded: 128 bits hold the product of two 64-bit numbers
      let found = (Int128(media) * Int128(timescale) + 500_000_000) / 1_000_000_000
      return min(max(Int64(clamping: found), start), end)
    }
    let timed = cues.map { (cue: $0, start: ticks($0.start), end: ticks($0.end)) }
    let bounds = Set(timed.flatMap { [$0.start, $0.end] } + [start, end]).sorted()
    samples = zip(bounds, bounds.dropFirst()).map { from, to in
      let shown = timed.filter { $0.start <= from && $0.end >= to }.map(\.cue)
      return Sample(duration: to.subtractingSaturated(from), bytes: Self.sample(shown))
    }
  }

  /// `styp`, `moof` and `mdat`.
  package var bytes: [UInt8] {
    var out = BoxBuilder(capacity: 256)
    out.put(SegmentType.bare.array)
    let begin = out.bytes.count
    var dataOffset = 0
    out.box("moof") { out in
      out.box("mfhd", version: 0) { $0.put(UInt32(truncatingIfNeeded: number)) }
      out.box("traf") { out in
        // The base of data offsets is `moof`; each sample can be decoded alone.
        out.box("tfhd", version: 0, flags: 0x0002_0020) { out in
          out.put(UInt32(1))
          out.put(UInt32(0x0200_0000))
        }
        out.box("tfdt", version: 1) { $0.put(start) }
        // Data offset; duration and size of each sample.
        out.box("trun", version: 0, flags: 0x0301) { out in
          out.put(UInt32(clamping: samples.count))
          dataOffset = out.bytes.count
          out.put(UInt32(0))
          for sample in samples {
            out.put(UInt32(clamping: sample.duration))
            out.put(UInt32(clamping: sample.bytes.count))
          }
        }
      }
    }
    // bounded: positions in memory
    out.set(UInt32(clamping: out.bytes.count - begin + 8), at: dataOffset)
    out.box("mdat") { out in
      for sample in samples { out.put(sample.bytes) }
    }
    return out.bytes
  }

  /// The boxes of cues that are shown together; an empty cue without any.
  private static func sample(_ cues: [Cue]) -> [UInt8] {
    var out = BoxBuilder()
    if cues.isEmpty { out.box("vtte") { _ in } }
    for cue in cues {
      out.box("vttc") { out in
        // The identifier joins the pieces of a cue.
        out.box("iden") { $0.put("cue-\(cue.id)".utf8) }
        let settings = cue.position.settings
        if !settings.isEmpty { out.box("sttg") { $0.put(settings.utf8) } }
        out.box("payl") { $0.put(WebVTT.payload(cue.text).utf8) }
      }
    }
    return out.bytes
  }
}
