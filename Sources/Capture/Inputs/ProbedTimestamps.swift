// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// The timestamps and arrivals of an observed input, for its findings.
struct ProbedTimestamps {
  /// Falls of timestamps in decoding order from which on the input has B-frames.
  private static let leastFalls = 3
  /// The packets of a track from which on its arrivals are compared.
  private static let leastPackets = 10

  private var frames: [(pts: SourceTime, dts: SourceTime?, arrival: MonotonicTime)] = []
  private var audio: [(pts: SourceTime, arrival: MonotonicTime)] = []

  /// Takes the next unit.
  mutating func take(_ unit: InputUnit) {
    switch unit {
    case .video(let unit): frames.append((unit.pts, unit.dts, unit.arrival))
    case .audio(let packet): audio.append((packet.pts, packet.arrival))
    case .metadata: break
    }
  }

  /// Adds the properties of the timestamps to the findings.
  func complete(_ findings: inout InputProbe.Findings) {
    findings.reordering = reordering(findings.verdict)
    let isPaced = findings.description.isPaced
    if !isPaced { findings.audioLag = audioLag }
    if case .unfit(.irregularRate) = findings.verdict {
      findings.distances = distances
      return
    }
    guard let rate = findings.rate,
      findings.reordering == .none || frames.allSatisfy({ $0.dts != nil })
    else { return }
    var watch = TimestampWatch(rate)
    var newest = MonotonicTime.origin
    for frame in frames {
      let order = frame.dts ?? frame.pts
      // The frames of a file arrive when they are wanted.
      newest =
        isPaced ? MonotonicTime(nanoseconds: max(0, order.nanoseconds)) : frame.arrival
      watch.take(order, arrival: newest)
    }
    findings.displacedPerMinute = watch.displacedPerMinute(at: newest)
    findings.timestampStep = watch.step(at: newest)
  }

  private func reordering(_ verdict: PassThroughAnalysis.Verdict) -> Reordering {
    if case .fits(let fit) = verdict { return fit.reordering }
    let times = frames.map(\.pts)
    let falls = zip(times.dropFirst(), times).count { $0 < $1 }
    guard falls >= Self.leastFalls else { return .none }
    // bounded: indices of one array
    let places = times.indices.sorted { (times[$0], $0) < (times[$1], $1) }
    let shifts = places.enumerated().map { Int64($0 - $1) }
    return Reordering(lead: shifts.max() ?? 0, delay: -(shifts.min() ?? 0))
  }

  private var distances: ClosedRange<Interval>? {
    let times = frames.map(\.pts).sorted()
    let steps = zip(times.dropFirst(), times).map { $0 - $1 }
    guard let least = steps.min(), let most = steps.max() else { return nil }
    return least...most
  }

  private var audioLag: Interval? {
    guard min(frames.count, audio.count) >= Self.leastPackets,
      let video = frames.map({ $0.arrival.offset(from: $0.dts ?? $0.pts) }).min(),
      let audio = audio.map({ $0.arrival.offset(from: $0.pts) }).min()
    else { return nil }
    return audio - video
  }
}
