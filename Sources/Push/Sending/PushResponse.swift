// SPDX-License-Identifier: Apache-2.0

import HTTP
package import Time

/// The response of a receiver to one long POST: pure.
///
/// A receiver may answer at the end of the request only, hours later. But a head that has begun
/// ends within ``PushLimits/head``, and interim responses (1xx) are bounded in number.
/// - Source: RFC 9110 §15.2
package struct PushResponse: Sendable {
  /// The most bytes of a response that explain a refusal.
  private static let explanation = 200

  private var reader = ResponseReader()
  private var body: [UInt8] = []
  /// When the head that has begun must be whole; nil if none has begun.
  private var deadline: MonotonicTime?

  /// Before the first byte.
  package init() {}

  /// Takes bytes that have arrived, at least one.
  ///
  /// - Throws: why the connection ends: a response before the end of the request ends it, and so
  ///   do a malformed one, a late one, and too many interim ones.
  package mutating func take(_ bytes: [UInt8], _ now: MonotonicTime) throws(PushFailure) {
    try check(now)
    do throws(ResponseReader.Fault) { body += try reader.take(bytes) } catch {
      throw .lost("\(error)")
    }
    try judge()
    deadline = reader.isWithinHead ? deadline ?? now + PushLimits.head : nil
  }

  /// Notices a head that is late.
  ///
  /// - Throws: why the connection ends.
  package func check(_ now: MonotonicTime) throws(PushFailure) {
    guard let deadline, now >= deadline else { return }
    throw .lost("the head of the response takes more than \(PushLimits.head.wholeSeconds) s")
  }

  /// Notices a response: it is a refusal, or a fault of the receiver.
  private func judge() throws(PushFailure) {
    guard let status = reader.head?.status else { return }
    let text =
      String(decoding: body.prefix(Self.explanation), as: UTF8.self)
      .split(whereSeparator: \.isNewline).first.map { ": \($0)" } ?? ""
    let reason = "status \(status)\(text)"
    // A receiver that is busy or failing may take the stream soon.
    throw StatusCode.isLastingRefusal(status) ? .refused(reason) : .lost(reason)
  }
}
