// SPDX-License-Identifier: Apache-2.0

import HTTP

extension FuzzBody {
  /// Bodies in chunked coding: data, end and refusal do not depend on how the bytes are cut;
  /// decoded data survives another encoding.
  static let chunked = FuzzBody(
    name: "chunked", sources: ["HTTP/Body/ChunkedDecoder.swift"]
  ) { bytes in
    let whole = Decoded(bytes, piece: bytes.count)
    let seed = bytes.reduce(UInt(5381)) { $0 &* 33 &+ UInt($1) }
    for piece in [1, Int(seed % 7) + 2] {
      let cut = Decoded(bytes, piece: piece)
      if cut != whole { return "in pieces of \(piece) \(cut), whole \(whole)" }
    }
    guard let rest = whole.rest else { return nil }
    guard whole.error == nil else { return "refused after its end" }
    let size = Array(String(whole.data.count, radix: 16).utf8)
    let line: [UInt8] = [0x0D, 0x0A]
    let last = Array("0\r\n\r\n".utf8)
    let again = whole.data.isEmpty ? last : size + line + whole.data + line + last
    let back = Decoded(again, piece: again.count)
    return back.data == whole.data && back.rest == 0 && rest < bytes.count
      ? nil : "encoded again \(back), before \(whole)"
  }
}

/// The result of a decoder for bytes in pieces.
private struct Decoded: Equatable {
  var data: [UInt8] = []
  var error: ChunkedCodingError?
  /// The number of bytes after the end of the body; nil without an end.
  var rest: Int?

  init(_ bytes: [UInt8], piece: Int) {
    var decoder = ChunkedDecoder(trailerLimit: 200)
    var start = 0
    do throws(ChunkedCodingError) {
      while start < bytes.count, rest == nil {
        let part = Array(bytes[start...].prefix(piece))
        var position = 0
        while position < part.count, rest == nil {
          switch try decoder.next(part.span, &position) {
          case .data(let range): data += part[range]
          case .end: rest = bytes.count - start - position
          case .more: break
          }
        }
        start += part.count
      }
    } catch {
      self.error = error
    }
  }
}
