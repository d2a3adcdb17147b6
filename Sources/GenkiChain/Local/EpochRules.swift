/// When an epoch is, and what it does to the members.
enum EpochRules {
  /// Is a block the last of an epoch?
  static func isDue(block: UInt64, netuid: UInt16, tempo: UInt16) -> Bool {
    (block + UInt64(netuid) + 1) % (UInt64(tempo) + 1) == 0
  }

  /// Runs the epoch that a block starts with, if there is one.
  static func runIfDue(block: UInt64, state: LedgerState) throws {
    guard isDue(block: block, netuid: state.netuid, tempo: state.settings.tempo) else { return }
  }
}
