// SPDX-License-Identifier: Apache-2.0

/// What a fuzzing run and the replay of its corpora try: one kind of input and what must hold of it.
package struct FuzzBody: Sendable {
  /// The name of the executable without `fuzz-`, and of the folders of its inputs.
  package let name: String
  /// Files of the parsers that it is to reach, for the coverage report.
  package let sources: [String]
  /// Takes any bytes and traps on nothing.
  ///
  /// - Returns: the property that does not hold, or nil.
  package let run: @Sendable ([UInt8]) -> String?

  /// Every target there is.
  package static let all = [
    head, chunked, query, names, boxes, parameterSets, redaction, http1, http2,
  ]

  /// The target called `name`.
  package static func named(_ name: String) -> FuzzBody? { all.first { $0.name == name } }
}
