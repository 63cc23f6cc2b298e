// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Sharing

extension FuzzBody {
  /// Request heads of a connection: requests and refusal do not depend on how the bytes are cut.
  static let head = FuzzBody(
    name: "head",
    sources: [
      "HTTP/Message/RequestHeadParser.swift", "HTTP/Message/RequestLine.swift",
      "HTTP/Message/RequestFields.swift", "HTTP/Message/Request.swift", "HTTP/Message/Octets.swift",
      "HTTP/Message/ByteRange.swift",
    ]
  ) { bytes in
    let whole = Heads(bytes, cuts: [])
    // The cut depends on the input, so that a finding can be repeated.
    let seed = bytes.reduce(UInt(5381)) { $0 &* 33 &+ UInt($1) }
    let cut = bytes.isEmpty ? 0 : Int(seed % UInt(bytes.count))
    // Long inputs into fewer pieces, so that the fuzzer stays fast.
    let step = bytes.count / 100 + 1
    for cuts in [[cut], Array(stride(from: 0, to: bytes.count, by: step))] {
      let pieces = Heads(bytes, cuts: cuts)
      guard pieces.error == whole.error else {
        return "cut at \(cuts.prefix(3)): \(pieces.error as Any), whole: \(whole.error as Any)"
      }
      guard pieces.requests == whole.requests else {
        return "cut at \(cuts.prefix(3)): other requests"
      }
    }
    return whole.violation
  }
}

/// The result of a parser for bytes in pieces.
private struct Heads {
  private(set) var requests: [String] = []
  private(set) var error: RequestParseError?
  private(set) var violation: String?

  private static let answer = PreparedResponse(
    status: 200, fields: [HeaderField("ETag", "\"a\"")],
    body: [
      SharedBytes([UInt8](repeating: 1, count: 400)),
      SharedBytes([UInt8](repeating: 2, count: 600)),
    ])

  init(_ bytes: [UInt8], cuts: [Int]) {
    var parser = RequestHeadParser()
    var start = 0
    var previous: Request?
    do throws(RequestParseError) {
      for end in cuts + [bytes.count] {
        let piece = Array(bytes[start..<end])
        start = end
        var position = 0
        while position < piece.count {
          guard let request = try parser.next(piece.span, &position) else { break }
          look(request)
          if let previous, request.has(previous.target), request.sent != previous.sent {
            violation = "\(request.rawPath) beside \(previous.rawPath)"
          }
          previous = request
        }
      }
    } catch { self.error = error }
    if let error, error.description.isEmpty || !(400...599).contains(error.status) {
      violation = "\(error) has no answer"
    }
  }

  /// Reads every property of a request that a route may read.
  private mutating func look(_ request: Request) {
    let range = ByteRange(request.header("range"), length: 1000)
    if case .part(let part) = range, part.isEmpty || part.lowerBound < 0 || part.upperBound > 1000 {
      violation = "range \(part) of 1000 bytes"
    }
    let shrunk = request.shrunk
    if shrunk.path != request.path || shrunk.queryItems != request.queryItems
      || shrunk.methodText != request.methodText
      || shrunk.header("range") != request.header("range")
    {
      violation = "a shrunk request differs"
    }
    let cut = Self.answer.ranged(request)
    if cut.contentLength != cut.body.reduce(0, { $0 + $1.count }) || cut.contentLength > 1000 {
      violation = "\(cut.status) with \(cut.contentLength) bytes"
    }
    var below = request
    let prefix = below.takePathPrefix()
    let segments = prefix.map { [request.firstPathSegment, $0] } ?? []
    if segments + below.pathSegments != request.pathSegments
      || (prefix == nil) != (request.pathSegments.count < 3)
      || below.query != request.query
    {
      violation = "the prefix of \(request.rawPath)"
    }
    if !request.has(request.target) { violation = "the target differs from itself" }
    if request.isBelow("live") != (request.firstPathSegment == "live") {
      violation = "the first segment of \(request.rawPath)"
    }
    if request.hasQuery != (request.query != nil) { violation = "query \(request.query as Any)" }
    if request.header("range") != nil, !request.hasNames(ofLengths: Request.lengths(["range"])) {
      violation = "a field without its length"
    }
    if request.minorVersion > 1 { violation = "HTTP/1.\(request.minorVersion)" }
    if request.header("HOST") == nil, request.minorVersion == 1 { violation = "no Host" }
    if case .contentLength(let length) = request.framing, length <= 0 || request.minorVersion > 1 {
      violation = "length \(length)"
    }
    if request.framing != .none, request.header("content-length") != nil,
      request.header("transfer-encoding") != nil
    {
      violation = "two framings"
    }
    let text =
      "\(request.methodText) \(request.path) \(request.pathSegments) \(request.queryItems)"
      + " \(request.headers) \(request.framing) \(request.keepAlive) \(range)"
      + " \(request.accepts(coding: "gzip")) \(request.headSize)"
    requests.append(text)
  }
}

extension Request {
  /// Path and query as they were sent.
  fileprivate var sent: [String?] { [rawPath, query] }
}
