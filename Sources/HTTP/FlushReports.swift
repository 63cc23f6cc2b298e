/// Answers that have ended, while some of what they wrote may still be queued.
struct FlushReports {
  private struct Answer {
    let kind: RequestKind
    let status: Int
    let byteCount: Int
  }

  private var answers: [Answer] = []

  /// Keeps an answer until what was written is known to have gone.
  mutating func add(kind: RequestKind, status: Int, byteCount: Int) {
    answers.append(Answer(kind: kind, status: status, byteCount: byteCount))
  }

  /// Tells of all.
  ///
  /// - Parameters:
  ///   - observer: who counts.
  ///   - lost: bytes of the last ones that the kernel did not take.
  mutating func tell(_ observer: (any ExchangeObserver)?, lost: Int) {
    guard !answers.isEmpty else { return }
    let ended = answers
    answers = []
    var lost = lost
    for answer in ended.reversed() {
      let missing = min(lost, answer.byteCount)
      lost -= missing
      observer?.finished(
        kind: answer.kind, status: answer.status, bytesSent: answer.byteCount - missing,
        cut: missing > 0)
    }
  }
}
