// SPDX-License-Identifier: Apache-2.0

package import Media
import Sharing
package import Time

/// The cues of a stream, by language: pure.
///
/// A cue stays while a segment of the window has it. The text of a segment is final when it is
/// read: a later cue begins in the segment after it.
package struct CueStore: Sendable {
  /// The cues that programs may send at once, and per second in the long run.
  package static let burst: Int64 = 50
  package static let rate: Int64 = 20
  /// The cues that a source may send at once, and per second in the long run: 16 languages with
  /// four texts that are cues of half a second, and as many that change.
  package static let sourceBurst: Int64 = 512
  package static let sourceRate: Int64 = 256
  /// The memory for the cues of a source in one language, in bytes: an hour of four texts at once
  /// that are cues of half a second, each of 60 bytes and for three seconds.
  package static let sourceBytes = 4 << 20

  private struct Entry {
    let cue: Cue
    /// The memory of a cue of a source; 0 for others.
    let cost: Int
  }

  private struct Track {
    /// The order is that of the numbers.
    var entries: [Entry] = []
    /// The cues of programs.
    var count = 0
    /// The memory of the cues of a source.
    var cost = 0
    /// The newest segment whose text was read.
    var newestRead = Int64.min

    mutating func append(_ cue: Cue, cost: Int) {
      entries.append(Entry(cue: cue, cost: cost))
      if cost == 0 { count += 1 }
      // bounded: the caller keeps the sum within `sourceBytes`
      self.cost += cost
    }

    /// An equal text of one of the last cues: of more than are shown at once.
    func recent(_ text: CueText) -> CueText? {
      entries.suffix(8).last { $0.cue.text == text }?.cue.text
    }

    /// Removes cues of the source: enough for many new ones.
    mutating func removeOldest() {
      var excess = CueStore.sourceBytes / 16
      removeAll { entry in
        guard entry.cost > 0, excess > 0 else { return false }
        excess -= entry.cost
        return true
      }
    }

    mutating func removeAll(where isRemoved: (Entry) -> Bool) {
      entries.removeAll(where: isRemoved)
      count = entries.count { $0.cost == 0 }
      // bounded: a part of the sum before
      cost = entries.reduce(0) { $0 + $1.cost }
    }
  }

  private var tracks: [LanguageTag: Track]
  private var allowance: RateAllowance
  private var sourceAllowance: RateAllowance
  /// The first segment of the window when cues were forgotten.
  private var first = Int64.min
  /// The number of the newest cue of any language; 0 before the first.
  package private(set) var revision: UInt32 = 0

  /// A store for these languages, without cues.
  package init(_ languages: [LanguageTag], now: MonotonicTime) {
    tracks = Dictionary(languages.map { ($0, Track()) }) { first, _ in first }
    allowance = RateAllowance(burst: Self.burst, rate: Self.rate, now: now)
    sourceAllowance = RateAllowance(burst: Self.sourceBurst, rate: Self.sourceRate, now: now)
  }

  /// A cue without a number.
  package struct NewCue: Sendable {
    package let text: CueText
    /// The capture time of its first frame.
    package let start: WallTime
    /// One of ``Cue/durations``.
    package let duration: Interval
    package let position: CuePosition

    /// A cue with these properties.
    package init(
      _ text: CueText, start: WallTime, duration: Interval, position: CuePosition = .standard
    ) {
      self.text = text
      self.start = start
      self.duration = duration
      self.position = position
    }
  }

  /// Adds a cue of a program.
  ///
  /// - Parameters:
  ///   - new: the cue.
  ///   - language: its language.
  ///   - open: the first segment that is not complete.
  ///   - wall: the wall clock; numbers begin with its seconds, so that they rise over restarts.
  ///   - now: the present time.
  /// - Returns: the cue.
  /// - Throws: the reason why it was not added.
  package mutating func add(
    _ new: NewCue, in language: LanguageTag, open: Int64, wall: WallTime, now: MonotonicTime
  ) throws(CueRefusal) -> Cue {
    // Changed in place: a copy of a track would copy its cues.
    guard let position = tracks.index(forKey: language) else { throw .unknownLanguage }
    guard allowance.take(now: now) else { throw .tooOften }
    guard tracks.values[position].count < Cue.maximumPerLanguage else { throw .tooMany }
    let cue = next(
      new, new.text, after: tracks.values[position].newestRead, open: open, wall: wall)
    tracks.values[position].append(cue, cost: 0)
    return cue
  }

  /// Adds a cue of the source, whose limits are apart from those of programs.
  ///
  /// The newest texts are those that viewers need: they replace the oldest ones.
  /// - Parameters: as those of a cue of a program.
  /// - Returns: the loss; nil if there was none.
  package mutating func add(
    ofSource new: NewCue, in language: LanguageTag, open: Int64, wall: WallTime, now: MonotonicTime
  ) -> CueLoss? {
    guard let position = tracks.index(forKey: language) else { return .undeclared }
    guard sourceAllowance.take(now: now) else { return .tooOften }
    // A text that stays is a cue again and again, of which only the first one has its memory.
    let same = tracks.values[position].recent(new.text)
    let cost = MemoryLayout<Entry>.stride + (same == nil ? new.text.cost : 0)
    let isFull = cost > Self.sourceBytes - tracks.values[position].cost
    if isFull { tracks.values[position].removeOldest() }
    let cue = next(
      new, same ?? new.text, after: tracks.values[position].newestRead, open: open, wall: wall)
    tracks.values[position].append(cue, cost: cost)
    return isFull ? .oldest : nil
  }

  /// The next cue of a track whose text of segment `read` is final.
  private mutating func next(
    _ new: NewCue, _ text: CueText, after read: Int64, open: Int64, wall: WallTime
  ) -> Cue {
    // bounded: a number of 32 bits wraps around after 2^32 cues
    revision = max(revision &+ 1, UInt32(clamping: (wall - .origin).wholeSeconds))
    return Cue(
      id: revision, start: new.start, duration: new.duration, text: text,
      firstSegment: max(open, read.addingSaturated(1)), position: new.position)
  }

  /// The cues of a segment in the order of their starts; no cue is added to it from now on.
  ///
  /// - Parameters:
  ///   - language: the language.
  ///   - segment: the number of a complete segment.
  ///   - span: its capture times.
  /// - Returns: the cues.
  package mutating func read(
    _ language: LanguageTag, segment: Int64, _ span: Range<WallTime>
  ) -> [Cue] {
    guard let position = tracks.index(forKey: language) else { return [] }
    tracks.values[position].newestRead = max(tracks.values[position].newestRead, segment)
    return tracks.values[position].entries.compactMap { $0.cue.isIn(segment, span) ? $0.cue : nil }
      .sorted { ($0.start, $0.id) < ($1.start, $1.id) }
  }

  /// The cues of a language that are newer than number `revision`, in the order of their numbers;
  /// all of them for a number that no cue has had yet.
  package func cues(of language: LanguageTag, after revision: UInt32) -> [Cue] {
    let entries = tracks[language]?.entries ?? []
    // bounded: the newest cues are the last ones
    let old = revision > self.revision ? nil : entries.lastIndex { $0.cue.id <= revision }
    return entries.suffix(from: old.map { $0 + 1 } ?? 0).map(\.cue)
  }

  /// Forgets the cues that are shown in a span.
  package mutating func remove(_ span: Range<WallTime>) {
    for language in tracks.keys {
      tracks[language]?.removeAll {
        $0.cue.start < span.upperBound && span.lowerBound < $0.cue.end
      }
    }
  }

  /// Forgets the cues that no segment of the window has.
  ///
  /// - Parameters:
  ///   - time: the capture time at which the window begins.
  ///   - segment: its first segment.
  package mutating func forget(before time: WallTime, _ segment: Int64) {
    guard segment != first else { return }
    first = segment
    for language in tracks.keys {
      tracks[language]?.removeAll { $0.cue.end <= time && $0.cue.firstSegment < segment }
    }
  }
}

extension CueText {
  /// The memory of a text beside that of its cue, in bytes, about.
  fileprivate var cost: Int {
    // bounded: at most 1000 bytes in at most as many parts
    runs.reduce(64) { $1.reduce($0 + 64) { $0 + 64 + $1.text.utf8.count } }
  }
}
