// SPDX-License-Identifier: Apache-2.0

import CSRT
import Checked
import Glibc
import Sharing
import Time

/// A connection as SRT caller, to which MPEG-TS is written.
///
/// libavformat makes the MPEG-TS. libsrt reports a lost receiver only after 5 s; missing
/// acknowledgements, of which a receiver sends many in a second, show it after 3 s. Confined to one
/// thread.
final class SRTLink {
  /// How long the receiver may send no acknowledgement.
  private static let silence = Interval.seconds(3)
  private static let checkInterval = Interval.milliseconds(200)
  private static let opening: Int32 = 3000
  /// The latency in milliseconds if the URL has none.
  private static let usualLatency: Int32 = 120

  private let number: Int32
  /// The acknowledgements so far, and when their number has changed; when they were counted last.
  private var acknowledgements: Int64 = 0
  private var changed: MonotonicTime, checked: MonotonicTime
  /// Why the connection has failed; nil if it has not.
  private(set) var failure: String?

  /// Connects; blocks.
  ///
  /// - Throws: why there is no connection.
  init(_ address: PushAddress) throws(PushFailure) {
    let rest = address.raw.dropFirst("srt://".count).prefix { $0 != "?" && $0 != "/" }
    guard let server = HostAndPort(rest), let port = server.port.flatMap({ UInt16($0) }) else {
      throw .refused("the URL has no port")
    }
    func text(_ name: String) -> String? {
      address.parameter(name).map { percentDecoded(Array($0.utf8)[...]) }
    }
    // As in libavformat's URLs, in microseconds.
    let latency = text("latency").flatMap { Int64($0) }.map { Int32(clamping: $0 / 1000) }
    let stream = text("streamid") ?? text("srt_streamid") ?? ""
    let passphrase = text("passphrase") ?? ""
    let keyLength = text("pbkeylen").flatMap { Int32($0) } ?? 0
    guard csrt_start() == 0 else { throw .lost("libsrt does not start") }
    var (lookup, refusal): (Int32, Int32) = (0, 0)
    let number = unsafe csrt_connect(
      String(server.host), port, latency ?? Self.usualLatency, Self.opening,
      Int32(clamping: Self.silence.milliseconds), stream,
      passphrase, keyLength, &lookup, &refusal)
    guard number >= 0 else {
      if lookup != 0 {
        throw .lost("unknown host: \(unsafe String(cString: gai_strerror(lookup)))")
      }
      let reason = unsafe String(cString: csrt_refusal(refusal))
      throw csrt_was_refused(refusal) != 0 ? .refused(reason) : .lost(reason)
    }
    self.number = number
    changed = SystemClock.monotonicTime
    checked = changed
  }

  /// Sends a payload.
  ///
  /// - Returns: whether the connection has taken it.
  func send(_ bytes: UnsafeRawBufferPointer) -> Bool {
    check(SystemClock.monotonicTime)
    guard failure == nil else { return false }
    if unsafe csrt_send(number, bytes.baseAddress, Int32(clamping: bytes.count)) == 0 {
      return true
    }
    failure =
      "the receiver has gone: \(unsafe String(cString: csrt_error()))"
    return false
  }

  private func check(_ now: MonotonicTime) {
    guard now - checked >= Self.checkInterval else { return }
    checked = now
    let count = csrt_acknowledgements(number)
    if count != acknowledgements { (acknowledgements, changed) = (count, now) }
    if count < 0 || now - changed >= Self.silence {
      failure = "the receiver is silent for \(Self.silence.wholeSeconds) s"
    }
  }

  /// Ends the connection after what was sent.
  func close() { _ = srt_close(number) }
}
