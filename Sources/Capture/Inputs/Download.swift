// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
import Sharing
package import Time

/// The body of one HTTP response, read as it arrives, through libavformat.
///
/// Confined to one thread. The certificate of a server is not verified.
@safe
package final class Download {
  private let context: UnsafeMutablePointer<AVIOContext>
  private let cancellation: InputCancellation
  private let limit: Interval

  /// Sends the request, and returns when the head of the response has arrived.
  ///
  /// - Parameters:
  ///   - url: an address of `http` or `https`.
  ///   - agent: the value of `User-Agent`.
  ///   - fields: further lines of the head of the request, each with its end.
  ///   - limit: how long the head, and each further piece, may take.
  ///   - cancellation: ends the present and all later calls.
  /// - Throws: for a connection that fails, and for a status other than 2xx, which
  ///   ``FFmpegError/httpStatus`` then has.
  package init(
    _ url: String, agent: String, fields: String = "", limit: Interval,
    _ cancellation: InputCancellation
  ) throws(FFmpegError) {
    FFmpegLog.installed
    self.cancellation = InputCancellation(parent: cancellation)
    self.limit = limit
    self.cancellation.setDeadline(SystemClock.monotonicTime + limit)
    var callback = unsafe AVIOInterruptCB(
      callback: { opaque in
        guard let opaque = unsafe opaque else { return 0 }
        let cancellation = unsafe Unmanaged<InputCancellation>.fromOpaque(opaque)
          .takeUnretainedValue()
        return cancellation.isDue ? 1 : 0
      }, opaque: Unmanaged.passUnretained(self.cancellation).toOpaque())
    var options: OpaquePointer?
    // Without `seekable` a request for a range is sent, which open segments cannot answer.
    for (name, value) in [
      ("seekable", "0"), ("user_agent", agent), ("protocol_whitelist", "http,https,tcp,tls"),
      ("headers", fields),
    ] where !value.isEmpty {
      unsafe av_dict_set(&options, name, value, 0)
    }
    var opened: UnsafeMutablePointer<AVIOContext>?
    let (result, lines) = FFmpegLog.collecting(warnings: true) {
      unsafe avio_open2(&opened, url, AVIO_FLAG_READ | AVIO_FLAG_DIRECT, &callback, &options)
    }
    unsafe av_dict_free(&options)
    try FFmpegError.check(
      "avio_open2", result, lines.first { $0.hasPrefix(FFmpegError.statusLine) } ?? "")
    guard let opened = unsafe opened else { throw FFmpegError("avio_open2", CFF_ENOMEM) }
    unsafe context = opened
  }

  deinit {
    var closed: UnsafeMutablePointer<AVIOContext>? = unsafe context
    unsafe avio_closep(&closed)
  }

  /// Waits for bytes, at most 64 KiB; nil at the end of the body.
  ///
  /// A chunked body that is cut ends like a whole one.
  ///
  /// - Throws: if a body of known length is cut, or no byte arrives within the limit.
  package func next() throws(FFmpegError) -> [UInt8]? {
    cancellation.setDeadline(SystemClock.monotonicTime + limit)
    var count: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, used in
      count = unsafe avio_read_partial(context, buffer.baseAddress, Int32(buffer.count))
      used = max(0, Int(count))
    }
    if count == CFF_EOF || count == 0 { return nil }
    try FFmpegError.check("avio_read_partial", count)
    return bytes
  }
}

extension FFmpegError {
  /// The start of libavformat's message about a status other than 2xx.
  fileprivate static let statusLine = "HTTP error "

  /// The status of the response of HTTP that is the error; nil for another error.
  package var httpStatus: Int? {
    guard detail.hasPrefix(Self.statusLine) else { return nil }
    return Int(detail.dropFirst(Self.statusLine.count).prefix { $0.isNumber })
  }
}
