// SPDX-License-Identifier: Apache-2.0

import Checked
import FoundationEssentials

/// A control message of a publisher page, `llws-publish.v1`: a JSON object, whose unknown members
/// are ignored.
///
/// A member of an unexpected type counts as absent.
package struct PageMessage: Decodable, Sendable {
  private enum CodingKeys: String, CodingKey {
    case type = "t"
    case version = "v"
    case key, token, kind, codec, id
    case session = "sid"
    case group = "cid"
    case width = "w"
    case height = "h"
    case channels
    case clientTime = "c"
  }

  /// The largest message, in bytes.
  package static let largest = 16 << 10

  /// The name of the message.
  package let type: String
  /// The version of the protocol.
  let version: Double?
  /// The publish key of a `hello`.
  let key: String?
  /// The publish token of a `hello`.
  let token: String?
  /// The name of the publisher of a `hello`, by which it continues after the loss of its
  /// connection.
  let session: String?
  /// `video` or `audio`.
  let kind: String?
  /// The codec of a `track`, as in RFC 6381.
  let codec: String?
  /// The group of a `track`.
  let group: Double?
  /// The size of video, in pixels.
  let width, height: Double?
  /// The channels of audio.
  let channels: Double?
  /// The number of a `ping`.
  let id: Double?
  /// The client's clock at a `ping`, in milliseconds.
  let clientTime: Double?

  /// Reads a message; nil if the text is not a JSON object with a name.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    // The decoder also accepts a comma after the last element.
    guard bytes.count <= Self.largest, JSONSyntax.isValid(bytes),
      let message = try? JSONDecoder().decode(PageMessage.self, from: Data(bytes))
    else { return nil }
    self = message
  }

  package init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    func text(_ key: CodingKeys) -> String? { try? members.decode(String.self, forKey: key) }
    func number(_ key: CodingKeys) -> Double? { try? members.decode(Double.self, forKey: key) }
    type = try members.decode(String.self, forKey: .type)
    (key, token, session) = (text(.key), text(.token), text(.session))
    (kind, codec) = (text(.kind), text(.codec))
    (version, group) = (number(.version), number(.group))
    (width, height) = (number(.width), number(.height))
    (channels, id) = (number(.channels), number(.id))
    clientTime = number(.clientTime)
  }
}
