// SPDX-License-Identifier: Apache-2.0

internal import CALSA

/// Why an audio device cannot be used.
///
/// Each case names the device.
package enum AudioDeviceError: Error, Sendable, Hashable, CustomStringConvertible {
  /// No such device exists.
  case notFound(device: String)
  /// The user has no permission to open the device.
  case notAllowed(device: String)
  /// Another program captures from the device.
  case busy(device: String)
  /// The device was removed while in use.
  case gone(device: String, reason: String)
  /// The device cannot be opened or configured for another reason.
  case failed(device: String, reason: String)

  /// One line: the device, the error, and the remedy.
  package var description: String {
    switch self {
    case .notFound(let device):
      "\(device): no such audio device "
        + "(expected an ALSA name such as 'default' or 'hw:1'; see arecord -L)"
    case .notAllowed(let device):
      "\(device): permission denied; the user must be in the group 'audio'"
    case .busy(let device): "\(device): in use by another program"
    case .gone(let device, let reason): "\(device): audio device removed (\(reason))"
    case .failed(let device, let reason): "\(device): capture failed: \(reason)"
    }
  }

  /// The error for a negative errno of ALSA while a device is opened.
  static func opening(_ device: String, _ code: Int32) -> AudioDeviceError {
    switch -code {
    case ENOENT, ENXIO: .notFound(device: device)
    case ENODEV: .gone(device: device, reason: text(code))
    case EACCES, EPERM: .notAllowed(device: device)
    case EBUSY: .busy(device: device)
    default: .failed(device: device, reason: text(code))
    }
  }

  /// ALSA's text for a negative errno.
  static func text(_ code: Int32) -> String {
    guard let text = unsafe snd_strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
  }
}
