// SPDX-License-Identifier: Apache-2.0

/// The order of the audio tracks of an input: pure.
enum AudioTrackOrder {
  /// The audio tracks that belong to the video, in the order of the container.
  ///
  /// - Parameters:
  ///   - tracks: the audio tracks that can be decoded, in the order in which they were found.
  ///   - programs: the tracks of each program, in the order of its PMT; empty if the container has
  ///     no programs.
  ///   - video: the video track; nil if it is not known yet.
  /// - Returns: the tracks of the program of the video; without one those of all programs, and then
  ///   the others.
  static func order(tracks: [Int], programs: [[Int]], video: Int?) -> [Int] {
    let own = video.flatMap { video in programs.first { $0.contains(video) } }
    let listed = (own.map { [$0] } ?? programs).flatMap(\.self)
    var remaining = Set(tracks)
    let found = (listed + (own == nil ? tracks : [])).filter { remaining.remove($0) != nil }
    guard found.isEmpty else { return found }
    // A program may have video alone.
    let members = Set(programs.flatMap(\.self))
    return tracks.filter { !members.contains($0) }
  }
}
