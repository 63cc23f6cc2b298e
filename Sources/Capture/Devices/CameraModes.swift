// SPDX-License-Identifier: Apache-2.0

internal import CV4L2
internal import Media

extension CameraDevice {
  /// A pixel format of the camera and its sizes.
  struct Format {
    let code: UInt32
    let isEmulated: Bool
    let sizes: [Size]
  }

  /// A size of the camera and its rates; no rates if the driver reports none.
  struct Size {
    let width, height: Int
    let rates: [FrameRate]
  }

  /// Above the count of any camera; ends the enumeration of a driver that never ends it.
  private static let limit: UInt32 = 256

  /// All formats of the camera.
  ///
  /// If it supports a range of sizes, the size nearest to `requested` represents the range.
  func formats(near requested: VideoSize, rate: FrameRate) -> [Format] {
    var formats: [Format] = []
    for index in 0..<Self.limit {
      var description = v4l2_fmtdesc()
      description.index = index
      description.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
      guard call(CV4L2_ENUM_FMT, &description) >= 0 else { break }
      formats.append(
        Format(
          code: description.pixelformat,
          isEmulated: description.flags & UInt32(V4L2_FMT_FLAG_EMULATED) != 0,
          sizes: sizes(description.pixelformat, requested, rate)))
    }
    return formats
  }

  /// The offered modes of supported formats.
  static func usable(_ formats: [Format], requested: VideoSize) -> [OfferedMode] {
    var modes: [OfferedMode] = []
    for format in formats {
      guard let known = PixelFormat(code: format.code), !format.isEmulated || known == .yu12 else {
        continue
      }
      // A driver that reports no sizes is assumed to support the requested one.
      var sizes = format.sizes
      if sizes.isEmpty {
        sizes = [Size(width: requested.width, height: requested.height, rates: [])]
      }
      for size in sizes {
        guard let even = VideoSize(width: size.width, height: size.height) else { continue }
        let rates: [FrameRate?] = size.rates.isEmpty ? [nil] : size.rates
        for rate in rates {
          modes.append(
            OfferedMode(format: known, isEmulated: format.isEmulated, size: even, rate: rate))
        }
      }
    }
    return modes
  }

  private func sizes(_ format: UInt32, _ requested: VideoSize, _ rate: FrameRate) -> [Size] {
    var sizes: [Size] = []
    for index in 0..<Self.limit {
      var size = v4l2_frmsizeenum()
      size.index = index
      size.pixel_format = format
      guard call(CV4L2_ENUM_FRAMESIZES, &size) >= 0 else { break }
      if size.type == V4L2_FRMSIZE_TYPE_DISCRETE.rawValue {
        let (width, height) = (size.discrete.width, size.discrete.height)
        sizes.append(
          Size(
            width: Int(width), height: Int(height), rates: rates(format, width, height, rate)))
      } else {
        let range = size.stepwise
        let width = Self.nearest(
          requested.width, range.min_width, range.max_width, range.step_width)
        let height = Self.nearest(
          requested.height, range.min_height, range.max_height, range.step_height)
        sizes.append(
          Size(width: Int(width), height: Int(height), rates: rates(format, width, height, rate)))
        break
      }
    }
    return sizes
  }

  private func rates(
    _ format: UInt32, _ width: UInt32, _ height: UInt32, _ requested: FrameRate
  ) -> [FrameRate] {
    var rates: [FrameRate] = []
    for index in 0..<Self.limit {
      var interval = v4l2_frmivalenum()
      interval.index = index
      interval.pixel_format = format
      interval.width = width
      interval.height = height
      guard call(CV4L2_ENUM_FRAMEINTERVALS, &interval) >= 0 else { break }
      if interval.type == V4L2_FRMIVAL_TYPE_DISCRETE.rawValue {
        let duration = interval.discrete
        if let rate = FrameRate(Int64(duration.denominator), Int64(duration.numerator)) {
          rates.append(rate)
        }
      } else {
        // The shortest interval is the highest rate.
        let range = interval.stepwise
        let highest = FrameRate(Int64(range.min.denominator), Int64(range.min.numerator))
        let lowest = FrameRate(Int64(range.max.denominator), Int64(range.max.numerator))
        if let highest, highest < requested {
          rates.append(highest)
        } else if let lowest, requested < lowest {
          rates.append(lowest)
        } else {
          rates.append(requested)
        }
        break
      }
    }
    return rates
  }

  /// The value of a stepped range that is nearest to `requested`.
  static func nearest(_ requested: Int, _ least: UInt32, _ most: UInt32, _ step: UInt32) -> UInt32 {
    let (least, most, step) = (Int(least), Int(max(least, most)), Int(max(1, step)))
    let clamped = min(max(requested, least), most)
    let stepped = least + (clamped - least + step / 2) / step * step
    return UInt32(stepped > most ? stepped - step : stepped)
  }
}

extension FrameRate {
  /// Whether `one` is the lower of two rates.
  fileprivate static func < (one: FrameRate, other: FrameRate) -> Bool {
    one.numerator * other.denominator < other.numerator * one.denominator
  }
}
