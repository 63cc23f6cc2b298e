// SPDX-License-Identifier: Apache-2.0

package import HTTP
package import Net
package import Packaging
package import Sharing

/// The counters of one loop, written by the loop and read for metrics.
package struct ServerCounters: Sendable {
  /// The labels of the response counter.
  package struct Answer: Hashable, Sendable, Comparable {
    package let kind: Int
    package let status: Int

    package static func < (a: Answer, b: Answer) -> Bool { (a.kind, a.status) < (b.kind, b.status) }
  }

  private var counted: [Answer: UInt64] = [:]
  /// The labels of the newest response, and the number of consecutive responses with these labels:
  /// most responses have the labels of the one before.
  private var newest = Answer(kind: 0, status: 0)
  private var newestCount: UInt64 = 0
  /// Bytes of responses, by the index of their kind.
  package private(set) var bytes: [UInt64] = []
  package var cut: UInt64 = 0
  package var faults: [ConnectionFault: UInt64] = [:]
  package var holds = HoldCounters()
  package var players = PlayerCounters()
  package var sockets = SocketCounters()
  package var delays = ViewerDelays()

  package init() {}

  /// The number of responses by kind and status.
  package var answers: [Answer: UInt64] {
    newestCount > 0 ? counted.merging([newest: newestCount], uniquingKeysWith: +) : counted
  }

  /// Counts a response.
  package mutating func count(_ answer: Answer) {
    if answer != newest {
      if newestCount > 0 { counted[newest, default: 0] += newestCount }
      (newest, newestCount) = (answer, 0)
    }
    newestCount += 1
  }

  /// Counts bytes of a response.
  package mutating func count(bytes count: UInt64, kind: Int) {
    if kind >= bytes.count {
      bytes.append(contentsOf: repeatElement(0, count: kind + 1 - bytes.count))
    }
    bytes[kind] += count
  }

  /// Adds the counts of another loop.
  package mutating func add(_ other: ServerCounters) {
    counted.merge(other.answers, uniquingKeysWith: +)
    for (kind, sum) in other.bytes.enumerated() { count(bytes: sum, kind: kind) }
    cut += other.cut
    faults.merge(other.faults, uniquingKeysWith: +)
    holds.add(other.holds)
    players.add(other.players)
    sockets.add(other.sockets)
    delays.add(other.delays)
  }
}

/// Counts the exchanges of a loop's connections and adds them to the access log.
package final class ResponseCounter: ExchangeObserver {
  private let counters: Locked<ServerCounters>
  private let accessLog: AccessLog?
  private let viewers: HTTPViewers?
  private let proxyNotice: ProxyNotice?

  package init(
    _ counters: Locked<ServerCounters>, _ accessLog: AccessLog?, viewers: HTTPViewers? = nil,
    proxyNotice: ProxyNotice? = nil
  ) {
    self.counters = counters
    self.proxyNotice = proxyNotice
    self.viewers = viewers
    self.accessLog = accessLog
  }

  package func faulted(_ fault: ConnectionFault) {
    counters.withLock { $0.faults[fault, default: 0] += 1 }
  }

  package func metUnnamedProxy(_ peer: PeerAddress) { proxyNotice?.met(peer) }

  package func finished(_ record: ExchangeRecord) {
    counters.withLock { counters in
      if record.status > 0 {
        counters.count(.init(kind: record.kind.index, status: record.status))
      }
      counters.count(bytes: UInt64(max(0, record.bytesSent)), kind: record.kind.index)
      if record.cut { counters.cut += 1 }
    }
    if record.viewer != 0 { viewers?.ended(record) }
    accessLog?.add(record)
  }
}

/// The kinds of requests that the routes distinguish in statistics.
extension RequestKind {
  package static let playlist = RequestKind(2, "playlist")
  package static let chunkedPlaylist = RequestKind(3, "chunked_playlist")
  package static let header = RequestKind(4, "init")
  package static let part = RequestKind(5, "part")
  package static let segment = RequestKind(6, "segment")
  package static let timestamps = RequestKind(7, "timestamps")
  package static let time = RequestKind(8, "time")
  package static let page = RequestKind(9, "page")
  package static let probe = RequestKind(10, "probe")
  package static let manifest = RequestKind(11, "manifest")
  package static let control = RequestKind(12, "api")
  package static let uploads = RequestKind(13, "relay")
  package static let publish = RequestKind(14, "publish")
  package static let socket = RequestKind(15, "websocket")
  package static let feed = RequestKind(16, "feed")
  package static let clip = RequestKind(17, "clip")
  package static let instant = RequestKind(18, "instant")
  package static let still = RequestKind(19, "still")
  package static let motionPictures = RequestKind(20, "mjpeg")
  package static let captions = RequestKind(21, "captions")

  /// All kinds; each at its own index.
  package static let all = [
    other, refused, playlist, chunkedPlaylist, header, part, segment, timestamps, time, page, probe,
    manifest, control, uploads, publish, socket, feed, clip, instant, still,
    motionPictures, captions,
  ]

  /// The kind of a request for a media file.
  package init(_ file: MediaName) {
    self =
      switch file {
      case .header: .header
      case .segment: .segment
      case .part: .part
      case .text: .captions
      }
  }
}
