// SPDX-License-Identifier: Apache-2.0

import CMAF
import Net
import Packaging
import Sharing
import Time

/// The media of one message, before the message has a number: a chunk, or a coded frame of it.
struct MessageContent {
  let kind: MediaMessage.Kind
  let flags: MediaMessage.Flags
  let published: WallTime
  /// The times of a coded frame; nil for a chunk.
  let sample: MediaMessage.SampleTime?
  let payload: ByteSlice
  /// The segment of the chunk.
  var segment: Int64 = 0

  /// A chunk as it is.
  ///
  /// - Parameters:
  ///   - chunk: the media.
  ///   - track: the track of the chunk.
  ///   - flags: the properties of the chunk.
  init(_ chunk: Chunk, of track: SubscriptionRequest.Track, _ flags: MediaMessage.Flags) {
    kind = track == .video ? .video : .audio
    self.flags = flags
    published = chunk.published
    sample = nil
    payload = ByteSlice(chunk.bytes)
  }

  private init(
    _ chunk: Chunk, _ range: Range<Int>, _ time: MediaMessage.SampleTime,
    _ flags: MediaMessage.Flags
  ) {
    kind = .sample
    self.flags = flags
    published = chunk.published
    sample = time
    payload = ByteSlice(chunk.bytes, range)
  }

  /// The coded frames of a chunk, whose bytes are those of the chunk.
  ///
  /// - Parameters:
  ///   - chunk: the media.
  ///   - flags: the properties of the chunk.
  ///   - timescale: the ticks per second of the track.
  ///   - offset: wall clock minus media time.
  /// - Returns: one content for each frame in the order of decoding; none if the boxes of the chunk
  ///   are malformed.
  static func samples(
    of chunk: Chunk, _ flags: MediaMessage.Flags, timescale: Int32, offset: Interval
  ) -> [MessageContent] {
    guard let samples = try? ChunkSamples(chunk.bytes) else { return [] }
    // The capture time of the chunk is that of its decode time.
    let first = samples.entries.first.map { $0.time.subtractingSaturated($0.shift) } ?? 0
    return samples.entries.enumerated().map { index, sample in
      func duration(_ ticks: Int64) -> Interval {
        Interval(ticks: ticks, timescale: Int64(timescale))
      }
      let time = MediaMessage.SampleTime(
        captured: chunk.captured + duration(sample.time.subtractingSaturated(first)),
        presented: .origin + duration(sample.time) + offset)
      var own = flags.intersection(.catchUp)
      if sample.isSync { own.insert(.key) }
      if index == 0 { own.formUnion(flags.intersection(.discontinuity)) }
      if index == samples.entries.count - 1 { own.formUnion(flags.intersection(.last)) }
      return MessageContent(chunk, sample.range, time, own)
    }
  }
}
