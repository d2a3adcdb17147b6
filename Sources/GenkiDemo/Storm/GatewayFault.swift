import GenkiCore

/// What a gateway between daemons and node can do to one request.
package enum GatewayFault: String, CaseIterable, Sendable {
  /// It answers 500 and forwards nothing.
  case serverError = "server_error"
  /// It asks to come back later and forwards nothing.
  case tooManyRequests = "too_many_requests"
  /// It forwards, and the answer is lost.
  case lostReply = "lost_reply"
  /// It forwards, and the answer breaks off in the middle.
  case truncatedReply = "truncated_reply"
  /// It forwards, and announces an answer larger than anybody takes.
  case oversizedReply = "oversized_reply"
  /// It answers with a page for people.
  case page
  /// It answers late.
  case slowReply = "slow_reply"
}

/// Which requests are disturbed: a pure function of the seed and of the order of requests.
struct FaultDice {
  /// Of so many requests one is disturbed.
  private let oneIn: Int
  private var random: DeterministicRandom

  init(seed: UInt64, oneIn: Int) {
    self.oneIn = max(1, oneIn)
    random = DeterministicRandom(seed: seed, domain: "genki-demo/storm")
  }

  /// What happens to the next request; nil leaves it alone. Submissions are disturbed more often: they
  /// are what must not be lost or done twice.
  mutating func next(isSubmission: Bool) -> GatewayFault? {
    guard random.next(below: isSubmission ? 2 : oneIn) == 0 else { return nil }
    return GatewayFault.allCases[random.next(below: GatewayFault.allCases.count)]
  }
}
