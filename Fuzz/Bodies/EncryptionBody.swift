// SPDX-License-Identifier: Apache-2.0

import CMAF
import Encryption
import System
import XML

extension FuzzBody {
  /// Documents of key servers, requests for licences, samples and chunks.
  ///
  /// The first byte chooses. A sample that is encrypted decrypts to its bytes; a document gives no
  /// line that would end a line of a playlist, and no elements with which an MPD would not be
  /// well-formed.
  static let encryption = FuzzBody(
    name: "encryption",
    sources: [
      "Encryption/KeyServer/CPIXAnswer.swift", "XML/XMLNames.swift",
      "Encryption/Subsamples.swift", "Encryption/SliceParameterSets.swift",
      "CMAF/AVCSliceHeader.swift", "CMAF/AVCParameterSets.swift",
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
    case UInt8(ascii: "x"): return document(document(content: rest))
    case UInt8(ascii: "l"):
      let asked = Licence.identifiers(rest) ?? []
      return asked.allSatisfy { $0.count == 16 } ? nil : "a KID of another size"
    case UInt8(ascii: "k"): return KeyFile.keys(rest)?.isEmpty == true ? "no key" : nil
    case UInt8(ascii: "h"):
      guard let header = try? ProtectedHeader(rest, key) else { return nil }
      let entry = try? MovieHeader(header: header.bytes).entry
      return entry?.protection == key.identifier ? nil : "no encrypted header"
    case UInt8(ascii: "m"):
      var sets = SliceParameterSets()
      for codec in [SliceParameterSets.Codec.avc, .hevc] {
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
        guard let content = signal.content else { continue }
        let whole = Array("<a xmlns:cenc='urn:mpeg:cenc:2013'>\(content)</a>".utf8)
        let limits = XMLLimits(bytes: 1 << 20, depth: 64, elements: 8192, attributes: 65_536)
        guard (try? XMLDocument(whole, limits)) != nil else {
          return "the MPD is not well-formed"
        }
        if content.contains("<!") || content.contains("<?") { return "a comment in the MPD" }
        if let name = undeclared(content) { return "the MPD does not declare \(name)" }
      }
    }
    return nil
  }

  /// A document with elements for MPDs.
  private static func document(content: [UInt8]) -> [UInt8] {
    let kid = "kid=\"01020304-0506-0708-090a-0b0c0d0e0f10\""
    let system = "systemId=\"edef8ba9-79d6-4ace-a3c8-27dcd51d21ed\""
    return Array(
      """
      <CPIX><ContentKeyList><ContentKey \(kid)><Data><Secret><PlainValue>AAAAAAAAAAAAAAAAAAAAAA==\
      </PlainValue></Secret></Data></ContentKey></ContentKeyList><DRMSystemList>\
      <DRMSystem \(kid) \(system)><ContentProtectionData>\(Base64.encode(content))\
      </ContentProtectionData></DRMSystem></DRMSystemList></CPIX>
      """.utf8)
  }

  /// A name whose prefix is not declared, in well-formed elements without comments; nil for none.
  private static func undeclared(_ text: String) -> String? {
    var scopes: [Set<String>] = [["cenc", "xml"]]
    for piece in text.unicodeScalars.split(separator: "<", omittingEmptySubsequences: false)
      .dropFirst()
    {
      if piece.first == "/" {
        scopes.removeLast()
        continue
      }
      var tag = ""
      var quote: Unicode.Scalar?
      for scalar in piece {
        if let open = quote {
          if scalar == open { quote = nil }
          continue
        }
        if scalar == ">" { break }
        if scalar == "\"" || scalar == "'" {
          quote = scalar
        } else {
          tag.unicodeScalars.append(scalar)
        }
      }
      let names = tag.unicodeScalars.split { " \t\r\n=/".unicodeScalars.contains($0) }
        .map { $0.split(separator: ":").map(String.init) }.filter { $0.count == 2 }
      let scope = Set(names.filter { $0[0] == "xmlns" }.map { $0[1] }).union(scopes.last ?? [])
      if let name = names.first(where: { $0[0] != "xmlns" && !scope.contains($0[0]) }) {
        return name.joined(separator: ":")
      }
      if tag.last != "/" { scopes.append(scope) }
    }
    return nil
  }

  private static func sample(
    _ bytes: [UInt8], _ key: ContentKey, _ codec: SliceParameterSets.Codec
  ) -> String? {
    var sets = SliceParameterSets(configuration: bytes, codec)
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
