// SPDX-License-Identifier: Apache-2.0

import HTTP
import Media
import Packaging
import Sharing
import Statistics
import Time

/// The measurement of responses with media.
extension StreamHandler {
  /// Measures the response of an exchange if statistics of the stream are saved.
  func measure(
    _ exchange: any Exchange, _ file: MediaName, _ segment: Int64, _ rendition: ServedRendition,
    of served: ServedStream, since: MonotonicTime
  ) {
    guard rows != nil, served.options.savesStatistics else { return }
    let report = CMCDReport(exchange.request)
    measure(
      exchange, file, segment, HTTPViewers.number(of: exchange, report, on: served.name),
      rendition, of: served, report: report, switched: nil, since: since)
  }

  /// Measures the response of an exchange if the result has a use.
  func measure(
    _ exchange: any Exchange, _ file: MediaName, _ segment: Int64, _ viewer: UInt64,
    _ rendition: ServedRendition, of served: ServedStream, report: CMCDReport?,
    switched: (SwitchedRenditions, Int)?, since: MonotonicTime
  ) {
    let rows = served.options.savesStatistics ? rows : nil
    guard switched != nil || rows != nil, exchange.request.method == .get else { return }
    var endsSegment = true
    if case .part(let index, _) = file {
      endsSegment = index + 1 == rendition.window.segmentation.parts(in: segment)
    }
    exchange.delivery = Delivery(
      Delivery.Object(
        viewer: viewer, segment: segment, printed: served.names.printed(segment),
        endsSegment: endsSegment, rendition: rendition.name, report: report),
      Delivery.Recipients(
        switched: switched.map { (chooser: $0.0, index: $0.1) }, rows: rows,
        stream: served.name),
      deliveries, since: since)
  }
}
