// SPDX-License-Identifier: Apache-2.0

import Checked
import System
import Time

/// The meaning of an event of a stream for its players.
package enum EventContent: Sendable, Equatable {
  /// A JSON text without a meaning here.
  case data
  /// Media to be shown instead of the stream, or in it.
  case interstitial(Interstitial)
  /// A message of SCTE-35.
  case splice(SpliceCue)
  /// An ID3 tag.
  case id3([UInt8])
  /// KLV sets of MISB, with timestamps or without.
  case klv([UInt8], isSynchronous: Bool)

  /// The most bytes of a message of SCTE-35, of an ID3 tag, and of KLV sets.
  package static let largest = (splice: 1024, id3: 4096, klv: 4096)

  /// The contents of a JSON text.
  ///
  /// An object with `x-asset-uri` or `x-asset-list` is an interstitial, one with `scte35` is a
  /// message of SCTE-35 in Base64 or in hexadecimal digits, and one with `id3` is a text that
  /// becomes an ID3 tag. All other texts are data.
  /// - Parameter text: a JSON text.
  /// - Returns: the contents: one, or those of a time_signal with several descriptors.
  /// - Throws: the first fault in an interstitial, a message or a tag.
  package static func readAll(_ text: [UInt8]) throws(EventContentError) -> [EventContent] {
    guard (try? JSONSyntax.check(text, .document(allowsComments: false))) != nil,
      let members = JSONMember.members(of: text)
    else { return [.data] }
    if members["x-asset-uri"] != nil || members["x-asset-list"] != nil {
      return [.interstitial(try Interstitial(members))]
    }
    for key in ["scte35", "id3"] {
      guard let member = members[key] else { continue }
      if let other = members.keys.sorted().first(where: { $0 != key }) {
        throw EventContentError(other, "unknown member beside \(key)")
      }
      return key == "id3" ? [try tag(member)] : try splices(member)
    }
    return [.data]
  }

  /// The content of a JSON text; the first one of a time_signal with several descriptors.
  ///
  /// - Throws: see ``readAll(_:)``.
  package static func read(_ text: [UInt8]) throws(EventContentError) -> EventContent {
    try readAll(text).first ?? .data
  }

  private static func splices(_ member: JSONMember) throws(EventContentError) -> [EventContent] {
    guard let text = member.text, let bytes = SpliceInfoSection.bytes(ofText: text),
      bytes.count <= largest.splice
    else {
      throw EventContentError(
        "scte35",
        "expected at most \(largest.splice) bytes in Base64, or in hexadecimal digits after 0x")
    }
    let cues: [SpliceCue]
    do throws(SpliceError) { cues = try SpliceCue.readAll(bytes) } catch {
      throw EventContentError("scte35", "\(error)")
    }
    guard let cue = cues.first else {
      throw EventContentError("scte35", "the message means nothing for viewers")
    }
    guard cues.count == 1 || cue.scheduled == nil else {
      throw EventContentError(
        "scte35", "the schedule has \(cues.count) events (expected one: an event has one time)")
    }
    return cues.map { .splice($0) }
  }

  private static func tag(_ member: JSONMember) throws(EventContentError) -> EventContent {
    guard let text = member.text, let tag = ID3Tag(text: text) else {
      throw EventContentError("id3", "expected a text of at most \(ID3Tag.maximumText) bytes")
    }
    return .id3(tag.bytes)
  }

  /// The content as a JSON text; nil for data, whose text is its own, and for interstitials.
  package var json: [UInt8]? {
    switch self {
    case .data, .interstitial: nil
    case .splice(let cue): Array(cue.json.utf8)
    case .id3(let bytes): Array("{\"id3\": {\"base64\": \"\(Base64.encode(bytes))\"}}".utf8)
    case .klv(let bytes, _):
      Array(
        ("{\"klv\": {\"key\": \"\(hexadecimal(bytes.prefix(KLVSet.keyLength)))\", "
          + "\"base64\": \"\(Base64.encode(bytes))\"}}").utf8)
    }
  }

  /// Whether playlists list it, and windows keep it until its time has left them.
  ///
  /// Tags and sets come with the frames, many per second: media and messages alone carry them.
  package var isListed: Bool {
    switch self {
    case .data, .interstitial: true
    case .splice(let cue): cue.isListed
    case .id3, .klv: false
    }
  }
}
