// SPDX-License-Identifier: Apache-2.0

import CALSA
import CCurl
import CExpat
import CFFmpeg
import CFreeType
import CNghttp2
import COpenSSL
import CSRT
import CSeccomp
import CZlib

/// A library that this process has loaded, and its version.
///
/// The version is asked of the library, so it may be newer than the headers of the build. popt and
/// libv4l are absent: they have no function for it.
package struct LibraryVersion: Equatable, Sendable {
  package let name: String
  /// As the library writes it: three numbers, for FFmpeg with the revision of the package.
  package let version: String

  package init(_ name: String, _ version: String) {
    self.name = name
    self.version = version
  }

  /// All libraries that know their version; libcurl is loaded for it, if the machine has it.
  package static func loaded() -> [LibraryVersion] {
    ffmpeg() + [
      LibraryVersion("OpenSSL", unsafe text(OpenSSL_version(OPENSSL_VERSION_STRING))),
      LibraryVersion("nghttp2", unsafe text(nghttp2_version(0)?.pointee.version_str)),
      LibraryVersion("Expat", expat()),
      LibraryVersion("libsrt", packed(srt_getversion())),
      LibraryVersion("zlib", unsafe text(zlibVersion())),
      LibraryVersion("FreeType", freeType()),
      LibraryVersion("ALSA", unsafe text(snd_asoundlib_version())),
      LibraryVersion("libseccomp", seccomp()),
      LibraryVersion("libcurl", curl()),
    ]
  }

  /// Three numbers of 8 bits or more, as the libraries of FFmpeg and libsrt pack them.
  package static func packed(_ number: UInt32) -> String {
    "\(number >> 16).\(number >> 8 & 255).\(number & 255)"
  }

  private static func ffmpeg() -> [LibraryVersion] {
    [
      LibraryVersion("FFmpeg", unsafe text(av_version_info())),
      LibraryVersion("libavformat", packed(avformat_version())),
      LibraryVersion("libavcodec", packed(avcodec_version())),
      LibraryVersion("libavutil", packed(avutil_version())),
      LibraryVersion("libswscale", packed(swscale_version())),
      LibraryVersion("libswresample", packed(swresample_version())),
    ]
  }

  private static func freeType() -> String {
    var library: FT_Library?
    guard unsafe FT_Init_FreeType(&library) == 0 else { return "unknown" }
    defer { unsafe FT_Done_FreeType(library) }
    var (major, minor, patch): (FT_Int, FT_Int, FT_Int) = (0, 0, 0)
    unsafe FT_Library_Version(library, &major, &minor, &patch)
    return "\(major).\(minor).\(patch)"
  }

  private static func expat() -> String {
    let found = XML_ExpatVersionInfo()
    return "\(found.major).\(found.minor).\(found.micro)"
  }

  private static func seccomp() -> String {
    guard let found = unsafe seccomp_version() else { return "unknown" }
    return unsafe "\(found.pointee.major).\(found.pointee.minor).\(found.pointee.micro)"
  }

  private static func curl() -> String {
    guard let found = unsafe ccurl_version() else { return "not installed" }
    return unsafe String(cString: found)
  }

  private static func text(_ found: UnsafePointer<CChar>?) -> String {
    guard let found = unsafe found else { return "unknown" }
    return unsafe String(cString: found)
  }
}
