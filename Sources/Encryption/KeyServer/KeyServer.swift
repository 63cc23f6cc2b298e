// SPDX-License-Identifier: Apache-2.0

import CCurl
import Sharing
import Time

/// The keys of a stream from a key server by CPIX over HTTPS.
///
/// The first key is awaited; later ones are asked for one key period ahead, on a thread of its own,
/// again and again until there is an answer. While a key is missing the key before it stays. Keys
/// are kept over the sessions of the stream.
package final class KeyServer: Sendable {
  private struct State: Sendable {
    var keys: StreamKeys?
  }

  private let url: String
  private let certificate: String
  private let authority: String
  private let content: String
  private let state = Locked(State())

  /// The time between two requests without an answer, and the longest.
  private static let retries: [Interval] = [.seconds(1), .seconds(2), .seconds(5), .seconds(15)]

  /// The keys of a stream at a server; nothing is asked yet.
  ///
  /// - Parameters:
  ///   - url: the https URL to which requests are posted; it may have a secret.
  ///   - certificate: a PEM file of the certificate of this client with its key; nil for none.
  ///   - authority: a PEM file of certificates that verify the server; nil for the system's.
  ///   - content: the name of the stream.
  package init(url: String, certificate: String?, authority: String?, content: String) {
    self.authority = authority ?? ""
    self.url = url
    self.certificate = certificate ?? ""
    self.content = content
  }

  /// The keys, of which the first is asked for if there is none.
  ///
  /// Blocks up to 35 s.
  ///
  /// - Parameters:
  ///   - rotation: how long a key is used; nil if the key never changes.
  ///   - report: called for each request without an answer, with the reason, and nil for the first
  ///     answer after it.
  /// - Returns: the keys.
  /// - Throws: the reason if there was no answer to three requests.
  package func keys(
    _ rotation: KeyRotation?, report: @escaping @Sendable (String?) -> Void
  ) throws(KeyServerFailure) -> StreamKeys {
    if let known = state.withLock(\.keys), known.rotation == rotation { return known }
    let period = rotation?.period(at: SystemClock.wallTime)
    var failure = KeyServerFailure(reason: "")
    for delay in [Interval.zero] + Self.retries.prefix(2) {
      SystemClock.sleep(until: SystemClock.monotonicTime + delay)
      do throws(KeyServerFailure) {
        let first = try ask(period)
        let keys = StreamKeys(first: first, rotation)
        state.withLock { $0.keys = keys }
        if let rotation, let period { follow(keys, rotation, after: period, report) }
        return keys
      } catch { failure = error }
    }
    throw failure
  }

  /// Asks for the keys of later periods.
  private func follow(
    _ keys: StreamKeys, _ rotation: KeyRotation, after first: Int64,
    _ report: @escaping @Sendable (String?) -> Void
  ) {
    _ = OSThread(name: "keys") { [weak self] in
      var (next, failures) = (first + 1, 0)
      while let delay = self?.step(keys, rotation, &next, &failures, report) {
        SystemClock.sleep(until: SystemClock.monotonicTime + delay)
      }
    }
  }

  /// Asks for the key of the next period if it is time.
  ///
  /// - Returns: the time to the next step; nil if other keys have replaced these.
  private func step(
    _ keys: StreamKeys, _ rotation: KeyRotation, _ next: inout Int64, _ failures: inout Int,
    _ report: (String?) -> Void
  ) -> Interval? {
    guard state.withLock({ $0.keys === keys }) else { return nil }
    let now = rotation.period(at: SystemClock.wallTime)
    // A period that has passed without an answer is left out.
    next = max(next, now + 1)
    guard next == now + 1 else { return .milliseconds(500) }
    do throws(KeyServerFailure) {
      let key = try ask(next)
      keys.add(key, of: next, at: SystemClock.wallTime)
      next += 1
      if failures > 0 { report(nil) }
      failures = 0
      return .milliseconds(500)
    } catch {
      if failures == 0 { report(error.reason) }
      failures += 1
      return Self.retries[min(failures, Self.retries.count) - 1]
    }
  }

  /// The header fields of a request.
  private static let fields = "Content-Type: application/xml\nX-Speke-Version: 2.0\n"

  /// Asks for the key of a period.
  private func ask(_ period: Int64?) throws(KeyServerFailure) -> ContentKey {
    let request = CPIXRequest(content: content, period: period)
    let body = Array(request.text.utf8)
    var answer = unsafe ccurl_post(
      url, Self.fields, certificate, authority, body, body.count, CPIXAnswer.largest)
    defer { unsafe ccurl_free(&answer) }
    guard unsafe answer.status == 200 else {
      let status = unsafe answer.status
      throw KeyServerFailure(
        reason: status == 0
          ? unsafe Self.text(&answer) : "the key server answers \(status) (expected 200)")
    }
    let bytes = unsafe Array(
      UnsafeRawBufferPointer(start: answer.bytes, count: answer.count))
    do throws(CPIXAnswer.Failure) {
      let document = try CPIXAnswer(bytes)
      guard let key = document.keys.first(where: { $0.identifier == request.identifier }) else {
        throw CPIXAnswer.Failure.noKey
      }
      return key
    } catch { throw KeyServerFailure(reason: "\(error)") }
  }

  /// The fault of a request without a response, which names no secret.
  private static func text(_ answer: inout ccurl_answer) -> String {
    unsafe withUnsafeBytes(of: &answer.fault) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

/// Why a key server has given no key.
package struct KeyServerFailure: Error, Sendable {
  /// One line, without the URL and without keys.
  package let reason: String
}
