// SPDX-License-Identifier: Apache-2.0

import Checked
import System
import Testing

@testable import Encryption

@Suite("CPIX and licences")
struct CPIXTests {
  static let kid = "01020304-0506-0708-090a-0b0c0d0e0f10"
  static let key = [UInt8](repeating: 0x5A, count: 16)
  /// `pssh` of Widevine without data.
  static let box: [UInt8] =
    [0, 0, 0, 32] + Array("pssh".utf8) + [0, 0, 0, 0]
    + (ContentKey.bytes("edef8ba979d64acea3c827dcd51d21ed") ?? []) + [0, 0, 0, 0]

  static func document(
    _ secret: String, scheme: String = "cbcs", hls: String = "",
    vector: String = Base64.encode([UInt8](repeating: 7, count: 16))
  ) -> [UInt8] {
    Array(
      """
      <?xml version="1.0"?><!-- from a server -->
      <cpix:CPIX xmlns:cpix="urn:dashif:org:cpix" xmlns:pskc="urn:ietf:params:xml:ns:keyprov:pskc">
      <cpix:ContentKeyList><cpix:ContentKey kid="\(kid)" commonEncryptionScheme="\(scheme)"
        explicitIV="\(vector)">
      <cpix:Data><pskc:Secret>\(secret)</pskc:Secret></cpix:Data></cpix:ContentKey>
      </cpix:ContentKeyList><cpix:DRMSystemList>
      <cpix:DRMSystem kid="\(kid)" systemId="EDEF8BA9-79D6-4ACE-A3C8-27DCD51D21ED">
      <cpix:PSSH>\(Base64.encode(box))</cpix:PSSH>\(hls)</cpix:DRMSystem>
      </cpix:DRMSystemList></cpix:CPIX>
      """.utf8)
  }

  static let plain = "<pskc:PlainValue>\(Base64.encode(key))</pskc:PlainValue>"

  @Test("a key has its IV, and what systems tell players")
  func whole() throws {
    let line = #"URI="skd://1",KEYFORMAT="com.apple.streamingkeydelivery""#
    let hls =
      "<cpix:HLSSignalingData playlist=\"media\">"
      + Base64.encode(Array("#EXT-X-KEY:METHOD=SAMPLE-AES,\(line)\n".utf8))
      + "</cpix:HLSSignalingData>"
    let answer = try CPIXAnswer(Self.document(Self.plain, hls: hls))
    let key = try #require(answer.keys.first)
    #expect(key.uuid == Self.kid && key.secret.array == Self.key && key.vector[0] == 7)
    let signal = try #require(key.signals.first)
    #expect(signal.system == "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed" && signal.box == Self.box)
    #expect(signal.keyAttributes == line)
  }

  @Test("elements for MPDs are copied if they are whole")
  func elements() throws {
    for (text, isCopied) in [
      ("<pro xmlns=\"urn:x\">QQ==</pro>", true), ("</AdaptationSet><b>", false),
      ("<b/></a><a>", false), ("<?xml version=\"1.0\"?><b/>", false), ("", false), (" A", false),
      ("<mspr:pro xmlns:mspr=\"urn:m\">QQ==</mspr:pro><cenc:pssh>QQ==</cenc:pssh>", true),
      ("<a xmlns:b='urn:b'><b:c b:d='&lt;' xml:lang='en'/></a>\n", true),
      // Not well-formed, or of several documents.
      ("<a xmlns='urn:a' xmlns='urn:b'/>", false), ("<a xmlns:b=''/>", false),
      ("<a xmlns:xml='urn:a'/>", false), ("<a b='1' b='2'/>", false), ("<1a/>", false),
      ("<a:b:c xmlns:a='urn:a'/>", false), ("<:a/>", false), ("<a>]]></a>", false),
      ("<a>\u{1}</a>", false), ("<a>&#0;</a>", false), ("<a><!-- -- --></a>", false),
    ] {
      let data = Base64.encode(Array(text.utf8))
      let inner = "<cpix:ContentProtectionData>\(data)</cpix:ContentProtectionData>"
      let answer = try CPIXAnswer(Self.document(Self.plain, hls: inner))
      #expect(answer.keys.first?.signals.first?.content == (isCopied ? text : nil))
    }
  }

