import GenkiCore

/// What the daemons need of a chain; the embedded ledger and a subtensor node both provide it.
///
/// Calls block until they are answered. Reads of a state take the block they are about, so that one
/// decision sees one picture. Errors are `ChainError`; `ChainError.isTransient` tells which may be
/// tried again.
public protocol Chain: Sendable {
  /// The subnet that this client works on.
  var netuid: UInt16 { get }

  /// The newest block.
  func head() throws -> BlockReference
  /// The newest block that no fork can take back.
  func finalizedHead() throws -> BlockReference
  /// The block of that number on the best chain; nil if it does not exist yet.
  func block(number: UInt64) throws -> BlockReference?

  /// The subnet's settings in the state of a block.
  ///
  /// - Throws: `ChainError.stateDiscarded` for a state that the node no longer has.
  func subnet(at block: BlockReference) throws -> SubnetSettings
  /// Who is registered, in the order of uids, in the state of a block.
  func metagraph(at block: BlockReference) throws -> Metagraph
  /// All commitments in force in the state of a block, in the order of `CommitmentRecord`.
  func commitments(at block: BlockReference) throws -> [CommitmentRecord]
  /// The commitment of one hotkey in force in the state of a block.
  func commitment(of hotkey: SS58Address, at block: BlockReference) throws -> CommitmentRecord?

  /// The nonce of the next extrinsic of a key, those in the pool included.
  func nextNonce(of hotkey: SS58Address) throws -> UInt64
  /// Signs a call. Nothing is sent: the bytes are to be stored first.
  func makeExtrinsic(_ call: ChainCall, nonce: UInt64, signer: any Signer) throws -> Extrinsic
  /// Sends an extrinsic. Sending the same bytes again changes nothing.
  ///
  /// - Throws: `ChainError.refused` with the chain's own name of the reason if it can never be
  ///   included; a transient error leaves open whether it arrived: look with `outcome`.
  func submit(_ extrinsic: Extrinsic) throws
  /// What became of an extrinsic.
  func outcome(of extrinsic: Extrinsic) throws -> ExtrinsicOutcome
}

/// Signs what a hotkey says on a chain.
public protocol Signer: Sendable {
  /// The key's public half.
  var address: SS58Address { get }
  /// 64 bytes over the payload.
  func signature(over payload: [UInt8]) throws -> [UInt8]
}
