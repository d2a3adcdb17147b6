/// How a validator commits to a weight vector on a subnet that wants it committed to and revealed.
///
/// A subnet with commit and reveal takes both forms.
public enum WeightCommitScheme: String, Sendable, CaseIterable {
  /// By its hash; this program reveals it itself, some epochs later.
  case hash
  /// Encrypted for a later round of the drand beacon; the chain decrypts it by itself.
  case timelocked

  /// What this program lacks for the scheme; nil if it has all.
  public var lack: String? {
    switch self {
    case .hash: nil
    case .timelocked:
      "timelocked commits need identity-based encryption over BLS12-381 (drand quicknet), which is "
        + "not part of this program"
    }
  }
}

extension ValidatorConfiguration {
  /// A scheme of commits that this program does not have.
  public var unavailable: [ConfigurationProblem] {
    weights.commitScheme.lack.map { lack in
      [
        ConfigurationProblem(
          source: "configuration", key: "weights.commit_scheme", why: lack,
          allowed: "set it to \"hash\", which works on the same subnets")
      ]
    } ?? []
  }
}
