// SPDX-License-Identifier: Apache-2.0

package import Sharing
import Time

/// Writes CMAF chunks: `[styp] prft moof mdat` with one access unit or several audio frames.
///
/// The size is computed first; the memory is allocated once and written once.
/// - Source: ISO/IEC 23000-19 §7.3.2.3 (chunk), ISO/IEC 14496-12 §8.8 (movie fragments), §8.16.5
///   (prft)
package struct ChunkWriter: Sendable {
  /// The track's ID in the CMAF header.
  package let trackID: UInt32

  /// A writer for the track `trackID`.
  package init(trackID: UInt32 = 1) { self.trackID = trackID }

  /// Writes one sample as a chunk.
  ///
  /// A sample that is presented at another time than it is decoded has a signed composition offset
  /// (`trun` of version 1).
  ///
  /// - Parameters:
  ///   - sample: the coded bytes for `mdat`, and the fields of the boxes.
  ///   - startsSegment: whether a `styp` precedes the chunk.
  /// - Returns: the chunk.
  package func chunk(_ sample: Sample, startsSegment: Bool) -> SharedBytes {
    let isShifted = sample.shift != 0
    let layout = Layout(
      startsSegment: startsSegment, headerSize: 16, runSize: isShifted ? 36 : 32,
      payloadSize: sample.payload.count)
    return unsafe SharedBytes(count: layout.total) { memory in
      var out = unsafe BoxCursor(memory)
      let start = Start(sample.decodeTime, sample.captured, sample.sequence)
      begin(layout, start, headerFlags: 0, to: &out)
      writeDecodeTime(start, to: &out)
      out.open(size: layout.runSize, "trun")
      // Data offset; duration, size, flags, and perhaps the composition offset of each sample.
      out.put32(isShifted ? 0x0100_0F01 : 0x0000_0701)
      out.put32(1)
      out.put32(layout.dataOffset)
      out.put32(sample.duration)
      out.put32(UInt32(sample.payload.count))
      out.put32(sample.isSync ? Self.independent : 0x0101_0000)
      if isShifted { out.put32(UInt32(bitPattern: sample.shift)) }
      out.open(size: 8 + layout.payloadSize, "mdat")
      out.copy(sample.payload)
    }
  }

  /// Writes audio frames as a chunk, with one duration and flags for all and a size for each.
  ///
  /// - Parameters:
  ///   - run: the coded frames for `mdat`, and the fields of the boxes.
  ///   - startsSegment: whether a `styp` precedes the chunk.
  /// - Returns: the chunk.
  package func chunk(_ run: SampleRun, startsSegment: Bool) -> SharedBytes {
    let layout = Layout(
      // bounded: a run has at most as many frames as its segment
      startsSegment: startsSegment, headerSize: 24, runSize: 20 + 4 * run.payloads.count,
      payloadSize: run.payloads.reduce(0) { $0 + $1.count })
    return unsafe SharedBytes(count: layout.total) { memory in
      var out = unsafe BoxCursor(memory)
      let start = Start(run.decodeTime, run.captured, run.sequence)
      begin(layout, start, headerFlags: 0x28, to: &out)  // default duration and flags
      out.put32(run.sampleDuration)
      out.put32(Self.independent)
      writeDecodeTime(start, to: &out)
      out.open(size: layout.runSize, "trun")
      out.put32(0x0000_0201)  // data offset; size of each sample
      out.put32(UInt32(run.payloads.count))
      out.put32(layout.dataOffset)
      for payload in run.payloads { out.put32(UInt32(payload.count)) }
      out.open(size: 8 + layout.payloadSize, "mdat")
      for payload in run.payloads { out.copy(payload) }
    }
  }

  /// The bytes that the boxes add to each chunk, and further to each segment.
  package static let overhead = (
    chunk: overhead(headerSize: 16, runSize: 32), segment: Int64(SegmentType.size)
  )

  /// The bytes that the boxes add to a chunk of `frames` audio frames.
  package static func overhead(ofRun frames: Int) -> Int64 {
    // bounded: a run has at most as many frames as its segment
    overhead(headerSize: 24, runSize: 20 + 4 * frames)
  }

  private static func overhead(headerSize: Int, runSize: Int) -> Int64 {
    Int64(
      Layout(startsSegment: false, headerSize: headerSize, runSize: runSize, payloadSize: 0).total)
  }

  /// Sample flags: the sample depends on no other; decoding can start here (§8.8.3.1).
  private static let independent: UInt32 = 0x0200_0000

  /// The sizes of the boxes of a chunk.
  private struct Layout {
    let startsSegment: Bool
    /// The sizes of `tfhd` and `trun`.
    let headerSize, runSize: Int
    let payloadSize: Int

    static let producerTimeSize = 32
    static let decodeTimeSize = 20

    /// The size of `traf`.
    var trackSize: Int { 8 + headerSize + Self.decodeTimeSize + runSize }
    var fragmentSize: Int { 8 + 16 + trackSize }
    /// The distance from the start of `moof` to the first sample.
    var dataOffset: UInt32 { UInt32(fragmentSize + 8) }
    var total: Int {
      (startsSegment ? SegmentType.size : 0) + Self.producerTimeSize + fragmentSize + 8
        + payloadSize
    }
  }

  /// The fields of a chunk's first sample.
  private struct Start {
    let decodeTime: Int64
    let captured: WallTime
    let sequence: UInt32

    init(_ decodeTime: Int64, _ captured: WallTime, _ sequence: UInt32) {
      self.decodeTime = decodeTime
      self.captured = captured
      self.sequence = sequence
    }
  }

  /// Writes everything up to the track ID in `tfhd`; the caller writes the fields of `headerFlags`.
  private func begin(
    _ layout: Layout, _ start: Start, headerFlags: UInt32, to out: inout BoxCursor
  ) {
    if layout.startsSegment { SegmentType.write(to: &out) }
    // Flags 24: the wall clock at the capture of the sample.
    out.open(size: Layout.producerTimeSize, "prft")
    out.put32(0x0100_0018)
    out.put32(trackID)
    out.put64(NTPTime.from(start.captured))
    out.put64(UInt64(bitPattern: start.decodeTime))
    out.open(size: layout.fragmentSize, "moof")
    out.open(size: 16, "mfhd")
    out.put32(0)
    out.put32(start.sequence)
    out.open(size: layout.trackSize, "traf")
    out.open(size: layout.headerSize, "tfhd")
    out.put32(0x0002_0000 | headerFlags)  // default-base-is-moof
    out.put32(trackID)
  }

  private func writeDecodeTime(_ start: Start, to out: inout BoxCursor) {
    out.open(size: Layout.decodeTimeSize, "tfdt")
    out.put32(0x0100_0000)  // version 1: 64 bits
    out.put64(UInt64(bitPattern: start.decodeTime))
  }
}
