// SPDX-License-Identifier: Apache-2.0

internal import CMAF
import Media
import Sharing

/// The closed captions of a stream, which its settings declare or its video has: the lock around
/// ``CaptionServices``.
package final class ClosedCaptions: Sendable {
  private struct State {
    var services = CaptionServices()
    var newest: Int64?
    var tracks: [ClosedCaptionTrack]
  }

  private let state: Locked<State>

  /// Captions of these tracks, and of those that will be seen.
  package init(_ declared: [ClosedCaptionTrack] = []) {
    state = Locked(State(tracks: declared))
  }

  /// The declared tracks, and after them the seen ones.
  package var tracks: [ClosedCaptionTrack] { state.withLock { $0.tracks } }

  /// Reads the newest chunk of a window with video.
  package func read(_ snapshot: WindowSnapshot) {
    guard let chunk = snapshot.newestChunk, let codecs = snapshot.track?.codecs,
      let codec = NALCodec(codecs: codecs)
    else { return }
    state.withLock { state in
      // Other changes of the window than a new chunk.
      guard chunk.frameIndex != state.newest else { return }
      state.newest = chunk.frameIndex
      let before = state.services.seen
      for data in codec.captions(of: chunk.bytes) { state.services.take(data) }
      guard state.services.seen != before else { return }
      let new = state.services.seen.subtracting(before).sorted()
        .filter { service in !state.tracks.contains { $0.service == service } }
      state.tracks += new.map { ClosedCaptionTrack($0) }
    }
  }
}

extension NALCodec {
  /// The most bytes before a slice that are looked at: parameter sets and SEI units fit.
  private static let reach = 8192

  /// The codec by a codecs string (RFC 6381); nil for others.
  fileprivate init?(codecs: String) {
    switch codecs.prefix(4) {
    case "avc1", "avc3": self = .h264
    case "hvc1", "hev1": self = .hevc
    default: return nil
    }
  }

  /// The captions before the first slice of the first sample of a chunk.
  fileprivate func captions(of chunk: SharedBytes) -> [CaptionData] {
    guard let sample = try? ChunkSamples(chunk).entries.first?.range else { return [] }
    // bounded: positions in the chunk, and some bytes after them
    let bytes = chunk.prefix(min(sample.upperBound, sample.lowerBound + Self.reach))
    // bounded: at most the end of the bytes
    let units = bytes[min(sample.lowerBound, bytes.count)...]
    return NALUnits.ranges(in: units.span, .lengthPrefixed)
      // bounded: ranges in the units, which are not empty
      .map { units[units.startIndex + $0.lowerBound..<units.startIndex + $0.upperBound] }
      .prefix { !kind($0[$0.startIndex]).isSlice }
      .filter { kind($0[$0.startIndex]) == .information }
      .compactMap { CaptionData(unit: $0, self) }
  }
}

extension WindowSnapshot {
  /// The chunk that was published last; nil in an empty window.
  fileprivate var newestChunk: Chunk? { open?.chunks.last ?? segments.last?.chunks.last }
}
