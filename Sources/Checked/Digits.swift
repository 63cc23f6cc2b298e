// SPDX-License-Identifier: Apache-2.0

/// Bytes as lower-case hexadecimal digits, two for each.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { hexadecimal($0) }.joined()
}

/// A number as hexadecimal digits, with all leading zeros of its type, or of `digits`.
package func hexadecimal<Number: FixedWidthInteger & UnsignedInteger>(
  _ number: Number, digits: Int = Number.bitWidth / 4
) -> String {
  padded(String(number, radix: 16), to: digits)
}

/// Whether a byte is a hexadecimal digit in lower case.
package func isHexadecimal(_ octet: UInt8) -> Bool {
  (0x30...0x39).contains(octet) || (0x61...0x66).contains(octet)
}

/// The value of a hexadecimal digit.
package func hexadecimalValue(_ octet: UInt8) -> UInt8? {
  switch octet {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): octet - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): octet - UInt8(ascii: "A") + 10
  default: nil
  }
}

/// The bytes of hexadecimal digits, two for each; nil for other characters, and for an odd number.
package func hexadecimalBytes(_ digits: some Sequence<UInt8>) -> [UInt8]? {
  var bytes: [UInt8] = []
  var high: UInt8?
  for digit in digits {
    guard let value = hexadecimalValue(digit) else { return nil }
    if let first = high {
      bytes.append(first << 4 | value)
      high = nil
    } else {
      high = value
    }
  }
  return high == nil ? bytes : nil
}

/// Text without percent-escapes; a broken escape is unchanged, invalid UTF-8 is U+FFFD.
///
/// - Source: RFC 3986 §2.1
package func percentDecoded(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool = false) -> String {
  guard bytes.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
    return String(decoding: bytes, as: UTF8.self)
  }
  return String(decoding: percentDecodedBytes(bytes, plusIsSpace: plusIsSpace), as: UTF8.self)
}

/// Bytes without percent-escapes, in any encoding; a broken escape is unchanged.
///
/// - Source: RFC 3986 §2.1
package func percentDecodedBytes(
  _ bytes: ArraySlice<UInt8>, plusIsSpace: Bool = false
) -> [UInt8] {
  var decoded: [UInt8] = []
  decoded.reserveCapacity(bytes.count)
  var index = bytes.startIndex
  while index < bytes.endIndex {
    let byte = bytes[index]
    if byte == UInt8(ascii: "%"), index + 2 < bytes.endIndex,
      // bounded: index + 2 < end
      let high = hexadecimalValue(bytes[index + 1]), let low = hexadecimalValue(bytes[index + 2])
    {
      decoded.append(high << 4 | low)
      index += 3
    } else {
      decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
      index += 1
    }
  }
  return decoded
}

/// Digits with leading zeros, of at least `count` characters.
package func padded(_ digits: String, to count: Int) -> String {
  let missing = count - digits.utf8.count
  return missing > 0 ? String(repeating: "0", count: missing) + digits : digits
}
