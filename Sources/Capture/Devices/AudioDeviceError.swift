// SPDX-License-Identifier: Apache-2.0

internal import CALSA

/// Why a sound device cannot be used, or no longer: each names the device.
package enum AudioDeviceError: Error, Sendable, Hashable, CustomStringConvertible {
  /// There is no such device.
  case notFound(device: String)
  /// This user may not open it.
  case notAllowed(device: String)
  /// Another program captures from it.
  case busy(device: String)
  /// It was there and is not any longer.
  case gone(device: String, reason: String)
  /// It cannot be opened or set for another reason.
  case failed(device: String, reason: String)

  /// Whether another try later may succeed.
  package var isWorthRetrying: Bool {
    switch self {
    case .notFound, .busy, .gone: true
    case .notAllowed, .failed: false
    }
  }

  /// One line: the device, what is wrong, and what would be right.
  package var description: String {
    switch self {
    case .notFound(let device):
      "\(device): no such sound device; give an ALSA name such as 'default' or 'hw:1' (arecord -L)"
    case .notAllowed(let device):
      "\(device): not allowed to open it; the user must be in the group 'audio'"
    case .busy(let device): "\(device): in use by another program"
    case .gone(let device, let reason): "\(device): the sound device is gone (\(reason))"
    case .failed(let device, let reason): "\(device): no sound can be had of it: \(reason)"
    }
  }

  /// What a negative errno of ALSA means when a device is opened.
  static func opening(_ device: String, _ code: Int32) -> AudioDeviceError {
    switch -code {
    case ENOENT, ENXIO: .notFound(device: device)
    case ENODEV: .gone(device: device, reason: text(code))
    case EACCES, EPERM: .notAllowed(device: device)
    case EBUSY: .busy(device: device)
    default: .failed(device: device, reason: text(code))
    }
  }

  /// What a negative errno means, in ALSA's words.
  static func text(_ code: Int32) -> String {
    guard let text = unsafe snd_strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
  }
}
