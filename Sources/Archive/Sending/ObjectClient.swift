// SPDX-License-Identifier: Apache-2.0

import CCurl
import Checked
import Sharing
import System

/// Signed requests to an object store, one at a time, on one connection that is kept alive.
///
/// Requests block for up to a minute, reading for up to eight seconds. Used by one thread at a
/// time, except for ``stop()``.
@safe
final class ObjectClient: @unchecked Sendable {
  /// Why a request failed: a few words for the log, without a key.
  struct Failure: Error {
    let reason: String
    /// Whether the store has no such object.
    var isMissing = false
  }

  private let client: UnsafeMutablePointer<ccurl_client>
  private let options: ObjectStoreOptions
  private let signature: String

  /// A client of this store; nil if the machine has no libcurl.
  ///
  /// The library and the client stay until the end of the program.
  init?(_ options: ObjectStoreOptions) {
    guard let client = unsafe ccurl_open() else { return nil }
    unsafe self.client = client
    self.options = options
    signature = "aws:amz:\(options.region):s3"
  }

  /// Ends the present request soon, and all later ones at once; for any thread.
  func stop() { unsafe ccurl_stop(client) }

  /// Puts an object.
  func put(
    _ key: String, _ bytes: SharedBytes, type: String, caching: String
  ) throws(Failure) {
    let digest = RunningDigest()
    digest.add(bytes, 0..<bytes.count)
    try send(
      "PUT", key, bytes, digest.bytes(), ["Content-Type: \(type)", "Cache-Control: \(caching)"])
  }

  /// Removes an object; one that does not exist counts as removed.
  func remove(_ key: String) throws(Failure) {
    let empty = SharedBytes([])
    do throws(Failure) {
      // libcurl adds a field for its own form data else, and signs one without a value wrongly.
      try send(
        "DELETE", key, empty, RunningDigest().bytes(), ["Content-Type: application/octet-stream"])
    } catch {
      guard error.isMissing else { throw error }
    }
  }

  /// Reads an object of at most `limit` bytes.
  func get(_ key: String, limit: Int) throws(Failure) -> SharedBytes {
    // libcurl signs a field of its own wrongly, as in removals.
    let lines =
      "Content-Type: application/octet-stream\n"
      + "x-amz-content-sha256: \(hexadecimal(RunningDigest().bytes()))\n"
    var answer = unsafe ccurl_fetch(
      client, options.address.url(key), lines, signature, options.credentials.identifier,
      options.credentials.secret, max(limit, Self.errorSize))
    defer { unsafe ccurl_free(&answer) }
    let status = unsafe answer.status
    if status == 0 {
      throw Failure(reason: unsafe withUnsafeBytes(of: answer.fault) { unsafe Self.text($0) })
    }
    let body = unsafe UnsafeRawBufferPointer(start: answer.bytes, count: answer.count)
    guard status == 200 else {
      throw Self.failure(status, unsafe Self.text(body))
    }
    return unsafe SharedBytes(count: body.count) { unsafe $0.copyMemory(from: body) }
  }

  /// The room for the body of an error.
  private static let errorSize = 4096

  /// The text before the first zero.
  private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  private func send(
    _ method: String, _ key: String, _ bytes: SharedBytes, _ digest: [UInt8], _ fields: [String]
  ) throws(Failure) {
    let lines = (fields + ["x-amz-content-sha256: \(hexadecimal(digest))"]).map { $0 + "\n" }
      .joined()
    let status = unsafe ccurl_send(
      client, method, options.address.url(key), lines, signature, options.credentials.identifier,
      options.credentials.secret, bytes.start, bytes.count)
    if (200..<300).contains(status) { return }
    if status == 0 { throw Failure(reason: unsafe String(cString: ccurl_fault(client))) }
    throw Self.failure(status, unsafe String(cString: ccurl_body(client)))
  }

  private static func failure(_ status: Int, _ body: String) -> Failure {
    Failure(reason: reason(status, body), isMissing: status == 404)
  }

  /// The status, and the code of an S3 error.
  ///
  /// The other parts of such a body may have the identifier of the key.
  static func reason(_ status: Int, _ body: String) -> String {
    guard let start = body.firstRange(of: "<Code>"),
      let end = body[start.upperBound...].firstRange(of: "</Code>")
    else { return "\(status)" }
    let code = body[start.upperBound..<end.lowerBound]
    guard code.utf8.count <= 64, code.allSatisfy({ $0.isASCII && $0.isLetter }) else {
      return "\(status)"
    }
    return "\(status) \(code)"
  }
}
