// SPDX-License-Identifier: Apache-2.0

import CMAF
import Checked
package import Time

/// An event of a publisher in a CMAF track: a box `emsg` of a scheme that is used.
///
/// - Source: ISO/IEC 23009-1 §5.10.3.3; ISO/IEC 23000-19 §7.4.5
package struct TrackEvent: Sendable, Equatable {
  /// The meaning of the bytes.
  package enum Content: UInt8, Sendable {
    /// A splice_info_section of SCTE-35.
    case splice = 1
    /// An ID3 tag.
    case id3
    /// KLV sets, with timestamps or without.
    case synchronousKLV, asynchronousKLV

    /// The content of a scheme with a value; nil if it is not used.
    init?(_ uri: String, _ value: String) {
      switch uri {
      // Senders give the first two any value.
      case EventMessage.Scheme.splice.uri: self = .splice
      case EventMessage.Scheme.id3.uri: self = .id3
      case EventMessage.Scheme.synchronousKLV.uri:
        let isAsynchronous = value == EventMessage.Scheme.asynchronousKLV.value
        self = isAsynchronous ? .asynchronousKLV : .synchronousKLV
      default: return nil
      }
    }
  }

  /// The meaning of ``bytes``.
  package let content: Content
  /// Equal for repetitions of one event.
  package let id: UInt32
  /// The presentation time on the timeline of the track.
  package let time: Interval
  /// The section, the tag or the sets, unchecked.
  package let bytes: [UInt8]

  /// An event.
  package init(_ content: Content, id: UInt32, time: Interval, bytes: [UInt8]) {
    self.content = content
    self.id = id
    self.time = time
    self.bytes = bytes
  }

  /// The event as a tag of the stream from publishers to their source.
  package var tag: MediaTag {
    let head = [content.rawValue] + id.bigEndianBytes() + time.nanoseconds.bigEndianBytes()
    return MediaTag(kind: .event, timestamp: 0, payload: head + bytes)
  }

  /// The tag of a malformed event.
  package static let malformedTag = MediaTag(kind: .event, timestamp: 0, payload: [])

  /// Reads a tag; nil if it is another one, or that of a malformed event.
  package init?(_ tag: MediaTag) {
    var cursor = ByteCursor(tag.payload)
    guard tag.kind == .event, let number = cursor.integer(1),
      let content = Content(rawValue: UInt8(clamping: number)), let id = cursor.integer(4),
      let time = cursor.wide()
    else { return nil }
    self.init(
      content, id: UInt32(clamping: id), time: .nanoseconds(time),
      bytes: Array(tag.payload[cursor.rest]))
  }
}

/// The events of a CMAF track, each once: a pure state machine.
struct TrackEvents: Sendable {
  /// The largest box: the largest tag with the texts of its scheme.
  static let largest = 8192
  /// The most events that wait for the fragment to which their times refer.
  private static let maximumWaiting = 16
  /// The events among which a repetition is looked for.
  private static let lookback = 32

  /// Events whose times are after the start of the next fragment.
  private var waiting: [TrackEvent] = []
  private var recent: [TrackEvent] = []
  private var hasFault = false
  /// The next events; nil is a malformed one, of which there is one.
  private var ready: [TrackEvent?] = []

  /// Takes a box `emsg`.
  mutating func take(_ box: BoxFields) {
    guard let fields = try? EventMessageFields(box) else { return refuse() }
    guard let content = TrackEvent.Content(fields.uri, fields.value) else { return }
    func event(_ ticks: Int64) -> TrackEvent {
      let time = Interval(ticks: ticks, timescale: Int64(fields.timescale))
      return TrackEvent(content, id: fields.id, time: time, bytes: fields.data)
    }
    switch fields.time {
    case .media(let ticks): give(event(ticks))
    case .afterStart(let ticks):
      if waiting.count < Self.maximumWaiting { waiting.append(event(ticks)) } else { refuse() }
    }
  }

  /// Notes an event that is not read; the track continues.
  mutating func refuse() {
    if !hasFault { ready.append(nil) }
    hasFault = true
  }

  /// Notes a fragment whose earliest presentation time is `start`.
  mutating func begin(at start: Interval) {
    for event in waiting {
      // bounded: intervals saturate
      let time = start + event.time
      give(TrackEvent(event.content, id: event.id, time: time, bytes: event.bytes))
    }
    waiting = []
  }

  /// The next event, nil in it if it is malformed; nil if there is none.
  mutating func next() -> TrackEvent?? { ready.isEmpty ? nil : .some(ready.removeFirst()) }

  private mutating func give(_ event: TrackEvent) {
    // Senders repeat an event until its time.
    guard !recent.contains(event) else { return }
    recent = recent.suffix(Self.lookback - 1) + [event]
    ready.append(event)
  }
}
