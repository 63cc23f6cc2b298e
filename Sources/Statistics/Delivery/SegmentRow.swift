// SPDX-License-Identifier: Apache-2.0

import Media
import Sharing
package import Time

/// The delivery of a segment to a viewer as a row of comma-separated values; a segment by parts is
/// one row.
///
/// All texts are names of the configuration or numbers, so that no field needs quotation marks.
package struct SegmentRow: Sendable {
  /// The names of the columns.
  package static let header =
    "time,stream,viewer,segment,rendition,bytes,asked,first_byte,last_byte,acknowledged,rtt_ms,"
    + "rate_kbps,cut,bl_ms,mtp_kbps,br_kbps,dl_ms,ltc_ms,pr,bs,su"

  package let stream: String
  package let viewer: UInt64
  /// The number by which URLs name the segment.
  package let segment: Int64
  /// The names of the renditions; more than one if the viewer got parts of several.
  package private(set) var rendition: String
  package private(set) var bytes: Int
  package private(set) var asked: MonotonicTime
  package private(set) var begun: MonotonicTime
  /// When the server had written the last byte.
  package private(set) var ended: MonotonicTime
  /// When the viewer had acknowledged the last byte; nil if it is unknown.
  package private(set) var acknowledged: MonotonicTime?
  package private(set) var roundTrip: Interval?
  /// In bit/s.
  package private(set) var rate: Int64?
  package private(set) var isCut: Bool
  package private(set) var report: CMCDReport?

  package init(
    stream: String, viewer: UInt64, segment: Int64, rendition: String, bytes: Int,
    asked: MonotonicTime, begun: MonotonicTime, ended: MonotonicTime,
    acknowledged: MonotonicTime?, roundTrip: Interval?, rate: Int64?, isCut: Bool,
    report: CMCDReport?
  ) {
    self.stream = stream
    self.viewer = viewer
    self.segment = segment
    self.rendition = rendition
    self.bytes = bytes
    self.asked = asked
    self.begun = begun
    self.ended = ended
    self.acknowledged = acknowledged
    self.roundTrip = roundTrip
    self.rate = rate
    self.isCut = isCut
    self.report = report
  }

  /// Adds another part of the segment.
  package mutating func add(_ other: SegmentRow) {
    if !rendition.split(separator: "+").contains(other.rendition[...]) {
      rendition += "+" + other.rendition
    }
    bytes += other.bytes
    asked = min(asked, other.asked)
    begun = min(begun, other.begun)
    if let later = other.acknowledged { acknowledged = max(acknowledged ?? later, later) }
    if other.ended >= ended {
      ended = other.ended
      (roundTrip, rate) = (other.roundTrip ?? roundTrip, other.rate ?? rate)
      report = other.report ?? report
    }
    isCut = isCut || other.isCut
  }

  /// The row; `offset` is the wall clock minus the monotonic clock.
  package func text(offset: Interval) -> String {
    func wall(_ time: MonotonicTime) -> WallTime { WallTime(time, plus: offset) }
    func milliseconds(_ time: MonotonicTime) -> String {
      Decimal.string((wall(time) - .origin).microseconds, digits: 3)
    }
    func number(_ value: Double?) -> String { value.map { ViewerReport.number($0) } ?? "" }
    func flag(_ value: Bool?) -> String { value.map { $0 ? "1" : "0" } ?? "" }
    var fields: [String] = [
      UTCTime(wall(asked)).text, stream, String(viewer, radix: 16), "\(segment)", rendition,
      "\(bytes)", milliseconds(asked), milliseconds(begun), milliseconds(ended),
    ]
    fields.append(acknowledged.map { milliseconds($0) } ?? "")
    fields.append(roundTrip.map { Decimal.string($0.microseconds, digits: 3) } ?? "")
    fields.append(rate.map { "\($0 / 1000)" } ?? "")
    fields.append(flag(isCut))
    fields += [
      report?.bufferMilliseconds, report?.throughputKilobits, report?.bitrateKilobits,
      report?.deadlineMilliseconds, report?.latencyMilliseconds, report?.playbackRate,
    ].map { number($0) }
    fields += [flag(report?.starved), flag(report?.startup)]
    return fields.joined(separator: ",")
  }
}
