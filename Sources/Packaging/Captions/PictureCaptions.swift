// SPDX-License-Identifier: Apache-2.0

internal import CMAF
internal import Checked
import Media
import Sharing

/// The captions within the pictures of a stream, which its settings declare or its media has: the
/// lock around ``CaptionServices``.
package final class PictureCaptions: Sendable {
  private struct State {
    var services = CaptionServices()
    var newest: Int64 = .min
    var tracks: [PictureCaptionTrack]
  }

  private let state: Locked<State>

  /// Captions of these tracks, and of those that will be seen.
  package init(_ declared: [PictureCaptionTrack] = []) {
    state = Locked(State(tracks: declared))
  }

  /// The declared tracks, and after them the seen ones.
  package var tracks: [PictureCaptionTrack] { state.withLock { $0.tracks } }

  /// Reads the newest chunk of a window with video.
  package func read(_ snapshot: WindowSnapshot) {
    guard let chunk = snapshot.newestChunk, let codecs = snapshot.track?.codecs,
      let codec = SampleCodec(codecs)
    else { return }
    state.withLock { state in
      guard chunk.frameIndex > state.newest else { return }
      state.newest = chunk.frameIndex
      let before = state.services.seen
      for unit in codec.captionUnits(of: chunk.bytes) {
        if let data = CaptionData(unit: unit, headerSize: codec.headerSize) {
          state.services.take(data)
        }
      }
      guard state.services.seen != before else { return }
      let new = state.services.seen.subtracting(before).sorted()
        .filter { service in !state.tracks.contains { $0.service == service } }
      state.tracks += new.map { PictureCaptionTrack($0) }
    }
  }
}

/// The codec of samples whose NAL units follow their lengths.
private enum SampleCodec {
  case h264, hevc

  /// How many bytes of a sample are looked at: parameter sets and SEI units before a slice fit.
  private static let reach = 8192

  init?(_ codecs: String) {
    if codecs.hasPrefix("avc") {
      self = .h264
    } else if codecs.hasPrefix("hvc1") || codecs.hasPrefix("hev1") {
      self = .hevc
    } else {
      return nil
    }
  }

  var headerSize: Int { self == .h264 ? 1 : 2 }

  /// Whether a unit with this first byte is an SEI unit; nil for a slice, after which captions of
  /// the next picture follow.
  private func isInformation(_ header: UInt8) -> Bool? {
    switch self {
    case .h264: (1...5).contains(header & 0x1F) ? nil : header & 0x1F == 6
    case .hevc: header >> 1 & 0x3F < 32 ? nil : header >> 1 & 0x3F == 39
    }
  }

  /// The SEI units before the first slice of the first sample of a chunk.
  func captionUnits(of chunk: SharedBytes) -> [[UInt8]] {
    guard let sample = try? ChunkSamples(chunk).entries.first?.range else { return [] }
    // bounded: positions in the chunk, and some bytes after them
    let bytes = chunk.prefix(min(sample.upperBound, sample.lowerBound + Self.reach))
    var units: [[UInt8]] = []
    var place = sample.lowerBound
    while let length = bytes.span.bigEndian(at: place, count: 4) {
      // bounded: four bytes are there, and the length is at most that of the other bytes
      place += 4
      guard length > 0, length <= bytes.count - place,
        let isInformation = isInformation(bytes[place])
      else { break }
      if isInformation { units.append(Array(bytes[place..<place + length])) }
      place += length
    }
    return units
  }
}

extension WindowSnapshot {
  /// The chunk that was published last; nil in an empty window.
  fileprivate var newestChunk: Chunk? { open?.chunks.last ?? segments.last?.chunks.last }
}
