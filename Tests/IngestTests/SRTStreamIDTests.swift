// SPDX-License-Identifier: Apache-2.0

import Ingest
import Testing

/// A stream ID, and the path or the error that it becomes.
private struct Row: Sendable, CustomTestStringConvertible {
  let bytes: [UInt8]
  let path: String?
  let error: SRTStreamIDError?

  init(_ text: String, _ path: String) {
    (bytes, self.path, error) = (Array(text.utf8), path, nil)
  }

  init(_ text: String, _ error: SRTStreamIDError) {
    (bytes, path, self.error) = (Array(text.utf8), nil, error)
  }

  init(_ bytes: [UInt8], _ error: SRTStreamIDError) {
    (self.bytes, path, self.error) = (bytes, nil, error)
  }

  var testDescription: String { String(decoding: bytes.prefix(60), as: UTF8.self) }
}

private let rows = [
  Row("live", "live"), Row("live/sesame", "live/sesame"), Row("/live/a/b/", "live/a/b"),
  Row("live/sesame?latency=20", "live/sesame"), Row("a=b,c", "a=b,c"),
  Row("#!::r=live,m=publish,s=sesame", "live/sesame"),
  Row("#!::u=admin,h=host,s=k,t=stream,m=publish,r=live/x", "live/x/k"),
  Row("#!::r=live,m=publish", "live"), Row("#!::r=live,m=publish,s=", "live"),
  Row("#!::r=live,m=publish,s=a=b", "live/a=b"), Row("#!::,r=live,,m=publish,", "live"),
  Row("#!::r=live,m=publish,x-other=1", "live"),
  Row("live/\u{35B}x", "live/\u{35B}x"), Row("#!::r=\u{35B}/k,m=publish", "\u{35B}/k"),
  Row("#!::bmd_uuid=1c0b-2,bmd_name=Web Presenter,u=live/sesame", "live/sesame"),
  Row("#!::bmd_name=Studio, left,bmd_uuid=1,u=live", "live"),
  Row("#!::bmd_uuid=1,bmd_name=x,u=live/a,m=publish", "live/a"),
  Row("#!::bmd_uuid=1,r=live,u=sesame", "live/sesame"),
  Row("#!::bmd_uuid=1,r=live,u=admin,s=sesame", "live/sesame"),
  Row("#!::acme_serial=7,u=live/sesame", "live/sesame"),
  Row("#!::bmd_uuid=1", .empty), Row("#!::bmd_uuid=1,u=live,m=request", .mode),
  Row("#!::u=live/sesame", .mode), Row("#!::u=admin,x_y=1,r=live", .mode),
  Row("", .empty), Row("/", .empty), Row("?x", .empty), Row("#!::m=publish,s=key", .empty),
  Row("#!::r=/,m=publish,s=key", .empty), Row("#!::r=,m=publish", .empty),
  Row("#!::r=live", .mode), Row("#!::r=live,m=request", .mode), Row("#!::", .mode),
  Row("#!::r=live,m=bidirectional", .mode), Row("#!::r=live,m=Publish", .mode),
  Row("#!::r=live,m=publish,t=file", .type), Row("#!::t=auth", .type),
  Row("#!::r=a,r=b,m=publish", .malformed), Row("#!::live,m=publish", .malformed),
  Row("#!::=live", .malformed), Row("#!:{r=live,m=publish}", .malformed), Row("#!live", .malformed),
  Row("live\n", .malformed), Row("live\u{7F}", .malformed), Row([0x6C, 0xFF], .malformed),
  Row(String(repeating: "a", count: 512), String(repeating: "a", count: 512)),
  Row(String(repeating: "a", count: 513), .malformed),
]

@Suite("Stream IDs, SRT Access Control Guidelines")
struct SRTStreamIDTests {
  @Test("a stream ID is a path, or an error that says why not", arguments: rows)
  fileprivate func reading(row: Row) {
    do throws(SRTStreamIDError) {
      let found = try SRTStreamID(row.bytes)
      #expect(found.path.path == row.path)
    } catch { #expect(error == row.error) }
  }

  @Test("no error contains the stream ID")
  func secrecy() {
    for error in [SRTStreamIDError.empty, .malformed, .mode, .type] {
      #expect(!"\(error)".contains("sesame"))
    }
  }
}
