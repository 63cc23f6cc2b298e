// SPDX-License-Identifier: Apache-2.0

import Access
import Glibc
import Sharing
import System
import Testing

@Suite("The key that signs for viewers")
struct ViewerSigningKeyTests {
  @Test("is kept in a file that only its user reads, and is the same after a restart")
  func kept() throws {
    let folder = "/tmp/viewer-key-\(getpid())"
    defer {
      for name in ["/state/viewer-key", "/state", ""] { unsafe remove(folder + name) }
    }
    let problems = Locked<[String]>([])
    func key() -> TokenKey {
      ViewerSigningKey(folder: folder + "/state") { text in problems.withLock { $0.append(text) } }
        .key
    }
    let first = key()
    #expect(first == key() && problems.withLock { $0.isEmpty })
    let path = try #require(ViewerSigningKey.path(in: folder + "/state"))
    var status = stat()
    #expect(unsafe stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(PrivateFile.write(Array("short\n".utf8), to: path, in: folder + "/state") == nil)
    #expect(key() != first)
  }

  @Test("without a folder it ends with the process, which is reported once")
  func withoutFolder() {
    let problems = Locked<[String]>([])
    let key = ViewerSigningKey(folder: nil) { text in problems.withLock { $0.append(text) } }
    #expect(key.key == key.key && ViewerSigningKey(folder: nil).key != key.key)
    #expect(problems.withLock { $0.count } == 1)
  }
}
