// SPDX-License-Identifier: Apache-2.0

package import Media
package import Sharing
package import Time

/// Collects AAC frames into chunks of one or two: a pure state machine.
///
/// A chunk is complete with its second frame, or with the last frame of its part; the frame after
/// it is not awaited. A part has several chunks, so readers of the open segment and WebSockets get
/// its audio before the part is complete.
/// - Source: ISO/IEC 23000-19 §7.3.2.3: a CMAF segment may have any number of chunks
package struct AudioChunker: Sendable {
  private static let maximumFrames = Int(AudioSegmentation.maximumFramesPerChunk)

  /// Decode times minus those of the grid, in samples.
  package var phase: Int64 = 0

  private let segmentation: AudioSegmentation
  private let writer: ChunkWriter
  private var payloads: [[UInt8]] = []
  private var first: Int64 = 0
  private var captured = WallTime.origin
  /// The first frame of the present variable-duration segment.
  private var start: Int64?

  /// An empty chunker.
  package init(segmentation: AudioSegmentation, trackID: UInt32 = 1) {
    self.segmentation = segmentation
    writer = ChunkWriter(trackID: trackID)
  }

  /// The size of the boxes of the chunks of a part with `frames` AAC frames.
  package static func overhead(ofPart frames: Int) -> Int64 {
    // bounded: a part has at most as many frames as its segment
    let (whole, rest) = frames.quotientAndRemainder(dividingBy: maximumFrames)
    return Int64(whole) * ChunkWriter.overhead(ofRun: maximumFrames)
      + (rest == 0 ? 0 : ChunkWriter.overhead(ofRun: rest))
  }

  /// Adds the next AAC frame.
  ///
  /// - Parameters:
  ///   - bytes: a raw data block.
  ///   - index: the index of the AAC frame since 1970.
  ///   - time: its capture time.
  ///   - start: the first frame of its segment, if segments have variable duration. The segment
  ///     before must have been flushed.
  /// - Returns: the chunk that the frame completes; also the unfinished chunk if the frame after it
  ///   is missing.
  package mutating func add(
    _ bytes: [UInt8], frame index: Int64, captured time: WallTime, from start: Int64? = nil
  ) -> [AudioChunk] {
    var chunks: [AudioChunk] = []
    if !payloads.isEmpty, index != first + Int64(payloads.count) { chunks += flush() }
    if payloads.isEmpty { (first, captured, self.start) = (index, time, start) }
    payloads.append(bytes)
    let endsPart =
      // bounded: a part has at least one frame
      start.map { (index - $0 + 1) % segmentation.framesPerPart == 0 }
      ?? TrackSegmentation.audio(segmentation).ends(index).part
    if endsPart || payloads.count >= Self.maximumFrames { chunks.append(complete(endsPart)) }
    return chunks
  }

  /// The frames of the unfinished chunk, if any, as the last chunk of their part.
  package mutating func flush() -> [AudioChunk] {
    payloads.isEmpty ? [] : [complete(true)]
  }

  private mutating func complete(_ endsPart: Bool) -> AudioChunk {
    let run = SampleRun(
      // bounded: positions are those of times that can be expressed
      payloads: payloads, decodeTime: segmentation.ticks(first) + phase,
      sampleDuration: UInt32(clamping: segmentation.samplesPerFrame), captured: captured,
      sequence: UInt32(truncatingIfNeeded: first + 1))
    let chunk = AudioChunk(
      firstFrame: first, frames: Int64(payloads.count), endsPart: endsPart, captured: captured,
      bytes: writer.chunk(
        run,
        startsSegment: start.map { $0 == first }
          ?? (TrackSegmentation.audio(segmentation).position(of: first) == 0)))
    payloads.removeAll(keepingCapacity: true)
    return chunk
  }
}

/// A chunk of audio: consecutive AAC frames of one part.
package struct AudioChunk: Sendable {
  /// The index of its first AAC frame since 1970.
  package let firstFrame: Int64
  /// The number of AAC frames.
  package let frames: Int64
  /// Whether its part ends with it.
  package let endsPart: Bool
  /// The capture time of its first frame.
  package let captured: WallTime
  /// `[styp] prft moof mdat`.
  package let bytes: SharedBytes
}
