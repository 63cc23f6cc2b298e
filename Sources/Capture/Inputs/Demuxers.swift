// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// The demuxers of libavformat that may read an HTTP input without `--other-hosts`.
enum Demuxers {
  /// Demuxers that open URLs without the context's function, which restricts hosts.
  ///
  /// The first bytes of a response select the demuxer.
  private static let openers: Set = ["concat", "dash", "imf", "sdp"]

  /// The names of all other demuxers, for the option `format_whitelist`.
  static let confined: String = {
    var names: [String] = []
    var state: UnsafeMutableRawPointer?
    while let demuxer = unsafe av_demuxer_iterate(&state) {
      let name = unsafe String(cString: demuxer.pointee.name)
      if !openers.contains(name) { names.append(name) }
    }
    return names.joined(separator: ",")
  }()

  /// A part of the library's message about a demuxer that is not in the list.
  static let refusal = "Format not on whitelist"

  /// The error for such an input.
  static let error = InputError.refused(
    "a DASH manifest, or another list of addresses, needs --other-hosts over HTTP")
}
