// SPDX-License-Identifier: Apache-2.0

import Logging
package import Net
import Sharing
package import Time

/// The figures of a player, as it has reported them last; those that it did not report are nil.
package struct PlayerFigures: Sendable {
  /// The time from frame time to display, in milliseconds.
  package var delay: Double?
  /// The buffered time, in milliseconds.
  package var buffer: Double?
  /// The playback rate.
  package var rate: Double?
  /// The round trip of its connection, in milliseconds; over HTTP, that of the kernel.
  package var roundTrip: Double?
  /// Frames that were not shown.
  package var drops: Double?
  /// Stalls since the start; over HTTP, reports of an empty buffer.
  package var stalls: Double?
  /// The throughput that the player has measured, in kbit/s.
  var throughput: Double?
  /// The time from the publication of a part until the kernel had sent it and half a round trip had
  /// passed, in milliseconds.
  package var delivery: Double?

  package init(
    delay: Double? = nil, buffer: Double? = nil, rate: Double? = nil, roundTrip: Double? = nil,
    drops: Double? = nil, stalls: Double? = nil
  ) {
    self.delay = delay
    self.buffer = buffer
    self.rate = rate
    self.roundTrip = roundTrip
    self.drops = drops
    self.stalls = stalls
  }

  /// Takes what the player of a viewer over HTTP reports by its socket; the kernel's round trip
  /// stays.
  package mutating func complete(_ own: PlayerFigures) {
    delay = own.delay ?? delay
    buffer = own.buffer ?? buffer
    rate = own.rate ?? rate
    drops = own.drops ?? drops
    stalls = own.stalls ?? stalls
    roundTrip = roundTrip ?? own.roundTrip
  }

  /// The JSON members.
  fileprivate var object: JSONObject {
    func number(_ value: Double?) -> RawJSON? {
      value.map { RawJSON(ViewerReport.number($0)) }
    }
    return [
      "delay": number(delay), "buf": number(buffer), "rate": number(rate),
      "rtt": number(roundTrip), "drops": number(drops), "stalls": number(stalls),
      "throughput": number(throughput), "delivery": number(delivery),
    ]
  }
}

/// One viewer in `/stats.json`.
package struct ViewerReport: Sendable {
  /// The other connections of the viewer of a socket, by the number of the viewer over HTTP.
  package enum Link: Sendable, Equatable {
    /// The socket is a viewer of its own.
    case none
    /// The requests of the owner of its token.
    case owner(UInt64)
    /// The requests and sockets of its session.
    case session(UInt64)
  }

  /// The number of the viewer in this process.
  package let number: UInt64
  package let stream: String
  package let peer: PeerAddress
  package let userAgent: String
  package var since: WallTime
  package var transport: ViewerTransport
  package var rendition = ""
  /// The rate of sent bytes, in kbit/s.
  package var kilobits: Int64 = 0
  /// How often chunks were dropped because the viewer was too slow; over HTTP, cut responses.
  package var skips = 0
  package var figures = PlayerFigures()
  package var link = Link.none

  package init(
    number: UInt64, stream: String, peer: PeerAddress, userAgent: String, since: WallTime,
    transport: ViewerTransport
  ) {
    self.number = number
    self.stream = stream
    self.peer = peer
    self.userAgent = userAgent
    self.since = since
    self.transport = transport
  }

  /// The viewer of this socket and of requests over HTTP.
  package func joined(with requests: ViewerReport?) -> ViewerReport {
    guard let requests else { return self }
    var both = self
    both.since = min(since, requests.since)
    both.kilobits = kilobits.addingSaturated(requests.kilobits)
    both.skips = skips + requests.skips
    return both
  }

  /// The viewer of this socket and of a later one of its session, which has the newest figures.
  package func continued(by later: ViewerReport) -> ViewerReport {
    var both = joined(with: later)
    both.rendition = later.rendition
    both.figures = later.figures
    return both
  }

  /// A text for programs; without a meaning.
  package var identifier: String { String(number, radix: 16) }

  /// The JSON object; the address is masked.
  package var text: String {
    let start: JSONObject = [
      "sid": identifier, "ip": peer.masked.description, "ua": userAgent,
      "transport": transport.rawValue, "rendition": rendition, "kbps": kilobits, "skips": skips,
    ]
    return (start + figures.object + ["since": since.milliseconds]).text
  }

  /// A number of a client as JSON, with at most three decimals.
  package static func number(_ value: Double) -> String {
    let limited = min(max(value, -1e9), 1e9)
    // bounded: limited, and floating
    let rounded = (limited * 1000).rounded() / 1000
    return rounded == rounded.rounded() ? "\(Int64(exactly: rounded) ?? 0)" : "\(rounded)"
  }

  /// The first 200 bytes of the name of a client's program.
  package static func shortened(_ userAgent: String?) -> String {
    String(decoding: (userAgent ?? "").utf8.prefix(200), as: UTF8.self)
  }
}
