// SPDX-License-Identifier: Apache-2.0

package import Media
import Sharing
package import Time

/// Collects AAC frames into chunks of one part each: a pure state machine.
///
/// A chunk is complete with its last frame; the frame after it is not awaited. Beside it, its
/// frames become short chunks as they come, for viewers that do not wait for the part.
package struct AudioChunker: Sendable {
  /// The most frames of a short chunk; chunks of one frame would have twice the boxes.
  package static let shortFrames = 2

  private let segmentation: AudioSegmentation
  private let writer: ChunkWriter
  private var payloads: [[UInt8]] = []
  private var first: Int64 = 0
  private var captured = WallTime.origin
  /// The first frame of the present variable-duration segment.
  private var start: Int64?
  /// The number of frames of the unfinished part that are in short chunks.
  private var shortened = 0
  /// The capture time of the first frame that is in no short chunk.
  private var shortCaptured = WallTime.origin
  /// The short chunk that the newest frame completes; nil if it completes none.
  package private(set) var short: AudioChunk?

  /// An empty chunker.
  package init(segmentation: AudioSegmentation, trackID: UInt32 = 1) {
    self.segmentation = segmentation
    writer = ChunkWriter(trackID: trackID)
  }

  /// Adds the next AAC frame.
  ///
  /// - Parameters:
  ///   - bytes: a raw data block.
  ///   - index: the index of the AAC frame since 1970.
  ///   - time: its capture time.
  ///   - start: the first frame of its segment, if segments have variable duration. The segment
  ///     before must have been flushed.
  /// - Returns: the chunk that the frame completes; also a short chunk if the frame after it is
  ///   missing.
  package mutating func add(
    _ bytes: [UInt8], frame index: Int64, captured time: WallTime, from start: Int64? = nil
  ) -> [AudioChunk] {
    var chunks: [AudioChunk] = []
    if !payloads.isEmpty, index != first + Int64(payloads.count) { chunks += flush() }
    if payloads.isEmpty { (first, captured, self.start, shortened) = (index, time, start, 0) }
    payloads.append(bytes)
    if payloads.count == shortened + 1 { shortCaptured = time }
    let endsPart =
      // bounded: a part has at least one frame
      start.map { (index - $0 + 1) % segmentation.framesPerPart == 0 }
      ?? segmentation.partPosition(of: index).endsPart
    short = endsPart || payloads.count >= shortened + Self.shortFrames ? shorten() : nil
    if endsPart { chunks += flush() }
    return chunks
  }

  /// The frames of the unfinished part that are not in a short chunk, as a short chunk.
  private mutating func shorten() -> AudioChunk {
    let firstFrame = first + Int64(shortened)
    let frames = payloads[shortened...]
    shortened = payloads.count
    let run = SampleRun(
      payloads: Array(frames), decodeTime: segmentation.ticks(firstFrame),
      sampleDuration: UInt32(AudioSegmentation.samplesPerFrame), captured: shortCaptured,
      sequence: UInt32(truncatingIfNeeded: firstFrame + 1))
    return AudioChunk(
      firstFrame: firstFrame, frames: Int64(frames.count), captured: shortCaptured,
      bytes: writer.chunk(run, startsSegment: false))
  }

  /// The frames of the unfinished part, if any, as a chunk.
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
