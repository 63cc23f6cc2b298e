// SPDX-License-Identifier: Apache-2.0

import Encryption
import HTTP
import Packaging
import Sharing

/// `/S/clearkey`: keys for players of an encrypted stream.
extension StreamHandler {
  /// Answers a request for keys: the present key, the next one, and those that the request names.
  ///
  /// Whether the client may play the stream is decided before.
  func licence(_ exchange: any Exchange) {
    if answersPast(.archive, exchange, since: now, { $0.licence(exchange) }) { return }
    guard let served = servedStream else {
      return exchange.respond(.unavailable(withWords("the stream has not started yet")))
    }
    guard let keys = served.names.keys else {
      return exchange.respond(.error(404, "the stream is not encrypted", .noStore))
    }
    let newest = served.window.snapshot.newestSegment
    exchange.collectBody { body in
      guard let identifiers = Licence.identifiers(body) else {
        return exchange.respond(
          .error(
            400, "no licence request (expected {\"kids\": [\"base64url of 16 bytes\"]})", .noStore))
      }
      exchange.respond(
        PreparedResponse(
          status: 200, fields: ResponseFields.fields("application/json", .noStore),
          body: [SharedBytes(Licence.json(keys.licence(for: identifiers, at: newest)))]))
    }
  }

  /// Refuses pictures and files of an encrypted stream: the server gives no media of it in the
  /// clear.
  ///
  /// - Returns: whether the request was refused.
  func refusesClear(_ exchange: any Exchange, _ what: String) -> Bool {
    let isEncrypted = servedStream.map { served in
      // The keys of a stream without a session may be unknown.
      served.names.keys != nil
        || served.isRecorded && served.window.snapshot.track?.keyIdentifier != nil
    }
    guard isEncrypted == true else { return false }
    exchange.respond(.error(404, "the stream is encrypted: it has no \(what)", .noStore))
    return true
  }
}
