// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Testing

@Suite("Delivery Directives, RFC 8216bis §6.2.5")
struct DeliveryDirectivesTests {
  /// Splits a query without percent-coding.
  static func parse(_ query: String) throws(DeliveryDirectives.Failure) -> DeliveryDirectives {
    var items: [(name: String, value: String)] = []
    for item in query.split(separator: "&") {
      let halves = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      items.append((String(halves[0]), halves.count > 1 ? String(halves[1]) : ""))
    }
    return try DeliveryDirectives(items)
  }

  @Test("each directive is read")
  func each() throws {
    let all = try Self.parse("_HLS_msn=12&_HLS_part=3&_HLS_skip=YES&wait=500&version=99")
    #expect(all.mediaSequenceNumber == 12)
    #expect(all.partIndex == 3)
    #expect(all.skip == .delta)
    #expect(all.waitMilliseconds == 500)
    #expect(all.version == 99)
    #expect(try Self.parse("") == DeliveryDirectives())
    #expect(try Self.parse("_HLS_msn=0").mediaSequenceNumber == 0)
    #expect(try Self.parse("_HLS_msn=007").mediaSequenceNumber == 7)
    #expect(try Self.parse("_HLS_msn=18446744073709551615").mediaSequenceNumber == .max)
  }

  @Test("a query with another parameter, or a name that caches read otherwise, is found")
  func onlyDirectives() {
    for query in ["", "_HLS_msn=1", "_HLS_msn=1&_HLS_part=0&_HLS_skip=YES", "wait=5&version=9"] {
      #expect(DeliveryDirectives.haveOnlyDirectives(query), "\(query)")
    }
    for query in ["x", "token=a", "_HLS_msn=1&x=y", "_hls_msn=1", "%5FHLS_msn=1", "=", "wait+=1"] {
      #expect(!DeliveryDirectives.haveOnlyDirectives(query), "\(query)")
    }
  }

  @Test("DD-09: YES and v2 are forms; other values are ignored")
  func skip() throws {
    #expect(try Self.parse("_HLS_skip=YES").skip == .delta)
    #expect(try Self.parse("_HLS_skip=v2").skip == .deltaWithDateRanges)
    for value in ["NO", "yes", "V2", "", "1", "YES "] {
      #expect(try Self.parse("_HLS_skip=\(value)").skip == .full)
    }
  }

  @Test(
    "DD-10: not decimal, negative, above 2^64−1, empty: refused with the name",
    arguments: ["_HLS_msn", "_HLS_part", "wait", "version"],
    [
      "", "-1", "+1", "1.0", "1e3", "0x10", "a", " 1", "1 ", "１", "٣", "1_000",
      "18446744073709551616", "99999999999999999999999999",
    ])
  func refused(name: String, value: String) {
    #expect(throws: DeliveryDirectives.Failure.notANumber(name)) {
      try Self.parse("\(name)=\(value)")
    }
  }

  @Test(
    "DD-10: a key given twice is refused",
    arguments: ["_HLS_msn", "_HLS_part", "wait", "version", "_HLS_skip"])
  func twice(name: String) {
    #expect(throws: DeliveryDirectives.Failure.repeated(name)) {
      try Self.parse("\(name)=1&other=2&\(name)=1")
    }
  }

  @Test("DD-11: unknown parameters are ignored with all values")
  func foreign() throws {
    for query in ["_HLS_foo=1&_HLS_foo=x", "token=a&token=b", "a"] {
      #expect(try Self.parse(query) == DeliveryDirectives())
      let mixed = try Self.parse("\(query)&_HLS_msn=5")
      #expect(mixed.mediaSequenceNumber == 5)
    }
  }

  @Test(
    "DD-10: another spelling of a directive is refused, since a cache may read it as one",
    arguments: [
      ("_HLS_msn", "%5FHLS_msn"), ("_HLS_part", "_HLS%5fpart"), ("wait", "%77ait"),
      ("version ", "version+"), (" _HLS_skip", "+_HLS_skip"), ("_hls_msn", "_hls_msn"),
      ("_HLS_MSN", "_HLS_MSN"), ("Wait", "Wait"),
    ])
  func spelling(name: String, written: String) {
    #expect(DeliveryDirectives.isSpelledOtherwise(name, written: written))
    #expect(DeliveryDirectives.Failure.spelling(written).isAmbiguous)
  }

  @Test("directives as they are written, and names of others, are no other spelling")
  func exactSpelling() {
    for name in ["_HLS_msn", "_HLS_part", "_HLS_skip", "wait", "version", "", "a b", "_HLS_foo"] {
      #expect(!DeliveryDirectives.isSpelledOtherwise(name, written: name))
    }
    #expect(!DeliveryDirectives.isSpelledOtherwise("utm_x", written: "utm%5Fx"))
  }

  @Test("an error gives the expected value in one line")
  func description() {
    let failure = DeliveryDirectives.Failure.notANumber("_HLS_msn")
    #expect("\(failure)" == "_HLS_msn: invalid value (expected a number from 0 to 2^64-1)")
    #expect(
      "\(DeliveryDirectives.Failure.repeated("wait"))" == "wait: repeated (expected at most once)")
    #expect("\(DeliveryDirectives.Failure.spelling("%77ait"))".hasPrefix("%77ait: not as "))
  }
}