  @Test(
    "elements with a prefix that only their server knows are refused: no MPD could have them",
    arguments: [
      "<mspr:pro>QQ==</mspr:pro>", "<a mspr:b='1'/>", "<a xmlns:b='urn:b'/><b:c/>",
      "<a><b:c xmlns:b='urn:b'/><b:d/></a>", "<xmlns:a/>",
    ])
  func prefixes(text: String) {
    let data = Base64.encode(Array(text.utf8))
    let inner = "<cpix:ContentProtectionData>\(data)</cpix:ContentProtectionData>"
    #expect(throws: CPIXAnswer.Failure.prefix(0)) {
      try CPIXAnswer(Self.document(Self.plain, hls: inner))
    }
  }

  @Test("HLS signalling of several lines is left out")
  func lines() throws {
    let text = Base64.encode(Array("URI=\"a\",KEYFORMAT=\"b\"\n#EXT-X-ENDLIST".utf8))
    let hls = "<HLSSignalingData>\(text)</HLSSignalingData>"
    let answer = try CPIXAnswer(Self.document(Self.plain, hls: hls))
    #expect(answer.keys.first?.signals.first?.keyAttributes == nil)
  }

  @Test("a document without a usable key is refused with its fault")
  func faults() {
    #expect(throws: CPIXAnswer.Failure.notCPIX) { try CPIXAnswer(Array("<a/>".utf8)) }
    #expect(throws: CPIXAnswer.Failure.noKey) { try CPIXAnswer(Array("<CPIX/>".utf8)) }
    #expect(throws: CPIXAnswer.Failure.encrypted) {
      try CPIXAnswer(Self.document("<EncryptedValue/>"))
    }
    #expect(throws: CPIXAnswer.Failure.malformed(0)) {
      try CPIXAnswer(Self.document("<PlainValue>AAAA</PlainValue>"))
    }
    for vector in ["", "AAAA", "*", Base64.encode([UInt8](repeating: 7, count: 8))] {
      #expect(throws: CPIXAnswer.Failure.vector(0)) {
        try CPIXAnswer(Self.document(Self.plain, vector: vector))
      }
    }
    #expect(throws: CPIXAnswer.Failure.scheme(0)) {
      try CPIXAnswer(Self.document(Self.plain, scheme: "cenc"))
    }
  }

  @Test(
    "a document beyond the limits of the reader is refused",
    arguments: [
      "<!DOCTYPE a [<!ENTITY b \"c\">]><CPIX/>", "<CPIX>&b;</CPIX>", "<CPIX><a></CPIX></a>",
      "<CPIX a=b/>", "<CPIX/><CPIX/>", String(repeating: "<CPIX>", count: 100), "",
      "<CPIX>" + String(repeating: " ", count: 262_144) + "</CPIX>",
      "<CPIX>" + String(repeating: "<a/>", count: 4096) + "</CPIX>",
    ])
  func documents(text: String) { #expect(CPIXAnswer.document(Array(text.utf8)) == nil) }

  @Test("a program that restarts asks for the same key of a period")
  func request() {
    let request = CPIXRequest(content: "live", period: 7)
    #expect(request.identifier == CPIXRequest(content: "live", period: 7).identifier)
    #expect(request.identifier != CPIXRequest(content: "live", period: 8).identifier)
    let document = CPIXAnswer.document(Array(request.text.utf8))
    let key = document?.at("ContentKeyList", "ContentKey")
    #expect(key?.attributes["commonEncryptionScheme"] == "cbcs")
    #expect(document?.at("ContentKeyPeriodList", "ContentKeyPeriod")?.attributes["index"] == "7")
    #expect(document?.first("DRMSystemList")?.all("DRMSystem").count == 3)
  }

  @Test("a licence is a JSON Web Key Set, and a request names KIDs")
  func licence() throws {
    let key = try KeyTests.key(1)
    let text = String(decoding: Licence.json([key]), as: UTF8.self)
    #expect(text.contains("\"kid\":\"AQEBAQEBAQEBAQEBAQEBAQ\""))
    #expect(text.contains("\"k\":\"QUFBQUFBQUFBQUFBQUFBQQ\""))
    let asked = Licence.identifiers(Array(#"{"kids":["AQEBAQEBAQEBAQEBAQEBAQ"]}"#.utf8))
    #expect(asked == [key.identifier])
    #expect(Licence.identifiers([]) == [])
    #expect(Licence.identifiers(Array(#"{"kids":["AQ"]}"#.utf8)) == nil)
  }
}
