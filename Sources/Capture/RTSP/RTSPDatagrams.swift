// SPDX-License-Identifier: Apache-2.0

internal import Net
internal import Sharing
import Time

/// The datagrams of a track between an RTSP server and libavformat, without packets that arrive
/// twice.
///
/// The server sends RTP and RTCP to two ports of this process. A thread passes them to
/// libavformat's ports, and libavformat's reports to the server.
final class RTSPDatagrams: Sendable {
  private struct State {
    var server: RTSPMediaServer?
    var isClosed = false
  }

  /// The interval in which the end is noticed.
  private static let pollInterval = Interval.milliseconds(200)

  private let pair: DatagramPair
  /// libavformat's ports.
  private let library: (rtp: PeerAddress, rtcp: PeerAddress)
  private let state = Locked(State())

  /// The port that the server gets.
  var port: UInt16 { pair.port }

  /// Begins to pass datagrams; nil if the system refuses ports or a thread.
  init?(library port: UInt16, isVersion6: Bool) {
    let host = isVersion6 ? "::1" : "127.0.0.1"
    guard port < .max, let pair = DatagramPair(isVersion6: isVersion6),
      let rtp = PeerAddress(host, port: port),
      let rtcp = PeerAddress(host, port: port + 1)  // bounded: less than the largest
    else { return nil }
    (self.pair, library) = (pair, (rtp, rtcp))
    guard OSThread(name: "rtsp-udp", { [self] in run() }) != nil else { return nil }
  }

  /// Learns the server's end, to which reports go.
  func connect(to server: RTSPMediaServer?) { state.withLock { $0.server = server } }

  /// Ends the thread, soon.
  func close() { state.withLock { $0.isClosed = true } }

  private func run() {
    var repeats = RTPRepeats()
    while !state.withLock({ $0.isClosed }) {
      let limit = SystemClock.monotonicTime + Self.pollInterval
      guard let datagram = pair.receive(until: limit) else { continue }
      if datagram.sender == library.rtp || datagram.sender == library.rtcp {
        guard let server = state.withLock({ $0.server }),
          let receiver = PeerAddress(
            server.host, port: datagram.isSecond ? server.reportPort : server.port)
        else { continue }
        pair.send(datagram.bytes, to: receiver, fromSecond: datagram.isSecond)
      } else if datagram.isSecond || !repeats.isRepeated(datagram.bytes) {
        pair.send(
          datagram.bytes, to: datagram.isSecond ? library.rtcp : library.rtp,
          fromSecond: datagram.isSecond)
      }
    }
  }
}
