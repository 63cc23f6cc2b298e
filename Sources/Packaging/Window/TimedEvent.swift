// SPDX-License-Identifier: Apache-2.0

import Checked
package import Metadata
package import Time

/// An event of a stream: data that players raise when the frame of its time is on the screen.
package struct TimedEvent: Sendable, Equatable {
  /// The most bytes of the data that a request may have.
  package static let largest = 1024
  /// The most bytes of the data of any event: a message, a tag or sets as JSON.
  package static let largestData = 8192
  /// The most listed events of a window, which bounds its playlists.
  package static let maximumPerWindow = 64
  /// The most other events of a window; the oldest are forgotten.
  package static let maximumUnlisted = 256
  /// The most events of before a window that are known.
  package static let maximumPast = 200
  /// How long a break is listed that neither announces its length nor ends.
  private static let maximumBreak = Interval.seconds(3600)

  /// Rises with each listed event of a stream, also over its restarts; see
  /// ``EventContent/isListed``.
  package let id: UInt32
  /// The capture time of the frame with which it is raised.
  package let time: WallTime
  /// A JSON text in UTF-8.
  package let data: [UInt8]
  /// Its meaning for players.
  package let content: EventContent
  /// Its time on the media timeline, if the source has placed it there: while a source drifts, the
  /// distance of both changes.
  package let mediaTime: MediaTime?
  /// The break that it ends; nil if it ends none.
  package let ended: Break?
  /// The end of its span, through which it is listed.
  package var end: WallTime

  /// Whether data are a JSON text, which any player can parse.
  package static func isJSON(_ data: [UInt8]) -> Bool { JSONSyntax.isValid(data) }

  /// An event with these properties.
  package init(
    id: UInt32, time: WallTime, mediaTime: MediaTime? = nil, data: [UInt8],
    content: EventContent = .data, ended: Break? = nil
  ) {
    self.mediaTime = mediaTime
    self.id = id
    self.time = time
    self.data = data
    self.content = content
    self.ended = ended
    end = Self.end(of: content, from: time)
  }

  /// The end of the span of an event that no other one ends.
  private static func end(of content: EventContent, from time: WallTime) -> WallTime {
    switch content {
    case .interstitial(let interstitial): time + interstitial.duration
    case .splice(let cue) where cue.role == .out:
      time + (cue.plannedDuration ?? maximumBreak)
    case .data, .splice, .id3, .klv: time
    }
  }

  /// Forgets that another event ends it.
  mutating func reopen() { end = Self.end(of: content, from: time) }

  /// The start of its EXT-X-DATERANGE.
  package var start: WallTime { ended?.start ?? time }

  /// Whether it begins a break whose end is not known.
  package var isOpenEnded: Bool {
    guard case .splice(let cue) = content, cue.role == .out else { return false }
    return cue.plannedDuration == nil && end == time + Self.maximumBreak
  }

  /// Whether playlists list it.
  package var isListed: Bool { content.isListed }

  /// Whether the next chunk carries it, however far ahead its time is, so that players can prepare.
  var isAnnounced: Bool {
    switch content {
    case .data, .interstitial, .splice: true
    case .id3, .klv: false
    }
  }

  /// Whether the chunk that contains its time carries it again if an earlier one has announced it.
  ///
  /// Readers that join later, and those of the archive, find it there.
  var isRepeated: Bool { if case .splice = content { true } else { false } }

  /// Whether it ends the range that `other` has begun.
  func endsRange(of other: TimedEvent) -> Bool {
    ended?.id == other.id
  }
}

extension TimedEvent {
  /// A break that has ended.
  package struct Break: Sendable, Equatable {
    /// The number of the event that began it.
    package let id: UInt32
    /// Its start, as the event that began it stated it.
    package let start: WallTime
    /// Its length.
    package let duration: Interval

    /// A break of `duration` from `start` on, which the event with the number `id` began.
    package init(id: UInt32, start: WallTime, duration: Interval) {
      self.id = id
      self.start = start
      self.duration = duration
    }
  }
}

/// Why a window takes no event.
package enum EventRefusal: Error, Equatable {
  /// The window is not open to readers, or has ended.
  case notLive
  /// The window has its most events.
  case tooMany
  /// The window has the message of SCTE-35 already; senders repeat them.
  case repeated
}
