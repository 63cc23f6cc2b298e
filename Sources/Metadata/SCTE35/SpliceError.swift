// SPDX-License-Identifier: Apache-2.0

import Checked

/// Why bytes are not a splice_info_section that can be used.
package enum SpliceError: Error, Equatable, CustomStringConvertible {
  /// The field ends after the bytes that contain it.
  case truncated(String)
  /// The section has another number of bytes than its length field states.
  case length(stated: Int, found: Int)
  /// The field has a value that no section has.
  case invalid(field: String, value: String)
  /// The command is encrypted, with this algorithm.
  case encrypted(algorithm: Int)
  /// The remainder of CRC-32 over the section, which is 0 for undamaged ones.
  case checksum(UInt32)
  /// The section has more segmentation descriptors than are read.
  case tooManyDescriptors(limit: Int)

  package var description: String {
    switch self {
    case .truncated(let field): "SCTE-35: \(field) ends after the section"
    case .length(let stated, let found):
      "SCTE-35: the section has \(found) bytes (expected \(stated), as its length states)"
    case .invalid(let field, let value): "SCTE-35: invalid \(field) \(value)"
    case .encrypted(let algorithm):
      "SCTE-35: the section is encrypted (algorithm \(algorithm)); expected a clear one"
    case .checksum(let remainder):
      "SCTE-35: CRC-32 does not match (remainder 0x\(hexadecimal(remainder)))"
    case .tooManyDescriptors(let limit):
      "SCTE-35: more than \(limit) segmentation descriptors"
    }
  }
}
