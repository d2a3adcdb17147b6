import GRDB
import GenkiCore

/// What an account of the embedded chain can spend.
public struct AccountBalance: Sendable, Hashable {
  /// The account's key.
  public var coldkey: SS58Address
  /// In rao.
  public var free: UInt64

  /// A balance in rao.
  public init(coldkey: SS58Address, free: UInt64) {
    self.coldkey = coldkey
    self.free = free
  }
}

extension LocalChain {
  /// Makes a hotkey a member in the next block, before any extrinsic of it; the coldkey pays.
  ///
  /// - Throws: `ChainError.refused` named `HotKeyAlreadyRegisteredInSubNet`, `NonAssociatedColdKey`,
  ///   `NotEnoughBalanceToStake`, or `NoNeuronIdAvailable` for a subnet that is full of members that
  ///   cannot lose their place yet.
  public func register(hotkey: SS58Address, coldkey: SS58Address) throws {
    try administrate(.register(hotkey: hotkey, coldkey: coldkey))
  }

  /// Moves an amount in rao from a hotkey's coldkey to its stake, in the next block.
  ///
  /// - Throws: `ChainError.refused` named `AmountTooLow`, `HotKeyAccountNotExists` or
  ///   `NotEnoughBalanceToStake`.
  public func addStake(hotkey: SS58Address, amount: UInt64) throws {
    try administrate(.addStake(hotkey: hotkey, amount: amount))
  }

  private func administrate(_ work: Administration) throws {
    try sealDue()
    try write { try AdministrationQueue(state: $0).add(work) }
  }

  /// How many extrinsics, registrations and stakes wait for a block.
  public func pendingCount() throws -> Int {
    try sealDue()
    return try read { state in
      let next = try state.head().number + 1
      let extrinsics = try Int.fetchOne(
        state.db, sql: "SELECT count(*) FROM extrinsic WHERE block IS NULL AND last_block >= ?",
        arguments: [next.sql])
      return try (extrinsics ?? 0) + AdministrationQueue(state: state).waiting().count
    }
  }

  /// What an account can spend; one that has never appeared holds the genesis balance.
  public func balance(of coldkey: SS58Address) throws -> UInt64 {
    try read { try $0.balance(of: coldkey) }
  }

  /// All accounts that have appeared, in the order of their keys.
  public func balances() throws -> [AccountBalance] {
    try read { state in
      try Row.fetchAll(state.db, sql: "SELECT * FROM account ORDER BY coldkey").map {
        AccountBalance(coldkey: try $0.address("coldkey"), free: try $0.number("free"))
      }
    }
  }
}
