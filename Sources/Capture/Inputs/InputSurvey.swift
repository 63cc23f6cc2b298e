// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// The first second of a live input, which determines rate and input delay: a pure state machine.
package struct InputSurvey: Sendable {
  /// The length of the observation.
  static var span: Interval { .seconds(1) }
  /// The least number of frames; with fewer the survey lasts three spans.
  static var least: Int { 8 }

  private var frames: [(pts: SourceTime, arrival: MonotonicTime, sent: MonotonicTime?)] = []
  /// The packets of the audio tracks by their numbers.
  private var audios: [Int: [(pts: SourceTime, arrival: MonotonicTime)]] = [:]

  /// A survey without observations.
  package init() {}

  /// Whether the observations suffice.
  package var isComplete: Bool {
    guard let first = frames.first, let last = frames.last else { return false }
    let elapsed = last.arrival - first.arrival
    return elapsed >= Self.span && frames.count >= Self.least
      // bounded: intervals saturate
      || elapsed >= 3 * Self.span && frames.count >= 2
  }

  /// Whether the timestamps alone suffice, for an input that is read faster than it plays.
  package var hasRate: Bool { frames.count >= 60 }

  /// Adds the next frame.
  ///
  /// - Parameters:
  ///   - pts: its timestamp.
  ///   - arrival: its arrival.
  ///   - sent: the capture time that the sender declares; nil if undeclared.
  package mutating func take(pts: SourceTime, arrival: MonotonicTime, sent: MonotonicTime?) {
    if isForeign(pts, arrival) {
      // The timestamps jumped: the survey restarts.
      frames = []
      audios = [:]
    }
    frames.append((pts, arrival, sent))
  }

  /// Adds the next audio packet, if the stream carries audio: audio shares the mapping of
  /// timestamps.
  ///
  /// Audio with timestamps unrelated to those of the video carries no information on its lateness.
  package mutating func takeAudio(
    pts: SourceTime, arrival: MonotonicTime, track: Int = 0
  ) {
    if !frames.isEmpty, !isForeign(pts, arrival) {
      audios[track, default: []].append((pts, arrival))
    }
  }

  /// Whether a timestamp is unrelated to that of the last frame.
  private func isForeign(_ pts: SourceTime, _ arrival: MonotonicTime) -> Bool {
    guard let last = frames.last else { return false }
    // bounded: intervals saturate
    return (pts - last.pts - (arrival - last.arrival)).magnitude > 5 * Self.span
  }

  /// The frame rate by the timestamps.
  ///
  /// - Parameters:
  ///   - declared: the rate that container or codec declare.
  ///   - named: the rate that metadata name, in frames per 1,000 seconds.
  /// - Returns: the rate; nil if unknown.
  package func rate(declared: FrameRate?, named: Int? = nil) -> FrameRate? {
    InputRate.nearest(
      timestamps: frames.map(\.pts), declared: declared, named: InputRate.named(named))
  }

  /// The 99th percentile of arrival − capture time of the frames.
  ///
  /// Frames that a server had buffered and sends in a burst at the start are not counted.
  package var lateness: Interval { lateness(frames.map { ($0.pts, $0.arrival) }) }

  /// The lateness of the audio track that is latest; a usual value if no audio has arrived.
  package var audioLateness: Interval {
    audios.values.map { lateness($0) }.max() ?? .milliseconds(100)
  }

  private func lateness(_ units: [(pts: SourceTime, arrival: MonotonicTime)]) -> Interval {
    let all =
      frames.map { $0.arrival.offset(from: $0.pts) }
      + audios.values.flatMap(\.self).map { $0.arrival.offset(from: $0.pts) }
    let differences = units.map { $0.arrival.offset(from: $0.pts) }
    guard let least = all.min(), let own = differences.min() else { return .zero }
    var prompt = differences.firstIndex { $0 - own < .milliseconds(100) } ?? 0
    // Frames arriving faster than twice real time were buffered by the sender.
    while prompt + 1 < units.count,
      // bounded: intervals saturate
      2 * (units[prompt + 1].arrival - units[prompt].arrival)
        < units[prompt + 1].pts - units[prompt].pts
    { prompt += 1 }
    let late = differences[prompt...].map { $0 - least + lead }.sorted()
    return late[(late.count - 1) * 99 / 100]
  }

  /// The time from the declared capture to the most prompt arrival; zero if undeclared.
  package var lead: Interval {
    let said = frames.compactMap { frame in frame.sent.map { frame.arrival - $0 } }
    guard let least = said.min(), (.zero ... .seconds(1)).contains(least) else {
      return .zero
    }
    return least
  }
}
