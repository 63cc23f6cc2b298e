// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
package import Time

/// Audio whose timestamps run slower or faster than those of the video: a pure state machine.
///
/// The delay of a track is its arrival minus its timestamp. A constant difference between the two
/// delays is the lead of an encoder, and stays. A difference that changes is drift: the timestamps
/// of the audio are corrected by its rate, and slowly by what has accumulated. A single step is no
/// drift: a path has become longer, or the first difference was that of two clock readings.
///
/// The least delay of a window counts, since lines and B-frames only make packets later.
package struct AudioDrift: Sendable {
  /// The duration of a window.
  static let window = Interval.seconds(2)
  /// The smallest change of the difference that is drift, and the windows for which it lasts.
  static let threshold = Interval.milliseconds(40)
  static let patience = 3
  /// The windows in which a slow drift is seen: two minutes.
  private static let longMemory = 60
  /// The smallest change of a slow drift, and how much it grows within two thirds of these windows:
  /// 100 ppm are corrected before they are 20 ms.
  private static let slowThreshold = Interval.milliseconds(12)
  private static let slowGrowth = Interval.milliseconds(5)
  /// The windows whose slope is the rate.
  private static let memory = 15
  /// What has accumulated is corrected within this time.
  private static let settling: Int64 = 10
  /// The largest correction in a second of what has accumulated: a half of one percent.
  private static let slewLimit = Interval.milliseconds(5)
  /// After a larger step between timestamps and arrivals the measurement restarts.
  private static let step = Interval.seconds(1)

  /// One track: the newest packet, and the least delay of the window.
  private struct Track: Sendable {
    var newest: (pts: SourceTime, arrival: MonotonicTime)?
    var least: Interval?
    /// The arrival of the first packet of the window.
    var first: MonotonicTime?

    /// The time over which packets of the window have arrived.
    var span: Interval {
      guard let newest, let first else { return .zero }
      return newest.arrival - first
    }

    mutating func beginWindow() { (least, first) = (nil, nil) }

    /// - Returns: false after a step of the timestamps. Packets that were held, and then sent at
    ///   once, are late without one.
    mutating func take(_ pts: SourceTime, _ arrival: MonotonicTime) -> Bool {
      defer { newest = (pts, arrival) }
      first = first ?? arrival
      let delay =
        Interval(nanoseconds: arrival.nanoseconds) - Interval(nanoseconds: pts.nanoseconds)
      least = min(least ?? delay, delay)
      guard let newest else { return true }
      let isLate = pts >= newest.pts && pts - newest.pts < AudioDrift.step
      return isLate
        || ((pts - newest.pts) - (arrival - newest.arrival)).magnitude < AudioDrift.step
    }
  }

  private var audio = Track()
  private var video = Track()
  private var windowStart: MonotonicTime?
  /// How much later audio arrives than video, by their timestamps; nil while it is unknown.
  private(set) var difference: Interval?
  /// The first difference; nil while it is unknown.
  private var lead: Interval?
  /// The differences of the last windows minus the lead, oldest first.
  private var changes: [Interval] = []
  /// The same over a longer time, until drift is found.
  private var history: [Interval] = []
  /// What is added to the timestamps of the audio.
  package private(set) var correction = Interval.zero
  /// How much the audio drifts in a second, as measured.
  private(set) var slope = Interval.zero
  /// The change of the correction in a second.
  private(set) var rate = Interval.zero
  private var correctedAt: MonotonicTime?
  /// Whether drift was found; raised once.
  package private(set) var isDrifting = false

  package init() {}

  /// Corrects the timestamp of an audio packet.
  ///
  /// - Returns: whether drift was found with this unit.
  mutating func correct(_ unit: inout InputUnit) -> Bool {
    let wasDrifting = isDrifting
    switch unit {
    case .video(let video): takeVideo(video.dts ?? video.pts, arrival: video.arrival)
    case .audio(var packet):
      // The audio tracks of a source have one clock.
      if packet.track == 0 {
        packet.pts = audio(packet.pts, arrival: packet.arrival)
      } else {
        packet.pts += correction
      }
      unit = .audio(packet)
    case .metadata: break
    }
    return isDrifting && !wasDrifting
  }

  /// Takes a video packet.
  package mutating func takeVideo(_ pts: SourceTime, arrival: MonotonicTime) {
    if !video.take(pts, arrival) { self = AudioDrift() }
    endWindow(at: arrival)
  }

  /// The corrected timestamp of an audio packet.
  package mutating func audio(_ pts: SourceTime, arrival: MonotonicTime) -> SourceTime {
    if !audio.take(pts, arrival) { self = AudioDrift() }
    endWindow(at: arrival)
    if isDrifting, let correctedAt, arrival > correctedAt {
      let elapsed = min(arrival - correctedAt, .seconds(1))
      // bounded: intervals saturate
      correction += rate * (elapsed.nanoseconds / 1_000_000) / 1000
    }
    correctedAt = arrival
    return pts + correction
  }

  /// Whether the difference has grown steadily: a step, and jitter, have another course.
  private var driftsSlowly: Bool {
    guard history.count == Self.longMemory else { return false }
    let third = Self.longMemory / 3
    func median(_ part: ArraySlice<Interval>) -> Interval { part.sorted()[third / 2] }
    let first = median(history.prefix(third))
    let middle = median(history.dropFirst(third).prefix(third))
    let last = median(history.suffix(third))
    let (rise, further) = (middle - first, last - middle)
    let (earlier, later) = last < .zero ? (.zero - rise, .zero - further) : (rise, further)
    let least = (earlier + later) / 4
    return last.magnitude >= Self.slowThreshold && earlier + later >= Self.slowGrowth
      && min(earlier, later) >= least
  }

  /// Whether the last windows are far from the lead, in one direction.
  private var hasMoved: Bool {
    let recent = changes.suffix(Self.patience)
    return recent.count == Self.patience
      && (recent.allSatisfy { $0 > Self.threshold } || recent.allSatisfy { $0 < -Self.threshold })
  }

  /// Whether one step between two windows is half of the change or more: drift is spread over all.
  private var isStep: Bool {
    let all = (changes.count < Self.memory ? [.zero] : []) + changes
    let largest = zip(all.dropFirst(), all).map { ($1 - $0).magnitude }.max() ?? .zero
    return largest * 2 >= (all.last ?? .zero).magnitude  // bounded: intervals saturate
  }

  /// Takes a step as another lead.
  private mutating func begin(after step: Interval) {
    lead = lead.map { $0 + step }
    changes = changes.suffix(Self.patience).map { $0 - step }
    history = history.map { $0 - step }
  }

  /// The drift for the log; the rate in percent, or in parts per million if it is small.
  package var report: String {
    let ppm = slope.magnitude.nanoseconds / 1000
    let direction = slope > .zero ? "slower" : "faster"
    let percent = Decimal.shortString(ppm / 100, digits: 2)
    let amount = ppm < 500 ? "\(ppm) ppm" : "\(percent) %"
    guard ppm > 0 else {
      let moved = (changes.last ?? .zero).magnitude.milliseconds
      return "audio timestamps have drifted by \(moved) ms from the video: they are corrected"
    }
    return "audio timestamps run \(direction) than the video, by about \(amount): "
      + "they are corrected"
  }

  /// Ends the window if it is over.
  private mutating func endWindow(at now: MonotonicTime) {
    guard let start = windowStart else { return windowStart = now }
    guard now - start >= Self.window else { return }
    defer {
      windowStart = now
      audio.beginWindow()
      video.beginWindow()
    }
    guard let audioDelay = audio.least, let videoDelay = video.least else { return }
    let difference = audioDelay - videoDelay
    self.difference = difference
    guard let lead else {
      // Of a track that was sent at once, the least delay may be that of held packets.
      if min(audio.span, video.span) >= Self.window / 4 { self.lead = difference }
      return
    }
    changes = changes.suffix(Self.memory - 1) + [difference - lead]
    if !isDrifting {
      history = history.suffix(Self.longMemory - 1) + [difference - lead]
      let hasMoved = hasMoved
      if hasMoved, isStep {
        begin(after: changes.suffix(Self.patience).sorted()[Self.patience / 2])
      } else {
        isDrifting = hasMoved || driftsSlowly
      }
    }
    guard isDrifting, let first = changes.first, let last = changes.last, changes.count > 1 else {
      return
    }
    // The slope, in a second, and the rest within `settling` seconds.
    // bounded: at most `memory` windows
    let seconds = Int64(changes.count - 1) * (Self.window.nanoseconds / 1_000_000_000)
    slope = (last - first) / max(1, seconds)
    // The least delay is up to a window old.
    // bounded: intervals saturate
    let present = last + slope * (Self.window.nanoseconds / 1_000_000_000)
    let rest = (present - correction) / Self.settling
    rate = slope + min(max(rest, -Self.slewLimit), Self.slewLimit)
  }
}
