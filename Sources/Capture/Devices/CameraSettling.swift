// SPDX-License-Identifier: Apache-2.0

internal import CV4L2
internal import Media

extension CameraDevice {
  /// Sets the mode nearest to the requested one; returns the mode that the driver chose.
  func settle(
    requested: VideoSize, rate: FrameRate
  ) throws(CameraError) -> (CameraMode, PixelFormat, v4l2_pix_format) {
    let formats = formats(near: requested, rate: rate)
    guard
      let chosen = ModeChoice.nearest(
        Self.usable(formats, requested: requested), to: requested, rate: rate)
    else {
      let offered = formats.map { PixelFormat.name($0.code) }.joined(separator: ", ")
      throw .noUsableFormat(path: path, offered: offered.isEmpty ? "none" : offered)
    }
    let geometry = try setFormat(chosen)
    guard let format = PixelFormat(code: geometry.pixelformat),
      let size = VideoSize(width: Int(geometry.width), height: Int(geometry.height))
    else {
      let name = PixelFormat.name(geometry.pixelformat)
      throw .noUsableFormat(path: path, offered: "\(name) \(geometry.width)x\(geometry.height)")
    }
    let mode = CameraMode(
      pixelFormat: format.name, size: size, rate: setRate(chosen.rate ?? rate) ?? chosen.rate,
      isEmulated: chosen.isEmulated)
    return (mode, format, geometry)
  }

  private func setFormat(_ mode: OfferedMode) throws(CameraError) -> v4l2_pix_format {
    var format = unsafe v4l2_format()
    unsafe format.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
    var wanted = v4l2_pix_format()
    wanted.width = UInt32(mode.size.width)
    wanted.height = UInt32(mode.size.height)
    wanted.pixelformat = mode.format.code
    wanted.field = V4L2_FIELD_NONE.rawValue
    unsafe format.fmt.pix = wanted
    try unsafe configure("VIDIOC_S_FMT", CV4L2_S_FMT, &format)
    return unsafe format.fmt.pix
  }

  /// Requests a frame rate; the rate that the driver chose, or nil if it does not control the rate.
  private func setRate(_ rate: FrameRate) -> FrameRate? {
    var parameters = v4l2_streamparm()
    parameters.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
    unsafe parameters.parm.capture.timeperframe = v4l2_fract(
      numerator: UInt32(rate.denominator), denominator: UInt32(rate.numerator))
    guard call(CV4L2_S_PARM, &parameters) >= 0 else { return nil }
    let interval = unsafe parameters.parm.capture.timeperframe
    return FrameRate(Int64(interval.denominator), Int64(interval.numerator))
  }
}
