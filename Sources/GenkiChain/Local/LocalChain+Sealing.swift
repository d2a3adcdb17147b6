import GRDB
import GenkiCore

extension LocalChain {
  /// Blocks that `seal` appends at most.
  public static let sealMaximum = 100_000

  /// Appends blocks now: the first includes what waits. For a ledger without a clock.
  ///
  /// - Returns: The new head; the old one for a count of 0 or less.
  /// - Throws: `ChainError.refused` if a clock seals the blocks, or for more than 100,000.
  @discardableResult
  public func seal(count: Int = 1) throws -> BlockReference {
    guard blockSeconds == 0 else {
      throw ChainError.refused(
        name: "SealedByClock", reason: "a block is sealed every \(blockSeconds) seconds")
    }
    guard count <= Self.sealMaximum else {
      throw ChainError.refused(
        name: "ExhaustsResources", reason: "at most \(Self.sealMaximum) blocks at once")
    }
    var rest = UInt64(max(0, count))
    var head = try read { try $0.head() }
    while rest > 0 {
      let part = min(rest, sealedAtOnce)
      head = try write { state in
        if let time { try Self.setHeadTime(time, state) }
        return try BlockSealer(state: state).seal(count: part)
      }
      rest -= part
    }
    return head
  }

  /// Seals the blocks that the clock says are due. Two processes that do so at once share the work.
  func sealDue() throws {
    guard blockSeconds > 0 else { return }
    // What is due is read first, so that most calls write nothing.
    while try read(plan)?.isWork == true {
      try write { state in
        guard let plan = try plan(state), plan.isWork else { return }
        try BlockSealer(state: state).seal(count: plan.count)
        try Self.setHeadTime(plan.headTime, state)
      }
    }
  }

  private struct Plan {
    var count: UInt64 = 0
    var headTime: Double
    var isWork = false
  }

  /// What is to be done; nil if the clock makes no sense. The clock is read after the ledger:
  /// otherwise a process that was stopped in between would believe that it was set back.
  private func plan(_ state: LedgerState) throws -> Plan? {
    guard let row = try Row.fetchOne(state.db, sql: "SELECT head_time FROM chain") else {
      throw ChainError.damaged(source: file.path, reason: "it has no settings")
    }
    var headTime = try row.real("head_time")
    guard let time else { return nil }
    if !headTime.isFinite || time < headTime - blockSeconds {
      // The clock was set back: the next block is due one interval from now.
      return Plan(headTime: time, isWork: true)
    }
    let limit = Double(Self.catchUpMaximum)
    var due = ((time - headTime) / blockSeconds).rounded(.down)
    guard due >= 1 else { return Plan(headTime: headTime) }
    if due > limit {
      due = limit
      headTime = time - limit * blockSeconds
    }
    let count = min(UInt64(due), sealedAtOnce)
    return Plan(count: count, headTime: headTime + Double(count) * blockSeconds, isWork: true)
  }

  private static func setHeadTime(_ time: Double, _ state: LedgerState) throws {
    try state.db.execute(sql: "UPDATE chain SET head_time = ?", arguments: [time])
  }
}
