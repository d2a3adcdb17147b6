import GenkiCore

/// What the daemons need of a chain; the embedded ledger and a subtensor node both provide it.
///
/// Calls block until they are answered. Reads of a state take the block they are about, so that one
/// decision sees one picture. Errors are `ChainError`; `ChainError.isTransient` tells which may be
/// tried again.
public protocol Chain: Sendable {
  /// The subnet that this client works on.
  var netuid: UInt16 { get }
  /// The index under which the chain keeps the weights of this client's mechanism:
  /// `netuid + 4096 × mechanism`.
  var weightsIndex: UInt16 { get }

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
  /// One member in the state of a block; its weights are left out.
  func neuron(of hotkey: SS58Address, at block: BlockReference) throws -> Neuron?
  /// All commitments in force in the state of a block, in the order of `CommitmentRecord`.
  ///
  /// - Parameter first: Those made in this block or later have their extrinsic index, for the others
  ///   it is not looked for.
  /// - Throws: `ChainError.stateDiscarded` for the block of a commitment whose extrinsic index can no
  ///   longer be read.
  func commitments(at block: BlockReference, from first: UInt64) throws -> [CommitmentRecord]
  /// The commitment of one hotkey in force in the state of a block.
  func commitment(of hotkey: SS58Address, at block: BlockReference) throws -> CommitmentRecord?
  /// The weight vectors that a hotkey has committed to by hash and not revealed, oldest first.
  func weightCommits(of hotkey: SS58Address, at block: BlockReference) throws -> [OpenWeightCommit]
  /// What a call would fail with in the block after this one, as far as its state tells.
  func preflight(
    _ call: ChainCall, by hotkey: SS58Address, at block: BlockReference
  ) throws -> CallFailure?
  /// Notes what a node will have forgotten when it is asked for: called with every final block.
  func observe(_ final: BlockReference) throws

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

extension Chain {
  /// One member in the state of a block.
  public func neuron(of hotkey: SS58Address, at block: BlockReference) throws -> Neuron? {
    try metagraph(at: block).neuron(of: hotkey)
  }

  /// All commitments in force in the state of a block, each with its extrinsic index.
  public func commitments(at block: BlockReference) throws -> [CommitmentRecord] {
    try commitments(at: block, from: 0)
  }

  /// Nothing is forgotten.
  public func observe(_ final: BlockReference) throws {}
}

/// Signs what a hotkey says on a chain.
public protocol Signer: Sendable {
  /// The key's public half.
  var address: SS58Address { get }
  /// 64 bytes over the payload.
  func signature(over payload: [UInt8]) throws -> [UInt8]
}
