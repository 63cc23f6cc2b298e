// SPDX-License-Identifier: Apache-2.0

package import Sharing
package import Time

/// Counters of one session, kept by its threads, read by `/metrics`.
package struct StreamStatistics: Sendable {
  /// Frames from the source.
  package var inputFrames: UInt64 = 0
  /// Slots that repeated a frame.
  package var repeatedFrames: UInt64 = 0
  /// Frames that arrived after their slot had closed.
  package var lateFrames: UInt64 = 0
  /// Frames beyond the rate of the grid.
  package var surplusFrames: UInt64 = 0
  /// Frames of the source that could not be decoded, or only in part, or were too large.
  package var damagedFrames: UInt64 = 0
  /// Frames lost in the driver.
  package var lostFrames: UInt64 = 0
  /// Frames beyond the rate of the grid, or lost in the driver.
  package var droppedFrames: UInt64 { surplusFrames + lostFrames }
  /// How often the source returned.
  package var reconnects: UInt64 = 0
  /// Whether the source supplies frames.
  package var isSourceOnline = false {
    didSet {
      if isSourceOnline != oldValue { sourceChanged = SystemClock.wallTime }
    }
  }
  /// The time of the last change of ``isSourceOnline``; the start of the session before it.
  package private(set) var sourceChanged = SystemClock.wallTime
  /// The shown input of a stream with backup inputs, from 0; nil if none is shown.
  package var shownInput: Int? {
    didSet {
      if shownInput != oldValue { shownSince = SystemClock.wallTime }
    }
  }
  /// The time of the last change of ``shownInput``; the start of the session before it.
  package private(set) var shownSince = SystemClock.wallTime
  /// How often another input than before was shown.
  package var inputSwitches: UInt64 = 0
  /// The other streams that share a connection to an input with this one, by name.
  package var sharedWith: [String] = []
  /// All reasons for silence.
  package var audioFaults: Set<AudioFault> = []
  /// Why viewers hear silence although the source has audio, or had some; nil if they need not.
  package var audioFault: AudioFault? { audioFaults.max { $0.rawValue < $1.rawValue } }
  /// Packets of the source that were lost or damaged on the way.
  package var lostPackets: UInt64 = 0
  /// The irregular timestamps of the source.
  package var irregularities = SourceIrregularities()
  /// The form of the newest frames; nil if it is that of the first ones.
  package var changedFrames: ChangedFrames?
  /// Steps of the wall clock by more than 50 ms.
  package var clockSteps: UInt64 = 0
  /// Counters of each track, by its number.
  package var renditions: [RenditionStatistics]

  /// Counters at zero.
  package init(renditions: Int = 1) {
    self.renditions = Array(repeating: RenditionStatistics(), count: renditions)
  }
}

/// Counters of one rendition, kept by its thread.
package struct RenditionStatistics: Sendable {
  /// How often its encoder fell one second behind.
  package var overloads: UInt64 = 0
  /// Segments left out because the machine was too slow.
  package var segmentsLeftOut: UInt64 = 0
  /// Frame slots without a frame of their own, because the encoder was late.
  package var slotsWithoutFrame: UInt64 = 0
  /// Seconds from a frame's start in the encoder to its access unit.
  package var encoderDelay = Histogram.seconds
  /// Seconds from the end of a part's last frame to its publication.
  package var partLateness = Histogram.seconds
  /// Durations of parts in seconds.
  package var partDuration = Histogram.seconds
  /// Bytes published.
  package var mediaBytes: UInt64 = 0

  /// Counters at zero.
  package init() {}

  /// Counts a published part.
  mutating func countPart(lateness: Interval, duration: Interval) {
    partLateness.observe(lateness.seconds)
    partDuration.observe(duration.seconds)
  }
}
