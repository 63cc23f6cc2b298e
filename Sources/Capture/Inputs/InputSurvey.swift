// SPDX-License-Identifier: Apache-2.0

package import Media

/// The first second of a live input, from which rate and input delay of its stream follow: a pure state machine.
package struct InputSurvey: Sendable {
  /// How long is looked at; nanoseconds.
  static var span: Int64 { 1_000_000_000 }
  /// Pictures without which there is no result before three spans.
  static var least: Int { 8 }

  private var frames: [(pts: Int64, arrival: Int64, sent: Int64?)] = []
  private var audios: [(pts: Int64, arrival: Int64)] = []

  /// A survey that has seen nothing.
  package init() {}

  /// Whether enough was seen.
  package var isComplete: Bool {
    guard let first = frames.first, let last = frames.last else { return false }
    let elapsed = last.arrival - first.arrival
    return elapsed >= Self.span && frames.count >= Self.least
      || elapsed >= 3 * Self.span && frames.count >= 2
  }

  /// Whether the stamps alone say enough: for what is read faster than it plays.
  package var hasRate: Bool { frames.count >= 60 }

  /// Takes the next picture.
  ///
  /// - Parameters:
  ///   - pts: its stamp, nanoseconds.
  ///   - arrival: monotonic time.
  ///   - sent: when the sender says that it captured it; monotonic time.
  package mutating func take(pts: Int64, arrival: Int64, sent: Int64?) {
    if isForeign(pts, arrival) {
      // The stamps jumped: a new beginning.
      frames = []
      audios = []
    }
    frames.append((pts, arrival, sent))
  }

  /// Takes the next stretch of sound, where sound is wanted: it shares the mapping of stamps.
  ///
  /// Sound whose stamps are of another time than the pictures' says nothing of how late these are.
  package mutating func takeAudio(pts: Int64, arrival: Int64) {
    if !frames.isEmpty, !isForeign(pts, arrival) { audios.append((pts, arrival)) }
  }

  /// Whether a stamp is not of the time of the last picture's.
  private func isForeign(_ pts: Int64, _ arrival: Int64) -> Bool {
    guard let last = frames.last else { return false }
    return abs(pts - last.pts - (arrival - last.arrival)) > 5 * Self.span
  }

  /// Pictures a second; nil where that cannot be said.
  package func rate(declared: FrameRate?) -> FrameRate? {
    InputRate.nearest(timestamps: frames.map(\.pts), declared: declared)
  }

  /// How much later than its capture a picture comes: the 99th percentile, in nanoseconds.
  ///
  /// What a server had kept and sends at once at the beginning is not counted.
  package var lateness: Int64 { lateness(frames.map { ($0.pts, $0.arrival) }) }

  /// The same for sound; what is usual where none has come yet.
  package var audioLateness: Int64 { audios.isEmpty ? 100_000_000 : lateness(audios) }

  private func lateness(_ units: [(pts: Int64, arrival: Int64)]) -> Int64 {
    let all = frames.map { $0.arrival - $0.pts } + audios.map { $0.arrival - $0.pts }
    let differences = units.map { $0.arrival - $0.pts }
    guard let least = all.min(), let own = differences.min() else { return 0 }
    var prompt = differences.firstIndex { $0 - own < 100_000_000 } ?? 0
    // What comes in less than half its time was kept.
    while prompt + 1 < units.count,
      2 * (units[prompt + 1].arrival - units[prompt].arrival)
        < units[prompt + 1].pts - units[prompt].pts
    { prompt += 1 }
    let late = differences[prompt...].map { $0 - least + lead }.sorted()
    return late[(late.count - 1) * 99 / 100]
  }

  /// How long before the most prompt arrival the sender says that it captured; 0 where it does not say.
  package var lead: Int64 {
    let said = frames.compactMap { frame in frame.sent.map { frame.arrival - $0 } }
    guard let least = said.min(), (0...1_000_000_000).contains(least) else { return 0 }
    return least
  }
}
