// SPDX-License-Identifier: Apache-2.0

import Access
import Configuration
import Glibc
import Logging
import System

/// The command `streamer password`: reads a password and prints its hash.
enum PasswordRun {
  /// Runs the command, and exits.
  static func run(_ arguments: [String]) -> Never {
    do throws(UsageError) {
      guard case .hash = try PasswordCommand(arguments) else {
        print(PasswordCommand.helpText, terminator: "")
        exit(0)
      }
      let password = try isatty(STDIN_FILENO) == 1 ? ask() : readLine() ?? ""
      guard PasswordHash.isPassword(password) else {
        throw wrong("\(password.utf8.count) bytes")
      }
      guard let hash = PasswordHash(of: password) else {
        ExitStatus.exit(1, "streamer password: out of memory")
      }
      print(hash.text)
    } catch { ExitStatus.exit(for: error) }
    exit(0)
  }

  /// Asks twice at the terminal, which shows nothing meanwhile.
  private static func ask() throws(UsageError) -> String {
    var usual = termios()
    guard unsafe tcgetattr(STDIN_FILENO, &usual) == 0 else { return readLine() ?? "" }
    let shown = usual
    // The mask blocks the signals of the keyboard.
    try? SignalWaiter.start { _ in
      restore(shown)
      ExitStatus.exitAtOnce(130)
    }
    var hidden = usual
    hidden.c_lflag &= ~tcflag_t(ECHO)
    unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
    defer { restore(shown) }
    let first = answer("Password for viewers: ")
    guard answer("The same again: ") == first else { throw wrong("two different passwords") }
    return first
  }

  private static func answer(_ question: String) -> String {
    Log.standardError(question)
    let line = readLine() ?? ""
    Log.standardError("\n")
    return line
  }

  private static func restore(_ settings: termios) {
    var settings = settings
    unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
  }

  private static func wrong(_ problem: OptionText) -> UsageError {
    UsageError(
      .other("streamer password"), .problem(problem),
      expected: OptionText("a password of 1–\(PasswordHash.longestPassword) bytes, twice the same"))
  }
}
