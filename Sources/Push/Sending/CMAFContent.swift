// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Packaging
import Sharing
import System

/// The bytes of a long POST: its head, and its content in HTTP chunks.
///
/// Pure.
/// - Source: DASH-IF Live Media Ingest Protocol 1.2 §5, §6; RFC 9112 §7.1
enum CMAFContent {
  /// The version of the protocol, as in the field `DASH-IF-Ingest`.
  static let version = "1.2"

  /// The end of a track: a `styp` with the brand `lmsg`, and an empty `mfra`.
  static let endOfTrack: [UInt8] =
    [0, 0, 0, 24] + Array("stypmsdh".utf8) + [0, 0, 0, 0] + Array("msdhlmsg".utf8)
    + [0, 0, 0, 24] + Array("mfra".utf8) + [0, 0, 0, 16] + Array("mfro".utf8)
    + [0, 0, 0, 0, 0, 0, 0, 24]

  /// The last HTTP chunk.
  static let end = Array("0\r\n\r\n".utf8)

  /// The head of the request.
  static func head(_ address: WebAddress, isAudio: Bool, agent: String) -> [UInt8] {
    var fields = [
      HeaderField("User-Agent", agent),
      HeaderField("Content-Type", isAudio ? "audio/mp4" : "video/mp4"),
      HeaderField("DASH-IF-Ingest", version),
      HeaderField("Transfer-Encoding", "chunked"),
    ]
    if let user = address.userInfo {
      fields.append(HeaderField("Authorization", "Basic \(Base64.encode(Array(user.utf8)))"))
    }
    return HTTPClient.head("POST", address, fields)
  }

  /// A chunk of media as an HTTP chunk.
  static func piece(_ bytes: SharedBytes) -> [UInt8] {
    guard bytes.count > 0 else { return [] }
    var piece = Array("\(String(bytes.count, radix: 16))\r\n".utf8)
    piece.reserveCapacity(piece.count + bytes.count + 2)
    unsafe piece.append(
      contentsOf: UnsafeRawBufferPointer(start: bytes.start, count: bytes.count))
    piece += [0x0D, 0x0A]
    return piece
  }

  /// Bytes as an HTTP chunk; none for no bytes, which would be the end.
  static func piece(_ bytes: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty else { return [] }
    var piece = Array("\(String(bytes.count, radix: 16))\r\n".utf8)
    piece.reserveCapacity(piece.count + bytes.count + 2)
    piece += bytes
    piece += [0x0D, 0x0A]
    return piece
  }
}
