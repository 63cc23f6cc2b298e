// SPDX-License-Identifier: Apache-2.0

package import Time

/// Assigns each segment of a track to an hour file: a pure machine.
///
/// The file changes with the UTC hour and with the CMAF header. In a file the numbers rise: a
/// segment that the file has, or that precedes its last one, is left out. A lower number with a
/// later time is that of a longer segment: another part of the hour begins.
package struct Rotation: Sendable {
  /// The start of a segment.
  package struct Start: Sendable, Equatable {
    package let number: Int64
    /// The wall clock of its first frame.
    package let time: WallTime
    /// Wall clock minus media time.
    package let offset: Interval
    package let startsDiscontinuity: Bool
    package let headerHash: String
  }

  /// The needs of a segment.
  package enum Placement: Sendable, Equatable {
    /// Its file must be opened; the question is then repeated.
    case opening(HourName)
    /// It is appended, after `mark` if there is one.
    case appended(mark: SegmentMark?)
    /// It is left out: the file has it, or later ones.
    case known
  }

  /// The drift of the clock that needs no mark: playlists print milliseconds.
  static let tolerance = Interval.milliseconds(1)

  /// How much later a segment is whose number is not above the last one, if numbers have fallen:
  /// two sessions state times of the same segment that differ by less.
  static let renumbering = Interval.milliseconds(500)

  /// The open file; nil if there is none.
  package private(set) var file: HourName?
  /// The last segment of the file, the wall clock minus media time at it, and its start.
  private var last: (number: Int64, offset: Interval, time: WallTime?)?
  private let isAudio: Bool

  /// No open file.
  package init(isAudio: Bool) { self.isAudio = isAudio }

  /// The place of a segment.
  package func place(_ start: Start) -> Placement {
    let name = HourName(at: start.time, headerHash: start.headerHash, isAudio: isAudio)
    guard let file, file.first == name else { return .opening(name) }
    guard let last else { return .appended(mark: mark(start)) }
    guard start.number > last.number else {
      let isLater = last.time.map { start.time - $0 > Self.renumbering } ?? false
      guard isLater, let next = file.next else { return .known }
      return .opening(next)
    }
    let continues =
      start.number == last.number.addingSaturated(1) && !start.startsDiscontinuity
      && (start.offset - last.offset).magnitude < Self.tolerance
    return .appended(mark: continues ? nil : mark(start))
  }

  /// A file is open; `last` is its last segment, which begins at `time`.
  package mutating func opened(
    _ name: HourName, last: (number: Int64, offset: Interval)?, at time: WallTime? = nil
  ) {
    file = name
    self.last = last.map { ($0.number, $0.offset, time) }
  }

  /// The segment is in the file as a whole; `mark` precedes it.
  package mutating func added(_ start: Start, mark: SegmentMark?) {
    last = (start.number, mark?.offset ?? last?.offset ?? start.offset, start.time)
  }

  /// No file is open.
  package mutating func closed() {
    file = nil
    last = nil
  }

  private func mark(_ start: Start) -> SegmentMark {
    SegmentMark(
      number: start.number, offset: start.offset, startsDiscontinuity: start.startsDiscontinuity)
  }
}
