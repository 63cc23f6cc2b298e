// SPDX-License-Identifier: Apache-2.0

import Checked

/// The key of an object store, which is never printed.
package struct ObjectCredentials: Sendable, Equatable, CustomStringConvertible {
  /// The name of the key.
  package let identifier: String
  /// The secret.
  package let secret: String
  /// The region of the file; nil if it has none.
  package let region: String?

  package var description: String { "credentials" }

  /// A key; nil if a part is empty or has other characters than printable ASCII.
  package init?(identifier: String, secret: String, region: String? = nil) {
    func isValid(_ text: String) -> Bool {
      (1...256).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
    guard isValid(identifier), isValid(secret), region.map(Self.isRegion) ?? true else {
      return nil
    }
    self.identifier = identifier
    self.secret = secret
    self.region = region
  }

  /// Reads a file: the first section of an AWS credentials file, or two lines, identifier and
  /// secret; nil for every other content.
  package init?(file text: String) {
    let lines = text.split(whereSeparator: \.isNewline).map(\.trimmed)
      .filter { !$0.isEmpty && !$0.hasPrefix("#") && !$0.hasPrefix(";") }
    guard lines.contains(where: { $0.contains("aws_access_key_id") }) else {
      guard lines.count == 2, let first = lines.first, let last = lines.last else { return nil }
      self.init(identifier: first, secret: last)
      return
    }
    var values: [String: String] = [:]
    for (index, line) in lines.enumerated() {
      if line.hasPrefix("[") {
        if index > 0 { break }
        continue
      }
      guard let sign = line.firstIndex(of: "=") else { return nil }
      let name = line.prefix(upTo: sign).trimmed
      values[name] = line.suffix(from: sign).dropFirst().trimmed
    }
    self.init(
      identifier: values["aws_access_key_id"] ?? "", secret: values["aws_secret_access_key"] ?? "",
      region: values["region"])
  }

  /// Whether a text may be the name of a region.
  package static func isRegion(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
      }
  }
}
