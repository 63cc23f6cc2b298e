// SPDX-License-Identifier: Apache-2.0

/// Which decoder of the process gets the frames of which segment: a pure state machine.
///
/// A track has one decoder for its newest frames and one for past frames, while there are enough. A
/// decoder that has decoded a segment up to a frame continues with the next frames of it; every
/// other frame needs the segment from its key frame on.
struct DecoderTable {
  /// The work before a still of a frame.
  struct Step: Equatable {
    /// The number of the decoder.
    let decoder: UInt8
    /// Whether it is opened, with the header of the segment.
    let opens: Bool
    /// Whether it begins the segment.
    let begins: Bool
    /// The frames of the segment that it gets.
    let frames: Range<Int>
  }

  private struct Owner: Equatable {
    let track: StillTrack
    let isNewest: Bool
  }

  private struct Place {
    var owner: Owner
    var header: ObjectIdentifier
    var segment: Int64
    /// The number of frames of the segment that it has; nil if it must begin one.
    var count: Int?
    var use: UInt64
  }

  private let limit: UInt8
  private var places: [UInt8: Place] = [:]
  private var uses: UInt64 = 0

  /// A table of at most `limit` decoders; none is open.
  init(limit: UInt8) { self.limit = limit }

  /// The decoder for a frame, which counts as decoded from now on.
  ///
  /// - Parameters:
  ///   - name: the frame.
  ///   - isNewest: whether the next frames of the segment are probably asked for.
  ///   - header: identifies the CMAF header.
  /// - Returns: the work.
  mutating func step(_ name: StillName, isNewest: Bool, header: ObjectIdentifier) -> Step {
    uses += 1
    let (track, segment, frame) = (name.track, name.segment, name.frame)
    let owner = Owner(track: track, isNewest: isNewest)
    let begun = places.filter { _, place in
      place.owner.track == track && place.segment == segment && place.header == header
        && place.count.map { $0 <= frame + 1 } ?? false
    }
    if let (number, place) = begun.max(by: { ($0.value.count ?? 0) < ($1.value.count ?? 0) }) {
      places[number]?.count = frame + 1
      places[number]?.use = uses
      return Step(
        decoder: number, opens: false, begins: false, frames: (place.count ?? 0)..<frame + 1)
    }
    let own = places.first { $0.value.owner == owner }
    let number =
      own?.key ?? (0..<limit).first { places[$0] == nil }
      ?? places.min { $0.value.use < $1.value.use }?.key ?? 0
    places[number] = Place(
      owner: owner, header: header, segment: segment, count: frame + 1, use: uses)
    return Step(
      decoder: number, opens: own?.value.header != header, begins: true, frames: 0..<frame + 1)
  }

  /// Lets a decoder begin a segment with its next frame.
  mutating func endGroup(_ decoder: UInt8) { places[decoder]?.count = nil }

  /// Forgets a decoder that has failed.
  mutating func forget(_ decoder: UInt8) { places[decoder] = nil }
}
