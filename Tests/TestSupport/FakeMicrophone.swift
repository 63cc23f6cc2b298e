// SPDX-License-Identifier: Apache-2.0

import Foundation

/// An audio device that plays a ramp from a file: ALSA's file plugin over its null device.
package enum FakeMicrophone {
  /// The name of the device; nil if ALSA cannot be configured.
  ///
  /// The left samples ascend by one from 0 to 29,999, repeatedly; the right samples are their
  /// negatives.
  package static let name: String? = {
    let folder = URL(fileURLWithPath: NSTemporaryDirectory())
      .appendingPathComponent("fakemic-\(UUID().uuidString)")
    guard
      (try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true))
        != nil,
      FileManager.default.fileExists(atPath: "/usr/share/alsa/alsa.conf")
    else { return nil }
    var samples = Data()
    for index in 0..<480_000 {
      // A ramp on the left that identifies the sample, its negative on the right.
      let value = Int16(truncatingIfNeeded: index % 30_000)
      for sample in [value, -value] {
        samples.append(UInt8(truncatingIfNeeded: sample))
        samples.append(UInt8(truncatingIfNeeded: sample >> 8))
      }
    }
    let (file, config) = (
      folder.appendingPathComponent("tone.raw"), folder.appendingPathComponent("asound.conf")
    )
    let text = """
      pcm.filemic { type file slave.pcm null file /dev/null infile "\(file.path)" format raw }
      """
    guard (try? samples.write(to: file)) != nil,
      (try? text.write(to: config, atomically: true, encoding: .utf8)) != nil
    else { return nil }
    unsafe setenv("ALSA_CONFIG_PATH", "/usr/share/alsa/alsa.conf:\(config.path)", 1)
    return "filemic"
  }()
}
