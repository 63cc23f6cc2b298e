// SPDX-License-Identifier: Apache-2.0

import Media
package import Packaging
package import Time

/// The decision on a playlist request: answer it, hold it or refuse it.
/// - Source: RFC 8216bis §6.2.5.2
package enum BlockingReload: Equatable {
  /// The current playlist is the response.
  case answer
  /// The request is held until the rendition has this version.
  case hold(until: Int64)
  /// As ``hold(until:)``, but at the end of `wait` the current playlist is the response.
  case poll(until: Int64, wait: Interval)
  /// The directives are wrong, for this reason.
  case refuse(String)

  /// Decides for `directives` on a window that is live or ended and has a complete segment.
  package static func decide(
    _ directives: DeliveryDirectives, on snapshot: WindowSnapshot, control: ServerControl,
    names: MediaNames
  ) -> BlockingReload {
    // "...the Playlist contains EXT-X-ENDLIST...: the server MUST ignore" the directives, also
    // wrong ones.
    guard snapshot.state != .ended else { return .answer }
    if let printed = directives.mediaSequenceNumber {
      guard let asked = names.segment(printed: printed) else { return .refuse(tooFar) }
      guard let part = directives.partIndex else { return segment(asked, on: snapshot) }
      return self.part(part, of: asked, on: snapshot, control: control)
    }
    if directives.partIndex != nil { return .refuse("_HLS_part requires _HLS_msn") }
    guard let wait = directives.waitMilliseconds else { return .answer }
    return poll(wait, directives.version, on: snapshot, control: control)
  }

  private static let tooFar = "_HLS_msn or _HLS_part is too far ahead of the live edge"

  private static func segment(_ asked: Int64, on snapshot: WindowSnapshot) -> BlockingReload {
    let last = lastComplete(snapshot)
    if asked <= last { return .answer }
    guard asked <= last + 2 else { return .refuse(tooFar) }
    return .hold(until: partsBefore(asked + 1, snapshot))
  }

  private static func part(
    _ index: UInt64, of asked: Int64, on snapshot: WindowSnapshot, control: ServerControl
  ) -> BlockingReload {
    let last = lastComplete(snapshot)
    if asked < last { return .answer }
    if asked == last {
      // "If the Client requests a Part Index greater than that of the final Partial Segment of the
      // Parent Segment, the Server MUST treat the request as one for Part Index 0 of the following
      // Parent Segment."
      let count = snapshot.segment(asked)?.parts.count ?? 0
      return index < UInt64(count) ? .answer : until(partsBefore(asked + 1, snapshot) + 1, snapshot)
    }
    guard asked <= last + 2, index <= UInt64(Int32.max) else { return .refuse(tooFar) }
    let index = Int64(index)
    let version = partsBefore(asked, snapshot) + index + 1
    guard !isTooFar(version - snapshot.version, snapshot, control) else {
      return .refuse(tooFar)
    }
    let next = partsBefore(asked + 1, snapshot)
    return until(version <= next ? version : next + 1, snapshot)
  }

  /// Whether a request is too many parts ahead of the live edge.
  ///
  /// The limit is the larger of the Advance Part Limit, which is three seconds of parts (three
  /// parts if a part lasts a second or longer), and the number that hls.js may add when it tunes
  /// in.
  private static func isTooFar(
    _ ahead: Int64, _ snapshot: WindowSnapshot, _ control: ServerControl
  ) -> Bool {
    guard let segmentation = snapshot.track?.segmentation else { return true }
    let (timescale, part) = (Int64(segmentation.timescale), segmentation.partTicks)
    // bounded: durations of the settings, at most minutes; a part is never empty
    let advance = part < timescale ? 3 * timescale : 3 * part
    let tuneIn = 3 * control.targetDuration * timescale / 2 + part
    return ahead > max(advance, tuneIn) / part
  }

  private static func poll(
    _ wait: UInt64, _ version: UInt64?, on snapshot: WindowSnapshot, control: ServerControl
  ) -> BlockingReload {
    let current = max(0, snapshot.version)
    let wanted = version.map { Int64(clamping: $0) } ?? current
    let ahead = wanted.subtractingSaturated(current)
    guard wait > 0, ahead >= 0, ahead <= longestPoll(snapshot, control) else { return .answer }
    // bounded: a segment lasts at most minutes
    let longest = UInt64(3 * control.targetDuration * 1000)
    return .poll(
      until: wanted.addingSaturated(1), wait: .milliseconds(Int64(min(wait, longest))))
  }

  /// The parts of three Target Durations: a version that is further ahead is from another clock or
  /// numbering, and a hold would be useless.
  private static func longestPoll(_ snapshot: WindowSnapshot, _ control: ServerControl) -> Int64 {
    guard let segmentation = snapshot.track?.segmentation else { return 0 }
    // bounded: durations of the settings, at most minutes; a part is never empty
    return 3 * control.targetDuration * Int64(segmentation.timescale) / segmentation.partTicks
  }

  private static func until(_ version: Int64, _ snapshot: WindowSnapshot) -> BlockingReload {
    version <= snapshot.version ? .answer : .hold(until: version)
  }

  private static func lastComplete(_ snapshot: WindowSnapshot) -> Int64 {
    snapshot.segments.last?.number ?? (snapshot.open?.number ?? 0) - 1
  }

  /// The number of parts since 1970 before segment `number`.
  private static func partsBefore(_ number: Int64, _ snapshot: WindowSnapshot) -> Int64 {
    snapshot.track?.segmentation.partsBefore(number) ?? number
  }

  /// Decides for `directives` on a playlist that begins with segment `first`; `wait` is ignored.
  ///
  /// A segment is complete in such a playlist when the next one has a part; see
  /// ``MediaPlaylist/Past``.
  package static func decide(
    _ directives: DeliveryDirectives, from first: Int64, on snapshot: WindowSnapshot,
    control: ServerControl, names: MediaNames
  ) -> BlockingReload {
    guard snapshot.state != .ended else { return .answer }
    var directives = directives
    directives.waitMilliseconds = nil
    let listed = snapshot.endingWithPart
    if (listed.segments.last?.number ?? .min) < first {
      guard directives.mediaSequenceNumber == nil else {
        return .refuse("the playlist begins in the future")
      }
      directives.mediaSequenceNumber = UInt64(exactly: names.printed(first))
    }
    let decision = decide(directives, on: listed, control: control, names: names)
    guard directives.partIndex == nil, case .hold(let version) = decision else { return decision }
    return .hold(until: version.addingSaturated(1))
  }
}

