import GRDB
import GenkiCore

/// Registrations and stake that wait for the next block.
struct AdministrationQueue {
  /// What can wait at once.
  static let maximum = 4096

  let state: LedgerState

  /// What waits, in the order of its arrival.
  func waiting() throws -> [(id: Int64, work: Administration)] {
    let rows = try Row.fetchAll(
      state.db, sql: "SELECT * FROM administration WHERE block IS NULL ORDER BY id")
    return try rows.map { row in
      let hotkey = try row.address("hotkey")
      let work: Administration =
        row.isNull("coldkey")
        ? .addStake(hotkey: hotkey, amount: try row.number("amount"))
        : .register(hotkey: hotkey, coldkey: try row.address("coldkey"))
      return (try row.number("id").sql, work)
    }
  }

  /// Lets work wait; refuses what is known to fail.
  func add(_ work: Administration) throws {
    let waiting = try waiting().map(\.work)
    guard waiting.count < Self.maximum else {
      throw ChainError.refused(
        name: "ExhaustsResources", reason: "\(waiting.count) registrations and stakes wait already")
    }
    try check(work, after: waiting)
    let (coldkey, amount): (SS58Address?, UInt64) =
      switch work {
      case .register(_, let coldkey): (coldkey, 0)
      case .addStake(_, let amount): (nil, amount)
      }
    try state.db.execute(
      sql: "INSERT INTO administration (hotkey, coldkey, amount) VALUES (?, ?, ?)",
      arguments: [work.hotkey.publicKey.blob, coldkey?.publicKey.blob, amount.sql])
  }

  private func check(_ work: Administration, after waiting: [Administration]) throws {
    var owners: [SS58Address: SS58Address] = [:]
    for case .register(let hotkey, let coldkey) in waiting { owners[hotkey] = coldkey }
    let owner = try state.hotkey(work.hotkey)?.coldkey ?? owners[work.hotkey]
    let cost: UInt64
    let payer: SS58Address
    switch work {
    case .register(let hotkey, let coldkey):
      guard try state.neuron(of: hotkey) == nil, owners[hotkey] == nil else {
        throw ChainError.refused(
          name: "HotKeyAlreadyRegisteredInSubNet", reason: "\(hotkey) is a member already")
      }
      guard owner == nil || owner == coldkey else {
        throw ChainError.refused(
          name: "NonAssociatedColdKey", reason: "\(hotkey) belongs to another coldkey")
      }
      let next = try state.head().number + 1
      guard try AdministrationRules.places(block: next, state: state).count > owners.count else {
        throw ChainError.refused(
          name: "NoNeuronIdAvailable", reason: "the subnet is full and nobody can lose its place")
      }
      (payer, cost) = (coldkey, state.settings.burn)
    case .addStake(let hotkey, let amount):
      guard amount > 0 else {
        throw ChainError.refused(name: "AmountTooLow", reason: "nothing would be staked")
      }
      guard let owner else {
        throw ChainError.refused(
          name: "HotKeyAccountNotExists", reason: "\(hotkey) has never been registered")
      }
      (payer, cost) = (owner, amount)
    }
    var free = try state.balance(of: payer)
    for other in waiting {
      let spent: UInt64 =
        switch other {
        case .register(_, let coldkey): coldkey == payer ? state.settings.burn : 0
        case .addStake(let hotkey, let amount):
          try state.hotkey(hotkey)?.coldkey ?? owners[hotkey] == payer ? amount : 0
        }
      free -= min(free, spent)
    }
    guard free >= cost else {
      throw ChainError.refused(
        name: "NotEnoughBalanceToStake", reason: "\(payer) has \(free) rao, it takes \(cost)")
    }
  }
}
