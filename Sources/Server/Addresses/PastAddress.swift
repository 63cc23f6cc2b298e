// SPDX-License-Identifier: Apache-2.0

package import Media
package import Packaging
package import Time

/// The times in the address of a playlist of the past, as segment numbers.
///
/// A time is that of ``InstantText``, or a segment number; a whole number is a number of seconds or
/// of a segment, whichever is closer to the present.
package struct PastAddress: Equatable {
  /// The first segment.
  package let first: Int64
  /// The segment after the last one; nil for a playlist that continues to the live edge.
  package let end: Int64?

  /// The distance of the first segments of playlists that continue to the live edge, so that
  /// strangers share them.
  static let grid = Interval.seconds(60)
  /// How far ahead a time may be: the number of a later segment would be read as seconds.
  private static let future = Interval.seconds(86_400)
  /// The longest playlist with an end.
  static let longest = Interval.seconds(86_400)

  /// Reads the texts of an address; nil if one of them is no time or more than a day ahead, or the
  /// end is not after the start.
  ///
  /// A playlist that continues to the live edge starts at the whole minute before `from`, unless
  /// `isFollowed`: then it starts where it was begun.
  package init?(
    from: String, to: String?, _ names: MediaNames, _ segmentation: Segmentation, now: WallTime,
    isFollowed: Bool = false
  ) {
    let latest = MediaTime(now, plus: Self.future)
    guard let start = Self.time(from, names, segmentation, now), start < latest else { return nil }
    guard let to else {
      first =
        isFollowed
        ? Self.segment(with: start, segmentation) : Self.minute(start, segmentation)
      end = nil
      return
    }
    guard let last = Self.time(to, names, segmentation, now), last < latest else { return nil }
    first = Self.segment(with: start, segmentation)
    let end = Self.segment(startingAtOrAfter: last, segmentation)
    guard first < end else { return nil }
    self.end = end
  }

  /// The address of these segments.
  init(first: Int64, end: Int64? = nil) {
    self.first = first
    self.end = end
  }

  /// The same address, which does not begin before segment `oldest` if that has an end after it.
  package func from(_ oldest: Int64) -> PastAddress {
    guard first < oldest, end.map({ $0 > oldest }) ?? true else { return self }
    return PastAddress(first: oldest, end: end)
  }

  /// The same address, with an end: the segments before `end`, at least one.
  func ended(by end: Int64) -> PastAddress {
    guard self.end == nil else { return self }
    return PastAddress(first: first, end: max(end, first.addingSaturated(1)))
  }

  /// The path of the address: `from/N` or `from/N/to/M`.
  package func path(_ names: MediaNames) -> String {
    "from/\(names.printed(first))" + (end.map { "/to/\(names.printed($0))" } ?? "")
  }

  /// The media time at which a segment starts.
  static func start(of number: Int64, _ segmentation: Segmentation) -> MediaTime {
    segmentation.grid.frameTime(of: segmentation.firstFrame(of: number))
  }

  /// The number of the segment with this time.
  static func number(at time: WallTime, _ segmentation: Segmentation) -> Int64 {
    segment(with: MediaTime(time, plus: .zero), segmentation)
  }

  /// Whether a segment of this number begins about when the segmentation says: numbers of another
  /// segment duration or frame rate are those of other months or years.
  static func isTime(_ time: WallTime, of number: Int64, _ segmentation: Segmentation) -> Bool {
    (start(of: number, segmentation) - MediaTime(time, plus: .zero)).magnitude <= future
  }

  private static func segment(with time: MediaTime, _ segmentation: Segmentation) -> Int64 {
    // A frame time is rounded down to a nanosecond.
    let frame = segmentation.grid.atOrAfter(time + .microseconds(1)).subtractingSaturated(1)
    return segmentation.segment(of: frame)
  }

  private static func minute(_ time: MediaTime, _ segmentation: Segmentation) -> Int64 {
    let (count, length) = (time.nanoseconds, grid.nanoseconds)
    // bounded: the remainder is smaller than the dividend
    let minute = MediaTime(nanoseconds: count - count % length)
    return segment(startingAtOrAfter: minute, segmentation)
  }

  private static func segment(
    startingAtOrAfter time: MediaTime, _ segmentation: Segmentation
  ) -> Int64 {
    // bounded: times of addresses are checked
    segmentation.segment(
      of: segmentation.grid.atOrAfter(time) + segmentation.framesPerSegment - 1)
  }

  private static func time(
    _ text: String, _ names: MediaNames, _ segmentation: Segmentation, _ now: WallTime
  ) -> MediaTime? {
    // Eleven digits of seconds reach the year 5138, and numbers of segments of 0.1 s this one.
    guard text.utf8.count <= 11, let number = Decimal.whole(text) else {
      return InstantText.time(text).map { MediaTime($0, plus: .zero) }
    }
    guard number > 0 else { return nil }
    let seconds = MediaTime.origin + .seconds(number)
    guard let segment = names.segment(printed: UInt64(number)) else { return seconds }
    let (numbered, present) = (start(of: segment, segmentation), MediaTime(now, plus: .zero))
    return (numbered - present).magnitude <= (seconds - present).magnitude ? numbered : seconds
  }
}

/// How old and how long playlists of the past may be.
package struct PastLimits {
  /// How far the client may go back.
  let dvr: Interval
  /// The longest time between the start of a playlist that continues to the live edge and its first
  /// request.
  let list: Interval

  /// These limits.
  package init(dvr: Interval, list: Interval) {
    self.dvr = dvr
    self.list = list
  }

  /// Those of clients with the admin token.
  var unlimited: PastLimits { PastLimits(dvr: .max, list: max(list, PastAddress.longest)) }

  /// The refusal of an address that is too old or too long; nil for none.
  ///
  /// A playlist that continues to the live edge grows while it is followed: its followers, for whom
  /// `isFollowed` is set, may stay for a day. Segments that are too old are refused by themselves.
  package func refusal(
    _ address: PastAddress, now: WallTime, isFollowed: Bool, _ names: MediaNames,
    _ segmentation: Segmentation
  ) -> RequestRefusal? {
    let start = PastAddress.start(of: address.first, segmentation)
    let age = now - WallTime(start, plus: .zero)
    if let end = address.end {
      let length = PastAddress.start(of: end, segmentation).offset(from: start)
      guard length <= PastAddress.longest else {
        return .init("the playlist is longer than \(PastAddress.longest.wholeSeconds) s")
      }
    }
    let grace = PastAddress.grid + PastAddress.grid
    if address.end == nil, isFollowed {
      guard age > list + PastAddress.longest + grace else { return nil }
      return .init(
        "the playlist was followed for \(PastAddress.longest.wholeSeconds) s: begin another one",
        status: 410)
    }
    guard age <= dvr + grace else {
      return .init("viewers may go back \(dvr.wholeSeconds) s", status: 410)
    }
    guard address.end == nil, age > list + grace else { return nil }
    return .init(
      "a playlist that continues to the live edge begins at most \(list.wholeSeconds) s ago; "
        + "earlier times have an end: from/\(names.printed(address.first))/to/TIME/playlist.m3u8",
      status: 410)
  }
}
