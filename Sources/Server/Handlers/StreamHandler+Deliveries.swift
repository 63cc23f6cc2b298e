// SPDX-License-Identifier: Apache-2.0

import HTTP
import Media
import Packaging
import Sharing
import Time

/// The measurement of responses with media.
extension StreamHandler {
  /// Counts a change of the rendition that the server chooses.
  func countSwitch(isUp: Bool) {
    counters.withLock { counters in
      if isUp { counters.delays.switchesUp += 1 } else { counters.delays.switchesDown += 1 }
    }
  }

  /// The exchange as it is, or measured if statistics of the stream are saved.
  func watched(
    _ exchange: any Exchange, _ file: MediaName, _ segment: Int64, _ rendition: ServedRendition,
    of served: ServedStream, since: MonotonicTime
  ) -> any Exchange {
    guard rows != nil, served.options.savesStatistics else { return exchange }
    let report = CMCDReport(exchange.request)
    return watched(
      exchange, file, segment, HTTPViewers.number(of: exchange, report, on: served.name),
      rendition, of: served, report: report, switched: nil, since: since)
  }

  /// The exchange, measured if its result has a use.
  func watched(
    _ exchange: any Exchange, _ file: MediaName, _ segment: Int64, _ viewer: UInt64,
    _ rendition: ServedRendition, of served: ServedStream, report: CMCDReport?,
    switched: (SwitchedRenditions, Int)?, since: MonotonicTime
  ) -> any Exchange {
    let rows = served.options.savesStatistics ? rows : nil
    guard switched != nil || rows != nil, exchange.request.method == .get else { return exchange }
    var endsSegment = true
    if case .part(let index, _) = file {
      endsSegment = index + 1 == rendition.window.segmentation.parts(in: segment)
    }
    return deliveries.watch(
      exchange,
      Delivery.Object(
        viewer: viewer, segment: segment, printed: served.names.printed(segment),
        endsSegment: endsSegment, rendition: rendition.name, report: report),
      Delivery.Recipients(
        switched: switched.map { (renditions: $0.0, index: $0.1) }, rows: rows,
        stream: served.name),
      since: since)
  }
}
