// SPDX-License-Identifier: Apache-2.0

import CLinux
import Capture
import ChunkStream
import Sharing
import Time

/// The muxer and the connection of a process that pushes.
///
/// Confined to one thread.
struct PushSender {
  private let certificates: String
  private var address: PushAddress?
  private var verifies = true
  private var headers: [[UInt8]] = []
  private var output: StreamOutput?
  private var link: SRTLink?

  /// A sender without a receiver; `certificates` is the path of a file, empty for the system's.
  init(certificates: String) { self.certificates = certificates }

  /// Obeys an order.
  ///
  /// - Returns: the answer; nil if the order has none.
  mutating func obey(_ order: PushOrder) throws(PushFailure) -> PushAnswer? {
    switch order {
    case .process, .end: break
    case .open(let url, let verifies):
      address = PushAddress(url)
      self.verifies = verifies
    case .track(let header, let isLast):
      guard headers.count < Int(PushOrder.maximumTracks) else {
        throw PushFailure.refused("too many tracks")
      }
      headers.append(header)
      guard isLast else { return nil }
      try connect()
      return .connected
    case .chunk(let track, let number, let chunk):
      guard let output else { throw PushFailure.refused("no receiver") }
      do throws(FFmpegError) { try output.write(chunk, of: Int(track)) } catch {
        throw failure(error)
      }
      return .written(number: number)
    }
    return nil
  }

  /// Writes the end of the media.
  func finish() {
    output?.finish()
    link?.close()
  }

  private mutating func connect() throws(PushFailure) {
    guard let address else { throw .refused("no receiver") }
    if address.kind == .srt { link = try SRTLink(address) }
    do throws(FFmpegError) {
      if let link {
        output = try unsafe StreamOutput(transportStream: link.send, headers: headers)
      } else {
        output = try StreamOutput(
          rtmp: address.raw, certificates: verifies ? certificates : nil, headers: headers)
        clinux_limit_connections(
          PushLimits.unsentBytes, Int32(clamping: PushLimits.silence.milliseconds))
      }
    } catch { throw failure(error) }
  }

  private func failure(_ error: FFmpegError) -> PushFailure {
    if let reason = link?.failure { return .lost(reason) }
    let text = address?.scrub(error.description) ?? "the connection has failed"
    return StreamOutput.isRefusal(error) ? .refused(text) : .lost(text)
  }
}
