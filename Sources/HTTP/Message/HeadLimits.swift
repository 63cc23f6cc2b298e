// SPDX-License-Identifier: Apache-2.0

/// The limits of a request head.
package struct HeadLimits: Sendable, Equatable {
  /// Bytes of the whole head, including its last empty line; at most 65,535.
  package var headBytes = 16 * 1024
  /// Field lines.
  package var fieldCount = 100
  /// Bytes of the request target.
  package var targetBytes = 4 * 1024

  /// The default limits.
  package init() {}
}

/// The limits of a request head in six bytes.
struct PackedLimits {
  private let head, fields, target: UInt16

  init(_ limits: HeadLimits) {
    head = UInt16(clamping: limits.headBytes)
    fields = UInt16(clamping: limits.fieldCount)
    target = UInt16(clamping: limits.targetBytes)
  }

  var headBytes: Int { Int(head) }
  var fieldCount: Int { Int(fields) }
  var targetBytes: Int { Int(target) }

  var whole: HeadLimits {
    var limits = HeadLimits()
    limits.headBytes = headBytes
    limits.fieldCount = fieldCount
    limits.targetBytes = targetBytes
    return limits
  }
}