/// The Delivery Directives of a playlist request.
///
/// - Source: RFC 8216bis §6.2.5. `wait` and `version` are not in it; they are for simple pollers.
package struct DeliveryDirectives: Sendable, Equatable {
  /// `_HLS_msn`: a number as playlists print it.
  package var mediaSequenceNumber: UInt64?
  /// `_HLS_part`.
  package var partIndex: UInt64?
  /// `_HLS_skip`; values other than YES and v2 are ignored.
  package var skip: MediaPlaylist.Form = .full
  /// `wait`: the longest wait for a playlist newer than `version`, in milliseconds.
  package var waitMilliseconds: UInt64?
  /// `version`: the version that the client has.
  package var version: UInt64?

  /// No directive.
  package init() {}

  /// An error in the directives.
  package enum Failure: Error, Equatable, CustomStringConvertible {
    /// The value of this parameter is no decimal number from 0 to 2⁶⁴−1.
    case notANumber(String)
    /// This parameter occurs twice.
    case repeated(String)
    /// This is the name of a parameter with an escape, a space or other capitals.
    case spelling(String)

    /// Whether a cache could read the query otherwise, so that it must not keep the answer.
    package var isAmbiguous: Bool {
      if case .notANumber = self { false } else { true }
    }

    private static let expected = names.joined(separator: ", ")

    /// One line with the parameter and the expected value.
    package var description: String {
      switch self {
      case .notANumber(let name): "\(name): invalid value (expected a number from 0 to 2^64-1)"
      case .repeated(let name): "\(name): repeated (expected at most once)"
      case .spelling(let name):
        "\(name): not as directives are written (expected \(Self.expected))"
      }
    }
  }

  private static let names = ["_HLS_msn", "_HLS_part", "_HLS_skip", "wait", "version"]

  /// Whether the parameter `name`, sent as `written`, is a directive in another spelling.
  ///
  /// A cache that compares names otherwise than the server would keep the answer to one query under
  /// the address of another.
  package static func isSpelledOtherwise(_ name: String, written: String) -> Bool {
    guard !names.contains(written) else { return false }
    let plain = name.lowercased().filter { $0 != " " }
    return names.contains { $0.lowercased() == plain }
  }

  /// Whether each parameter of a query is a directive, written as caches compare names.
  package static func haveOnlyDirectives(_ query: String) -> Bool {
    query.split(separator: "&").allSatisfy { parameter in
      let name = parameter.prefix { $0 != "=" }
      return names.contains(String(name))
    }
  }

  /// Reads the directives among `items`; other parameters are ignored.
  package init(_ items: [(name: String, value: String)]) throws(Failure) {
    var hasSkip = false
    for (name, value) in items {
      switch name {
      case "_HLS_msn": try Self.set(&mediaSequenceNumber, value, name)
      case "_HLS_part": try Self.set(&partIndex, value, name)
      case "wait": try Self.set(&waitMilliseconds, value, name)
      case "version": try Self.set(&version, value, name)
      case "_HLS_skip":
        guard !hasSkip else { throw .repeated(name) }
        hasSkip = true
        skip = value == "YES" ? .delta : value == "v2" ? .deltaWithDateRanges : .full
      default: break
      }
    }
  }

  private static func set(
    _ target: inout UInt64?, _ value: String, _ name: String
  ) throws(Failure) {
    guard target == nil else { throw .repeated(name) }
    target = try number(value, name)
  }

  private static func number(_ value: String, _ name: String) throws(Failure) -> UInt64 {
    guard !value.isEmpty, value.utf8.allSatisfy({ (48...57).contains($0) }),
      let number = UInt64(value)
    else { throw .notANumber(name) }
    return number
  }
}
