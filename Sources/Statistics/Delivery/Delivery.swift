// SPDX-License-Identifier: Apache-2.0

import HTTP
package import Net
package import Time

/// A response with media on its way to a viewer: the times at which its bytes were written and
/// acknowledged.
///
/// Confined to the loop's thread.
package final class Delivery: DeliveryObserver {
  /// The media of the response.
  package struct Object {
    /// The number of the viewer.
    package let viewer: UInt64
    /// The segment, and the number by which URLs name it.
    package let segment: Int64
    package let printed: Int64
    /// Whether it is the whole segment, or its last part.
    package let endsSegment: Bool
    /// The name of the rendition.
    package let rendition: String
    /// CMCD of the request.
    package let report: CMCDReport?

    package init(
      viewer: UInt64, segment: Int64, printed: Int64, endsSegment: Bool, rendition: String,
      report: CMCDReport?
    ) {
      self.viewer = viewer
      self.segment = segment
      self.printed = printed
      self.endsSegment = endsSegment
      self.rendition = rendition
      self.report = report
    }
  }

  /// The recipients of measurements.
  package struct Recipients {
    /// The chooser of renditions, and the index of this one; nil if the viewer has chosen it.
    package let switched: (chooser: any MeasurementReceiver, index: Int)?
    /// The rows of statistics; nil if none are saved.
    package let rows: SegmentRows?
    /// The name of the stream.
    package let stream: String

    package init(
      switched: (chooser: any MeasurementReceiver, index: Int)?, rows: SegmentRows?, stream: String
    ) {
      self.switched = switched
      self.rows = rows
      self.stream = stream
    }
  }

  /// Bytes up to a position of the connection.
  private struct Mark {
    /// The number of bytes that the viewer has acknowledged when it has these.
    let end: UInt64
    let bytes: Int
    let written: MonotonicTime
    /// Whether the bytes need no further measurement before they are acknowledged.
    var isMeasured = false
  }

  /// The shortest time between two marks.
  private static let markInterval = Interval.milliseconds(100)
  private static let markLimit = 64
  /// How long after its end a response is followed.
  private static let longest = Interval.seconds(60)

  package let object: Object
  private let recipients: Recipients
  private let watch: MeasuredDeliveries
  package private(set) var stream: (any ByteStream)?
  private let asked: MonotonicTime
  private var begun: MonotonicTime?
  private var ended: MonotonicTime?
  private var acknowledged: MonotonicTime?
  private var isCut = false
  private var bytes = 0
  /// Bytes after the last mark.
  private var unmarked = 0
  private var marks: [Mark] = []
  private var lastMark = MonotonicTime.distantPast
  private var newest: TransmissionState?

  package init(
    _ object: Object, _ recipients: Recipients, _ watch: MeasuredDeliveries, since: MonotonicTime
  ) {
    self.object = object
    self.recipients = recipients
    self.watch = watch
    asked = since
  }

  /// Whether bytes are to be acknowledged.
  var isAwaiting: Bool { !marks.isEmpty }
  /// Whether no more bytes are written, and none are to be acknowledged.
  var isOver: Bool { marks.isEmpty && (ended != nil || isCut) }

  package func begin(over stream: (any ByteStream)?) {
    self.stream = stream
    begun = watch.now
    watch.follow(self)
  }

  package func wrote(_ count: Int, queued: Int) {
    bytes += count
    unmarked += count
    let now = watch.now
    if now - lastMark >= Self.markInterval, marks.count < Self.markLimit { mark(queued, now) }
    if isAwaiting { watch.lookSoon() }
  }

  package func end(isCut: Bool, queued: Int) {
    self.isCut = isCut
    let now = watch.now
    ended = ended ?? now
    if isCut { marks = [] } else if unmarked > 0 { mark(queued, now) }
    watch.lookSoon()
  }

  private func mark(_ queued: Int, _ now: MonotonicTime) {
    guard let state = stream?.transmission else { return }
    newest = state
    let queued = max(queued, stream?.queuedBytes ?? 0)
    // bounded: 2^64 bytes are never sent
    let end = state.acknowledged &+ UInt64(clamping: state.unacknowledged + queued)
    marks.append(Mark(end: end, bytes: unmarked, written: now))
    unmarked = 0
    lastMark = now
  }

  /// Looks for acknowledgements.
  ///
  /// - Parameters:
  ///   - state: the connection; nil if it has ended.
  ///   - now: the present time.
  ///   - delay: how much later than planned this is.
  /// - Returns: whether the delivery is over.
  package func look(_ state: TransmissionState?, now: MonotonicTime, delay: Interval) -> Bool {
    guard let state else {
      // A client that has closed its connection after the last byte may have got all bytes.
      isCut = isCut || ended == nil
      acknowledged = nil
      marks = []
      return true
    }
    newest = state
    while let mark = marks.first, state.acknowledged >= mark.end {
      _ = report(mark, state, isComplete: true, now, delay)
      acknowledged = now
      marks.removeFirst()
    }
    if let mark = marks.first, !mark.isMeasured {
      marks[0].isMeasured = report(mark, state, isComplete: false, now, delay)
    }
    guard let ended else { return false }
    return marks.isEmpty || now - ended > Self.longest
  }

  private func report(
    _ mark: Mark, _ state: TransmissionState, isComplete: Bool, _ now: MonotonicTime,
    _ delay: Interval
  ) -> Bool {
    guard let switched = recipients.switched else { return true }
    return switched.chooser.observe(
      DeliveryMeasurement(
        segment: object.segment, rendition: switched.index, bytes: mark.bytes,
        elapsed: now - mark.written - delay, isComplete: isComplete, roundTrip: state.roundTrip,
        rate: state.deliveryRate, isLowerBound: state.isLowerBound), of: object.viewer, now: now)
  }

  /// Adds the delivery, which is over, to the statistics.
  package func save(_ now: MonotonicTime) {
    guard let rows = recipients.rows, let begun else { return }
    let row = SegmentRow(
      stream: recipients.stream, viewer: object.viewer, segment: object.printed,
      rendition: object.rendition, bytes: bytes, asked: asked, begun: begun, ended: ended ?? now,
      acknowledged: acknowledged, roundTrip: newest?.roundTrip, rate: newest?.deliveryRate,
      isCut: isCut, report: object.report)
    rows.add(row, endsSegment: object.endsSegment, now: now)
  }
}
