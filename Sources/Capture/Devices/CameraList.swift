// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Media

/// The cameras of this machine as lines of text: path and card, then formats, sizes and rates.
///
/// Devices that do not capture video are omitted. The line of a device that cannot be opened
/// contains the error.
package func listCameras() -> [String] {
  let paths = (0..<256).map { number in "/dev/video\(number)" }
    .filter { (path: String) in unsafe access(path, F_OK) == 0 }
  return listCameras(at: paths)
}

/// The line for a machine without a camera.
package let noCamera =
  "no camera: no device /dev/video0, /dev/video1, … captures video (--input plays network cameras)"

/// The cameras at `paths` as lines of text.
package func listCameras(at paths: [String]) -> [String] {
  guard let size = VideoSize(width: 1280, height: 720), let rate = FrameRate(30) else { return [] }
  var rows: [String] = []
  for path in paths {
    let device: CameraDevice
    do {
      device = try CameraDevice(path: path)
    } catch .notACamera {
      continue
    } catch {
      rows.append(error.description)
      continue
    }
    rows.append("\(path): \(device.card)")
    for format in device.formats(near: size, rate: rate) {
      let taken = PixelFormat(code: format.code) != nil
      let note = format.isEmulated ? " (converted by libv4l2)" : taken ? "" : " (not taken)"
      let sizes = format.sizes.map { size in
        let rates = size.rates.map(\.description).joined(separator: ", ")
        return "\(size.width)x\(size.height)" + (rates.isEmpty ? "" : " at \(rates)")
      }
      rows.append(
        "  \(PixelFormat.name(format.code))\(note): \(sizes.joined(separator: "; "))")
    }
  }
  return rows
}
