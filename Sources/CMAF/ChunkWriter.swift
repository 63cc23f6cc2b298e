package import Sharing

/// Writes CMAF chunks: `[styp] prft moof mdat` around one sample.
///
/// The size is computed first, the memory allocated once and written once.
/// - Source: ISO/IEC 23000-19 §7.3.2.3 (chunk), ISO/IEC 14496-12 §8.8 (movie fragments), §8.16.5 (prft)
package struct ChunkWriter: Sendable {
  /// The track's ID in the CMAF header.
  package let trackID: UInt32

  /// A writer for the track `trackID`.
  package init(trackID: UInt32 = 1) { self.trackID = trackID }

  /// One sample as a chunk.
  ///
  /// - Parameters:
  ///   - sample: coded bytes as they stand in `mdat` and what the boxes say of them.
  ///   - startsSegment: whether a `styp` goes in front.
  /// - Returns: the bytes, of exactly that size.
  package func chunk(_ sample: Sample, startsSegment: Bool) -> SharedBytes {
    let prefix = startsSegment ? SegmentType.size : 0
    let total = prefix + Self.boxesSize + sample.payload.count
    return unsafe SharedBytes(count: total) { memory in
      var out = unsafe BoxCursor(memory)
      if startsSegment { SegmentType.write(to: &out) }
      writeProducerTime(sample, to: &out)
      writeMovieFragment(sample, to: &out)
      out.open(size: 8 + sample.payload.count, "mdat")
      out.copy(sample.payload)
    }
  }

  /// What the boxes add to the coded pictures: bytes for each chunk, and for each segment besides.
  package static let overhead = (chunk: Int64(boxesSize), segment: Int64(SegmentType.size))

  private static let producerTimeSize = 32
  private static let fragmentSize = 100
  private static let boxesSize = producerTimeSize + fragmentSize + 8

  /// `prft`, flags 24: the wall clock at which the sample was captured.
  private func writeProducerTime(_ sample: Sample, to out: inout BoxCursor) {
    out.open(size: Self.producerTimeSize, "prft")
    out.put32(0x0100_0018)
    out.put32(trackID)
    out.put64(NTPTime.from(unixNanoseconds: sample.captured))
    out.put64(UInt64(bitPattern: sample.decodeTime))
  }

  private func writeMovieFragment(_ sample: Sample, to out: inout BoxCursor) {
    out.open(size: Self.fragmentSize, "moof")
    out.open(size: 16, "mfhd")
    out.put32(0)
    out.put32(sample.sequence)
    out.open(size: 76, "traf")
    out.open(size: 16, "tfhd")
    out.put32(0x0002_0000)  // default-base-is-moof
    out.put32(trackID)
    out.open(size: 20, "tfdt")
    out.put32(0x0100_0000)  // version 1: 64 bits
    out.put64(UInt64(bitPattern: sample.decodeTime))
    out.open(size: 32, "trun")
    out.put32(0x0000_0701)  // data offset; duration, size and flags of each sample
    out.put32(1)
    out.put32(UInt32(Self.fragmentSize + 8))
    out.put32(sample.duration)
    out.put32(UInt32(sample.payload.count))
    out.put32(sample.isSync ? 0x0200_0000 : 0x0101_0000)
  }
}
