// SPDX-License-Identifier: Apache-2.0

import Media
package import Metadata
import Sharing
package import Time

/// The windows that carry the events of a stream: those of its video renditions.
package final class EventWindows: Sendable {
  private let windows: [LiveWindow]
  /// Gets each event.
  ///
  /// Its lock is held while an event is added to all windows: they have events in the same order.
  private let observer = Locked<@Sendable (TimedEvent) -> Void>({ _ in })

  /// The captions of the stream; nil if it has none.
  private let captions = Locked<StreamCaptions?>(nil)

  /// The windows, that of the top rendition first; those of audio carry no events.
  package init(_ windows: [LiveWindow]) {
    self.windows = windows.filter { !$0.segmentation.isAudio }
  }

  /// Calls `body` for each event from now on, instead of the body of before, on the thread that
  /// adds it; it must not block.
  package func observe(_ body: @escaping @Sendable (TimedEvent) -> Void) {
    observer.withLock { $0 = body }
  }

  /// Gives the cues of the source to these captions from now on.
  package func carry(_ captions: StreamCaptions) { self.captions.withLock { $0 = captions } }

  /// Adds a cue of the source to the captions of the stream, if their languages have that of the
  /// cue; a cue that comes before the stream is live is left out.
  ///
  /// - Returns: any other loss; nil if there was none.
  package func add(
    _ cue: SourceCue, at time: WallTime, wall: WallTime, now: MonotonicTime
  ) -> CueLoss? {
    let captions = captions.withLock { $0 }
    guard let captions, let track = cue.track(of: captions.tracks) else {
      return .undeclared
    }
    guard let window = windows.first?.snapshot, window.state == .live else { return nil }
    // Cues have whole milliseconds.
    let new = CueStore.NewCue(
      cue.text, start: .origin + .milliseconds(time.milliseconds),
      duration: .milliseconds(cue.duration.milliseconds), position: cue.position)
    return captions.add(ofSource: new, to: track, window, wall: wall, now: now)
  }

  /// Adds an event to all windows.
  ///
  /// - Parameters:
  ///   - time: its capture time.
  ///   - mediaTime: its time on the media timeline, if the source has placed it there.
  ///   - data: a JSON text.
  ///   - content: its meaning for players.
  ///   - now: the wall clock.
  /// - Returns: the event.
  /// - Throws: ``EventRefusal`` of the top rendition.
  @discardableResult
  package func add(
    at time: WallTime, mediaTime: MediaTime? = nil, _ data: [UInt8],
    _ content: EventContent = .data, now: WallTime
  ) throws(EventRefusal) -> TimedEvent {
    try observer.withLock { observer throws(EventRefusal) in
      guard let first = windows.first else { throw .notLive }
      let event = try first.addEvent(
        at: time, mediaTime: mediaTime, data, content, now: now)
      for window in windows.dropFirst() { window.add(event) }
      observer(event)
      return event
    }
  }
}
