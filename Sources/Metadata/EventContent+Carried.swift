// SPDX-License-Identifier: Apache-2.0

extension EventContent {
  /// The content of an event of which media carry this JSON text: ``json``, or that of a request.
  ///
  /// A text that is not exactly one of a message of SCTE-35 or of an interstitial is data.
  package static func carried(by text: [UInt8]) -> EventContent {
    if let cue = splice(carriedBy: text) { return .splice(cue) }
    guard case .interstitial(let interstitial)? = try? read(text) else { return .data }
    return .interstitial(interstitial)
  }

  /// The JSON text of a message ends with its bytes: `"base64": "…"}}`.
  private static func splice(carriedBy text: [UInt8]) -> SpliceCue? {
    let tail = Array("\"}}".utf8)
    guard text.starts(with: "{\"scte35\": {".utf8), text.suffix(tail.count).elementsEqual(tail)
    else { return nil }
    let front = text.dropLast(tail.count)
    guard let quote = front.lastIndex(of: UInt8(ascii: "\"")) else { return nil }
    let coded = String(decoding: front[(quote + 1)...], as: UTF8.self)
    guard let bytes = SpliceInfoSection.bytes(ofText: coded), bytes.count <= largest.splice,
      let cues = try? SpliceCue.readAll(bytes)
    else { return nil }
    return cues.first { cue in
      [true, false].contains { cue.json(statesReturn: $0).utf8.elementsEqual(text) }
    }
  }
}
