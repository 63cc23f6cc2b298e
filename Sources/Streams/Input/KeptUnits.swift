// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Scheduling
import Time

/// The units of a live input from its first key frame on, until a session takes them.
///
/// A pass-through stream begins with them. If they exceed a limit, all are dropped, and the stream
/// begins with the next key frame after them. With a span only the newest GOPs are kept that cover
/// it.
struct KeptUnits: Sendable {
  /// The maximum number of units.
  private static let maximumUnits = 20_000
  /// The maximum number of bytes.
  private static let maximumBytes = 64 << 20
  /// How long before the first key frame audio may arrive.
  private static let audioBefore = Interval.seconds(1)

  /// The units, in the order of their arrival; audio may precede the first key frame.
  private(set) var units: [InputUnit] = []
  /// The description with each key frame from which on the coding of the video is another one, and
  /// with each unit from which on there are other audio tracks, by the index of the unit.
  private var descriptions: [(index: Int, description: InputDescription)] = []
  private var byteCount = 0
  private var hasKey = false
  /// Nil if all units are kept.
  private let span: Interval?

  /// Keeps all units, or those of the newest GOPs that together last `span`.
  init(span: Interval? = nil) { self.span = span }

  /// The first key frame; nil before the first key frame.
  var first: AccessUnit? {
    for case .video(let unit) in units { return unit }
    return nil
  }

  /// The access units from the newest key frame on.
  var newestGroup: [AccessUnit] {
    let video = units.compactMap { if case .video(let unit) = $0 { unit } else { nil } }
    guard let key = video.lastIndex(where: \.isKey) else { return [] }
    return Array(video[key...])
  }

  /// The description with the first key frame; nil before it.
  var description: InputDescription? { descriptions.first?.description }

  /// The units, each with the description that was known when it arrived; `newest` replaces that of
  /// units before the first key frame.
  func described(_ newest: InputDescription) -> [(unit: InputUnit, description: InputDescription)] {
    var found: [(InputUnit, InputDescription)] = []
    var left = descriptions[...]
    var current = left.first?.description ?? newest
    for (index, unit) in units.enumerated() {
      while let next = left.first, next.index <= index {
        current = next.description
        left = left.dropFirst()
      }
      found.append((unit, current))
    }
    return found
  }

  /// Adds the next unit, and the description that is known with it.
  mutating func add(_ unit: InputUnit, _ description: InputDescription) {
    let isKey = if case .video(let unit) = unit { unit.isKey } else { false }
    add(unit)
    guard !units.isEmpty else { return }
    let known = descriptions.last?.description
    if isKey, known?.videos.map(\.coding) != description.videos.map(\.coding) {
      descriptions.append((units.count - 1, description))
    } else if var known, known.audioTracks != description.audioTracks {
      // The video has another coding only from its next key frame on.
      known.audio = description.audio
      (known.otherAudio, known.leftOutAudio) = (description.otherAudio, description.leftOutAudio)
      descriptions.append((units.count - 1, known))
    }
  }

  /// Adds the next unit.
  mutating func add(_ unit: InputUnit) {
    if case .video(let accessUnit) = unit {
      guard hasKey || accessUnit.isKey else { return }
      hasKey = true
      if accessUnit.isKey, let span { forget(before: accessUnit.arrival - span) }
    } else if !hasKey {
      let oldest = unit.arrival - Self.audioBefore
      units.removeAll { $0.arrival < oldest }
      byteCount = units.reduce(0) { $0 + $1.byteCount }
    }
    units.append(unit)
    byteCount += unit.byteCount
    if units.count > Self.maximumUnits || byteCount > Self.maximumBytes {
      self = KeptUnits(span: span)
    }
  }

  /// Removes the GOPs that end before `time`.
  private mutating func forget(before time: MonotonicTime) {
    let start = units.lastIndex { unit in
      if case .video(let unit) = unit { unit.isKey && unit.arrival <= time } else { false }
    }
    guard let start, start > 0 else { return }
    units.removeFirst(start)
    let first = descriptions.lastIndex { $0.index <= start } ?? descriptions.startIndex
    descriptions = descriptions[first...].map { (max(0, $0.index - start), $0.description) }
    byteCount = units.reduce(0) { $0 + $1.byteCount }
  }
}
