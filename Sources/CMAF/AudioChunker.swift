// SPDX-License-Identifier: Apache-2.0

package import Media
import Sharing

/// Collects coded AAC frames into chunks, of which each is one part: a pure state machine.
///
/// A chunk is complete with the frame that fills it, never with the one after.
package struct AudioChunker: Sendable {
  private let segmentation: AudioSegmentation
  private let writer: ChunkWriter
  private var payloads: [[UInt8]] = []
  private var first: Int64 = 0
  private var captured: Int64 = 0
  /// The frame with which the segment begins, where the cadence does not tell.
  private var start: Int64?

  /// A chunker that has nothing yet.
  package init(segmentation: AudioSegmentation, trackID: UInt32 = 1) {
    self.segmentation = segmentation
    writer = ChunkWriter(trackID: trackID)
  }

  /// Takes the next coded AAC frame.
  ///
  /// - Parameters:
  ///   - bytes: a raw data block.
  ///   - index: which AAC frame since 1970 it is.
  ///   - time: when it was captured: wall clock, nanoseconds.
  ///   - start: where segments are free, the frame with which its segment begins: one before it then is complete, and
  ///     must have been flushed.
  /// - Returns: the chunk that it fills; also one that is short because a frame is missing behind it.
  package mutating func add(
    _ bytes: [UInt8], frame index: Int64, captured time: Int64, from start: Int64? = nil
  ) -> [AudioChunk] {
    var chunks: [AudioChunk] = []
    if !payloads.isEmpty, index != first + Int64(payloads.count) { chunks += flush() }
    if payloads.isEmpty { (first, captured, self.start) = (index, time, start) }
    payloads.append(bytes)
    let endsPart =
      start.map { (index - $0 + 1) % segmentation.framesPerPart == 0 }
      ?? segmentation.partPosition(of: index).endsPart
    if endsPart { chunks += flush() }
    return chunks
  }

  /// The frames that wait for their part's end: nothing or one chunk, as at the end of a stream.
  package mutating func flush() -> [AudioChunk] {
    guard !payloads.isEmpty else { return [] }
    let run = SampleRun(
      payloads: payloads, decodeTime: segmentation.ticks(first),
      sampleDuration: UInt32(AudioSegmentation.samplesPerFrame), captured: captured,
      sequence: UInt32(truncatingIfNeeded: first + 1))
    let chunk = AudioChunk(
      firstFrame: first, frames: Int64(payloads.count), captured: captured,
      bytes: writer.chunk(
        run,
        startsSegment: start.map { $0 == first }
          ?? (segmentation.partPosition(of: first).position == 0)))
    payloads.removeAll(keepingCapacity: true)
    return [chunk]
  }
}
