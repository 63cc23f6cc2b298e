// SPDX-License-Identifier: Apache-2.0

import Testing
import Versions

@Suite("The report of --version")
struct VersionReportTests {
  @Test("has the program first, then the commit with its date, then each library")
  func report() {
    let text = VersionReport.text(
      commit: "0a1b-modified", date: "2026-11-25", swift: "6.3.1",
      libraries: [LibraryVersion("zlib", "1.2.13"), LibraryVersion("libcurl", "not installed")])
    #expect(
      text == """
        streamer \(Version.text)
        commit 0a1b-modified of 2026-11-25
        Swift 6.3.1
        zlib 1.2.13
        libcurl not installed

        """)
  }

  @Test("has no date of an unknown commit")
  func unknown() {
    let text = VersionReport.text(
      commit: "unknown", date: "unknown", swift: "unknown", libraries: [])
    #expect(text == "streamer \(Version.text)\ncommit unknown\nSwift unknown\n")
  }

  @Test("unpacks the numbers of FFmpeg and of libsrt")
  func packed() {
    #expect(LibraryVersion.packed(59 << 16 | 27 << 8 | 100) == "59.27.100")
    #expect(LibraryVersion.packed(0x010501) == "1.5.1")
    #expect(LibraryVersion.packed(.max) == "65535.255.255")
  }

  @Test("every linked library answers")
  func loaded() {
    let found = LibraryVersion.loaded()
    #expect(found.count == 15)
    for library in found where library.name != "libcurl" {
      #expect(library.version.first?.isNumber == true, "\(library.name) \(library.version)")
    }
  }
}
