// SPDX-License-Identifier: Apache-2.0

import CMAF
import Encryption

extension FuzzBody {
  /// Documents of key servers, requests for licences, samples and chunks.
  ///
  /// The first byte chooses. A sample that is encrypted decrypts to its bytes; a document gives no
  /// line that would end a line of a playlist.
  static let encryption = FuzzBody(
    name: "encryption",
    sources: [
      "Encryption/KeyServer/CPIXAnswer.swift", "Checked/XMLElement.swift",
      "Encryption/Subsamples.swift", "Encryption/ParameterSets.swift",
      "Encryption/AVCSliceHeader.swift", "Encryption/AVCParameterSets.swift",
      "Encryption/HEVCSliceHeader.swift", "Encryption/HEVCParameterSets.swift",
      "Encryption/HEVCReferenceSet.swift", "Encryption/ProtectedChunk.swift",
      "Encryption/ProtectedHeader.swift", "Encryption/Licence.swift", "Encryption/KeyFile.swift",
    ]
  ) { bytes in
    guard let first = bytes.first,
      let key = ContentKey(
        identifier: [UInt8](repeating: 1, count: 16), key: [UInt8](repeating: 2, count: 16))
    else { return nil }
    let rest = Array(bytes.dropFirst())
    switch first {
    case UInt8(ascii: "c"): return document(rest)
    case UInt8(ascii: "l"):
      let asked = Licence.identifiers(rest) ?? []
      return asked.allSatisfy { $0.count == 16 } ? nil : "a KID of another size"
    case UInt8(ascii: "k"): return KeyFile.keys(rest)?.isEmpty == true ? "no key" : nil
    case UInt8(ascii: "h"):
      guard let header = try? ProtectedHeader(rest, key) else { return nil }
      let entry = try? MovieHeader(header: header.bytes).entry
      return entry?.protection == key.identifier ? nil : "no encrypted header"
    case UInt8(ascii: "m"):
      var sets = ParameterSets()
      for codec in [ParameterSets.Codec.avc, .hevc] {
        _ = try? ProtectedChunk.encrypt(
          rest, ProtectedChunk.Keys(key: key), .video(codec), &sets)
      }
      _ = try? ProtectedChunk.encrypt(rest, ProtectedChunk.Keys(key: key), .audio, &sets)
      return nil
    default: return sample(rest, key, first % 2 == 0 ? .avc : .hevc)
    }
  }

  private static func document(_ bytes: [UInt8]) -> String? {
    guard let answer = try? CPIXAnswer(bytes) else { return nil }
    for key in answer.keys {
      guard key.identifier.count == 16, key.vector.count == 16, key.secret.count == 16 else {
        return "a key of another size"
      }
      for signal in key.signals {
        if signal.keyAttributes?.contains(where: \.isNewline) == true { return "two lines" }
        if signal.system.utf8.count != 36 { return "no UUID: \(signal.system)" }
      }
    }
    return nil
  }

  private static func sample(
    _ bytes: [UInt8], _ key: ContentKey, _ codec: ParameterSets.Codec
  ) -> String? {
    var sets = ParameterSets(configuration: bytes, codec)
    guard let map = Subsamples(bytes[...], codec, &sets) else { return nil }
    guard map.entries.reduce(0, { $0 + $1.clear + $1.protected }) == bytes.count else {
      return "subsamples of another size"
    }
    var changed = bytes
    for decrypts in [false, true] {
      guard var cipher = PatternCipher(key, decrypts: decrypts) else { return "no cipher" }
      for range in map.ranges(from: 0) where !cipher.apply(&changed, range, .video) {
        return "a range is not encrypted"
      }
    }
    return changed == bytes ? nil : "not the same after decryption"
  }
}
