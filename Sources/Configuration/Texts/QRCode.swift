// SPDX-License-Identifier: Apache-2.0

internal import CQRencode

/// A QR code as lines for a terminal.
/// - Source: ISO/IEC 18004; the library is libqrencode
package struct QRCode: Sendable, Equatable {
  /// The light modules around the code.
  /// - Source: ISO/IEC 18004 §5.3.8
  private static let border = 4
  /// The most modules on a side: version 10, which holds 213 bytes with error correction M.
  private static let most = 57

  /// The number of modules on a side.
  package let width: Int
  /// Whether modules are dark, row by row.
  private let modules: [Bool]

  /// The code of a text; nil if the text is too long.
  package init?(_ text: String) {
    guard !text.utf8.contains(0) else { return nil }
    var bytes = [UInt8](repeating: 0, count: Self.most * Self.most)
    let width = unsafe cqrencode(text, &bytes, bytes.count)
    guard width > 0 else { return nil }
    self.width = Int(width)
    modules = bytes.prefix(self.width * self.width).map { $0 != 0 }  // bounded: at most `most`
  }

  /// Two rows of modules per line, with colours that do not depend on those of the terminal.
  package var terminalText: String {
    let range = -Self.border..<width + Self.border  // bounded: at most `most`
    return stride(from: range.lowerBound, to: range.upperBound, by: 2).map { row in
      let blocks = range.map { column in
        switch (isDark(column, row), isDark(column, row + 1)) {  // bounded: at most `most`
        case (false, false): "█"
        case (false, true): "▀"
        case (true, false): "▄"
        case (true, true): " "
        }
      }
      return "\u{1B}[97;40m" + blocks.joined() + "\u{1B}[0m\n"
    }.joined()
  }

  /// Whether a module is dark; those outside of the code are light.
  package func isDark(_ column: Int, _ row: Int) -> Bool {
    guard (0..<width).contains(column), (0..<width).contains(row) else { return false }
    return modules[row * width + column]  // bounded: within the code
  }
}
