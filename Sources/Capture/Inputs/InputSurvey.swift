// SPDX-License-Identifier: Apache-2.0

package import Media

/// The first second of a live input, which determines rate and input delay: a pure state machine.
package struct InputSurvey: Sendable {
  /// The length of the observation, in nanoseconds.
  static var span: Int64 { 1_000_000_000 }
  /// The least number of frames; with fewer the survey lasts three spans.
  static var least: Int { 8 }

  private var frames: [(pts: Int64, arrival: Int64, sent: Int64?)] = []
  private var audios: [(pts: Int64, arrival: Int64)] = []

  /// A survey without observations.
  package init() {}

  /// Whether the observations suffice.
  package var isComplete: Bool {
    guard let first = frames.first, let last = frames.last else { return false }
    let elapsed = last.arrival - first.arrival
    return elapsed >= Self.span && frames.count >= Self.least
      || elapsed >= 3 * Self.span && frames.count >= 2
  }

  /// Whether the timestamps alone suffice, for an input that is read faster than it plays.
  package var hasRate: Bool { frames.count >= 60 }

  /// Adds the next frame.
  ///
  /// - Parameters:
  ///   - pts: its timestamp, in nanoseconds.
  ///   - arrival: its arrival on the monotonic clock.
  ///   - sent: the capture time that the sender declares, on the monotonic clock.
  package mutating func take(pts: Int64, arrival: Int64, sent: Int64?) {
    if isForeign(pts, arrival) {
      // The timestamps jumped: the survey restarts.
      frames = []
      audios = []
    }
    frames.append((pts, arrival, sent))
  }

  /// Adds the next audio packet, if the stream carries audio: audio shares the mapping of
  /// timestamps.
  ///
  /// Audio with timestamps unrelated to those of the video carries no information on its lateness.
  package mutating func takeAudio(pts: Int64, arrival: Int64) {
    if !frames.isEmpty, !isForeign(pts, arrival) { audios.append((pts, arrival)) }
  }

  /// Whether a timestamp is unrelated to that of the last frame.
  private func isForeign(_ pts: Int64, _ arrival: Int64) -> Bool {
    guard let last = frames.last else { return false }
    return abs(pts - last.pts - (arrival - last.arrival)) > 5 * Self.span
  }

  /// The frame rate; nil if unknown.
  package func rate(declared: FrameRate?) -> FrameRate? {
    InputRate.nearest(timestamps: frames.map(\.pts), declared: declared)
  }

  /// The 99th percentile of arrival − capture time of the frames, in nanoseconds.
  ///
  /// Frames that a server had buffered and sends in a burst at the start are not counted.
  package var lateness: Int64 { lateness(frames.map { ($0.pts, $0.arrival) }) }

  /// The lateness of audio, in nanoseconds; a usual value if no audio has arrived.
  package var audioLateness: Int64 { audios.isEmpty ? 100_000_000 : lateness(audios) }

  private func lateness(_ units: [(pts: Int64, arrival: Int64)]) -> Int64 {
    let all = frames.map { $0.arrival - $0.pts } + audios.map { $0.arrival - $0.pts }
    let differences = units.map { $0.arrival - $0.pts }
    guard let least = all.min(), let own = differences.min() else { return 0 }
    var prompt = differences.firstIndex { $0 - own < 100_000_000 } ?? 0
    // Frames arriving faster than twice real time were buffered by the sender.
    while prompt + 1 < units.count,
      2 * (units[prompt + 1].arrival - units[prompt].arrival)
        < units[prompt + 1].pts - units[prompt].pts
    { prompt += 1 }
    let late = differences[prompt...].map { $0 - least + lead }.sorted()
    return late[(late.count - 1) * 99 / 100]
  }

  /// The time from the declared capture to the most prompt arrival, in nanoseconds; 0 if
  /// undeclared.
  package var lead: Int64 {
    let said = frames.compactMap { frame in frame.sent.map { frame.arrival - $0 } }
    guard let least = said.min(), (0...1_000_000_000).contains(least) else { return 0 }
    return least
  }
}
