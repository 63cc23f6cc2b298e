// SPDX-License-Identifier: Apache-2.0

import Foundation
import FuzzBodies
import Testing

/// One file of a fuzzing corpus, or of the inputs that once failed.
private struct Input: Sendable, CustomTestStringConvertible {
  let body: FuzzBody
  let path: String
  var testDescription: String { path }

  /// The files of `folder`, for each target.
  static func all(_ folder: String) -> [Input] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Fuzz/\(folder)")
    return FuzzBody.all.flatMap { body in
      let place = root.appending(path: body.name).path
      let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
      return names.filter { !$0.hasPrefix(".") }.sorted()
        .map { Input(body: body, path: "\(place)/\($0)") }
    }
  }
}

@Suite("Inputs of the fuzzer, replayed", .serialized)
struct ReplayTests {
  @Test("an input that once failed does not fail again", arguments: Input.all("FailCases"))
  private func failCase(_ input: Input) throws {
    let bytes = Array(try Data(contentsOf: URL(filePath: input.path)))
    #expect(input.body.run(bytes) == nil)
  }

  @Test("the corpus violates nothing", arguments: FuzzBody.all.map(\.name))
  func corpus(_ name: String) throws {
    let inputs = Input.all("Corpus").filter { $0.body.name == name }
    #expect(!inputs.isEmpty)
    for input in inputs {
      let bytes = Array(try Data(contentsOf: URL(filePath: input.path)))
      #expect(input.body.run(bytes) == nil, "\(input.path)")
    }
  }
}
