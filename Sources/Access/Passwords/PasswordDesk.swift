// SPDX-License-Identifier: Apache-2.0

package import Net
import Sharing
import System
import Time

/// Verifies viewer passwords for all loops, on threads of its own.
///
/// ``PasswordGate`` decides; this type holds the lock, the threads and the answers.
package final class PasswordDesk: Sendable {
  /// The verdict on a password.
  package enum Verdict: Sendable, Equatable {
    case right
    case wrong
    /// It was not computed, for this reason.
    case refused(AccessRefusal)
  }

  package typealias Answer = @Sendable (Verdict) -> Void

  /// A password that is computed or waits for it, and the requests with it.
  private struct Question {
    let attempt: PasswordGate.Attempt
    let name: [UInt8]
    let password: String
    let hash: PasswordHash
    var answers: [Answer]
  }

  private struct State {
    var gate = PasswordGate()
    var remembered: RememberedPasswords
    /// By the number of the attempt.
    var questions: [UInt64: Question] = [:]
    var threads = 0
    var isClosed = false
  }

  /// The most requests that share one computation.
  private static let answerLimit = 64

  private let state: Monitor<State>
  private let attempts: AttemptLimit
  /// Names passwords without the lock; it remembers none.
  private let names = RememberedPasswords(key: Digest.random(32))

  /// A desk without threads, which begin with the first password; `attempts` counts refusals.
  package init(_ attempts: AttemptLimit) {
    self.attempts = attempts
    state = Monitor(State(remembered: names))
  }

  deinit { state.update { $0.isClosed = true } }

  /// Whether the same client gave the password within ten minutes, and it was right.
  package func remembers(
    _ password: String, of hash: PasswordHash, for stream: String, by peer: PeerAddress
  ) -> Bool {
    let name = names.name(password, of: hash, for: stream, by: peer)
    let now = SystemClock.monotonicTime
    return state.read { $0.remembered.contains(name, at: now) }
  }

  /// Verifies a password.
  ///
  /// Requests of one address with the same password share a computation.
  ///
  /// - Parameters:
  ///   - password: as the client gave it.
  ///   - hash: the hash of the right one.
  ///   - stream: the stream.
  ///   - peer: the client.
  ///   - answer: called with the verdict: at once with a refusal, else on another thread.
  package func verify(
    _ password: String, of hash: PasswordHash, for stream: String, by peer: PeerAddress,
    answer: @escaping Answer
  ) {
    guard PasswordHash.isPassword(password) else {
      attempts.count(.invalid, in: .playback)
      return answer(.wrong)
    }
    let name = names.name(password, of: hash, for: stream, by: peer)
    let now = SystemClock.monotonicTime
    let refusal: AccessRefusal? = state.update { state in
      for (number, question) in state.questions
      where question.name == name && !name.isEmpty && question.answers.count < Self.answerLimit {
        state.questions[number]?.answers.append(answer)
        return nil
      }
      do throws(AccessRefusal) {
        let attempt = try state.gate.admit(for: stream, by: peer, at: now)
        state.questions[attempt.number] = Question(
          attempt: attempt, name: name, password: password, hash: hash, answers: [answer])
        return nil
      } catch { return error }
    }
    if let refusal {
      attempts.count(refusal, in: .playback)
      return answer(.refused(refusal))
    }
    startThreads()
  }

  private func startThreads() {
    let missing = state.update { state in
      let missing = PasswordGate.computing - state.threads
      state.threads = PasswordGate.computing
      return missing
    }
    for index in 0..<max(0, missing) {
      let started = OSThread(name: "password-\(index)") { [state, attempts] in
        Self.work(state, attempts)
      }
      if started == nil { state.update { $0.threads -= 1 } }
    }
    for answer in abandoned() { answer(.refused(.busy(wait: .seconds(5)))) }
  }

  /// The answers to all passwords, if the system has refused each thread.
  private func abandoned() -> [Answer] {
    state.update { state in
      guard state.threads == 0 else { return [] }
      let answers = state.questions.values.flatMap(\.answers)
      state.questions = [:]
      state.gate.abandon()
      return answers
    }
  }

  /// Computes one attempt after another.
  private static func work(_ state: Monitor<State>, _ attempts: AttemptLimit) {
    while let question = nextQuestion(state) {
      let isRight = question.hash.matches(question.password)
      let answers: [Answer] = state.update { state in
        let now = SystemClock.monotonicTime
        state.gate.finish(question.attempt, isRight: isRight, at: now)
        if isRight == true { state.remembered.insert(question.name, at: now) }
        return state.questions.removeValue(forKey: question.attempt.number)?.answers ?? []
      }
      let verdict: Verdict =
        isRight.map { $0 ? .right : .wrong } ?? .refused(.busy(wait: .seconds(5)))
      if isRight == false { attempts.count(.invalid, in: .playback) }
      for answer in answers { answer(verdict) }
    }
  }

  /// The next step of a thread after a wait.
  private enum Step {
    case compute(Question)
    /// To wait again, until another time.
    case wait
    case end
  }

  /// Waits for the next attempt; nil at the end of the desk.
  private static func nextQuestion(_ state: Monitor<State>) -> Question? {
    while true {
      let deadline = state.read { $0.gate.nextTime(at: SystemClock.monotonicTime) }
      let step: Step? = state.wait(until: deadline) { state in
        let now = SystemClock.monotonicTime
        if state.isClosed { return .end }
        if let attempt = state.gate.next(at: now) {
          return state.questions[attempt.number].map { .compute($0) } ?? .end
        }
        return state.gate.nextTime(at: now) < deadline ? .wait : nil
      }
      switch step {
      case .compute(let question): return question
      case .end: return nil
      case .wait, nil: continue
      }
    }
  }
}
