// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Metadata
import Packaging
import Scheduling
import Sharing
import Time

/// The destination of the metadata of a source.
///
/// In the server it is the windows of the session; in a process of its own, the connection to the
/// server.
protocol MetadataSink: Sendable {
  /// Takes an event of the source.
  ///
  /// - Parameters:
  ///   - content: the event.
  ///   - time: its capture time on the clock of the stream.
  ///   - mediaTime: the same time on the media timeline.
  func take(_ content: EventContent, at time: WallTime, mediaTime: MediaTime)

  /// Takes a cue of the source, with the capture time of its first frame.
  func take(_ cue: SourceCue, at time: WallTime)
}

/// Takes the metadata of sources that have none.
struct NoMetadata: MetadataSink {
  func take(_ content: EventContent, at time: WallTime, mediaTime: MediaTime) {}
  func take(_ cue: SourceCue, at time: WallTime) {}
}

/// Puts the metadata of a source into the windows of its session.
struct SessionMetadata: MetadataSink {
  private let events: EventWindows
  private let stream: String
  private let log: Log
  /// The languages that were reported, by the loss of their cues.
  private let reported = Locked<[CueLoss: Set<Language>]>([:])
  /// The lines about messages that are left out.
  private let dropped = Locked(ReportLimit())
  /// The most languages that are reported.
  private static let maximumReported = 16

  /// The metadata of the stream `stream` for its windows.
  init(_ events: EventWindows, stream: String, _ log: Log) {
    self.events = events
    self.stream = stream
    self.log = log
  }

  func take(_ cue: SourceCue, at time: WallTime) {
    let now = SystemClock.monotonicTime
    guard let loss = events.add(cue, at: time, wall: SystemClock.wallTime, now: now) else { return }
    let isNew = reported.withLock { reported in
      let known = reported[loss, default: []]
      guard known.count < Self.maximumReported else { return false }
      return reported[loss, default: []].insert(cue.language).inserted
    }
    guard isNew else { return }
    let language = cue.language.tag
    switch loss {
    case .undeclared:
      log.write(
        .info, "captions-undeclared", stream: stream,
        "the source has subtitles in \(language), for which --captions has no language: "
          + "they are left out")
    case .tooOften:
      log.write(
        .warning, "captions-dropped", stream: stream,
        "the source has more than \(CueStore.sourceRate) cues per second: some in \(language) "
          + "are left out")
    case .oldest:
      log.write(
        .warning, "captions-dropped", stream: stream,
        "the window has too many cues in \(language): the oldest ones are left out")
    }
  }

  func take(_ content: EventContent, at time: WallTime, mediaTime: MediaTime) {
    guard let data = content.json else { return }
    do throws(EventRefusal) {
      let event = try events.add(
        at: time, mediaTime: mediaTime, data, content, now: SystemClock.wallTime)
      guard case .splice(let cue) = content else { return }
      log.write(
        .info, "splice", stream: stream,
        "SCTE-35 \(cue.section.command.name) (\(cue.role.rawValue)) for "
          + "\(UTCTime(event.time).text): event \(event.id)")
    } catch {
      switch error {
      // Senders repeat a message until its time, and send before the first segment is complete.
      case .repeated, .notLive: break
      case .tooMany:
        guard dropped.withLock({ $0.reports(at: SystemClock.monotonicTime) }) else { return }
        log.write(
          .warning, "metadata-dropped", stream: stream,
          "the window has \(TimedEvent.maximumPerWindow) events: messages of SCTE-35 are left out")
      }
    }
  }
}
