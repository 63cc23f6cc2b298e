// SPDX-License-Identifier: Apache-2.0

import HTTP

extension FuzzBody {
  /// Responses of another server: head, body, end and refusal do not depend on how the bytes are
  /// cut, and a body of known length has that length.
  static let response = FuzzBody(
    name: "response",
    sources: ["HTTP/Client/ResponseReader.swift", "HTTP/Client/ResponseHead.swift"]
  ) { bytes in
    let whole = Read(bytes, piece: max(1, bytes.count))
    let seed = bytes.reduce(UInt(5381)) { $0 &* 33 &+ UInt($1) }
    for piece in [1, Int(seed % 13) + 2] {
      let cut = Read(bytes, piece: piece)
      if cut != whole { return "in pieces of \(piece) \(cut), whole \(whole)" }
    }
    guard whole.fault == nil, case .length(let length)? = whole.head?.framing else { return nil }
    return whole.body.count == length ? nil : "\(whole.body.count) bytes instead of \(length)"
  }
}

/// The result of a reader for bytes in pieces, and then the end of the connection.
private struct Read: Equatable {
  var head: ResponseHead?
  var body: [UInt8] = []
  var fault: ResponseReader.Fault?

  init(_ bytes: [UInt8], piece: Int) {
    var reader = ResponseReader()
    var rest = bytes[...]
    do throws(ResponseReader.Fault) {
      while !rest.isEmpty, !reader.hasEnded {
        body += try reader.take(Array(rest.prefix(piece)))
        rest = rest.dropFirst(piece)
      }
      if !reader.hasEnded { body += try reader.take([]) }
    } catch { fault = error }
    // A refused body may have been given in part.
    if fault != nil { body = [] }
    head = reader.head
  }
}
