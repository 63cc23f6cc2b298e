// SPDX-License-Identifier: Apache-2.0

import Logging
package import Net

/// A client that begins or ends to publish, as in a request to a hook.
package struct PublishEvent: Sendable, Equatable {
  /// How media or files arrive.
  package enum Transport: String, Sendable {
    case rtmp, rtmps, srt
    /// Media as the body of a request.
    case http
    /// Frames of a page in a browser, over a WebSocket.
    case page
    /// Files of an uploaded stream.
    case uploads = "relay"

    /// The name for people.
    package var words: String {
      switch self {
      case .rtmp, .rtmps, .srt, .http: rawValue.uppercased()
      case .page: "the publisher page"
      case .uploads: "HTTP"
      }
    }
  }

  /// The name of the stream.
  package let stream: String
  /// The path of the client without its last element, if its stream does not exist yet.
  ///
  /// The last element is a name only if the stream is created, and else may be a key.
  let target: String?
  package let transport: Transport
  /// The address of the client.
  package let peer: PeerAddress
  /// The certificate of the client; nil without one.
  package let certificate: ClientCertificate?

  /// An event of a stream.
  package init(
    _ stream: String, _ transport: Transport, _ peer: PeerAddress,
    _ certificate: ClientCertificate? = nil, to target: String? = nil
  ) {
    self.target = target
    self.certificate = certificate
    self.stream = stream
    self.transport = transport
    self.peer = peer
  }

  /// The name of the stream for the log; nil if it may be a key.
  var loggedStream: String? { target == nil ? stream : nil }
  /// The target for a line of the log, after the client; empty for an existing stream.
  var targetWords: String { target.map { " to \($0)" } ?? "" }

  /// The client for lines about its media, such as `from 192.0.2.0 by RTMP`.
  var clientWords: String { "from \(peer.masked) by \(transport.words)" }

  /// The JSON object of the request to a hook; the address has no parts that identify one client.
  var json: String {
    let object: JSONObject = [
      "stream": stream, "protocol": transport.rawValue, "address": "\(peer.masked)",
      "certificate": certificate?.subject,
    ]
    return object.spacedText
  }
}

extension ClientCertificate? {
  /// Its subject for the end of a line of the log; empty without one.
  package var words: String { map { ", certificate \($0.subject)" } ?? "" }
}
