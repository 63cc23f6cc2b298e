// SPDX-License-Identifier: Apache-2.0

import CMAF

/// The parameter sets of a video track, with which its slice headers are read.
package struct SliceParameterSets: Sendable, Equatable {
  /// The codec of NAL units.
  package enum Codec: Sendable, Equatable { case avc, hevc }

  private var avc = AVCParameterSets()
  private var hevc = HEVCParameterSets()

  /// No sets.
  package init() {}

  /// The sets of a decoder configuration, `avcC` or `hvcC`.
  package init(configuration: [UInt8], _ codec: Codec) {
    switch codec {
    case .avc: avc = AVCParameterSets(configuration: configuration)
    case .hevc: hevc = HEVCParameterSets(configuration: configuration)
    }
  }

  /// The kind of a NAL unit, which decides which of its bytes stay clear.
  enum Unit: Equatable {
    /// Parameter sets, SEI messages and others: wholly clear.
    case other
    /// A slice with the bytes up to the end of its header; nil if that cannot be read.
    case slice(header: Int?)
  }

  /// The bytes of a slice in which its header ends: a wavefront of 270 rows has 1,080 bytes of
  /// entry points (H.265 §7.3.6.1).
  private static let maximumHeader = 4096

  /// Takes the next NAL unit of the track: parameter sets are kept.
  mutating func take(_ unit: ArraySlice<UInt8>, _ codec: Codec) -> Unit {
    let head = unit.prefix(Self.maximumHeader)
    switch codec {
    case .avc:
      switch (unit.first ?? 0) & 0x1F {
      case 1, 5: return .slice(header: avc.sliceHeaderSize(head))
      case 7, 8: avc.add(unit)
      default: break
      }
    case .hevc:
      switch (unit.first ?? 0xFF) >> 1 & 0x3F {
      case 0..<32: return .slice(header: hevc.sliceHeaderSize(head))
      case 33, 34: hevc.add(unit)
      default: break
      }
    }
    return .other
  }
}
