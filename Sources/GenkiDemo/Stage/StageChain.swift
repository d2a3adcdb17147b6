import GenkiChain
import GenkiCore

/// A chain whose blocks a stage seals.
package protocol StageChain: Chain {
  /// Appends blocks; the first includes what waits.
  @discardableResult func seal(count: Int) throws -> BlockReference
  /// Every call that a block holds, in the chain's order.
  func includedCalls() throws -> [IncludedCall]
}

extension LocalChain: StageChain {}

/// A node that seals blocks when it is told to, and keeps a log of what it thinks of each extrinsic.
extension SubtensorChain: StageChain {
  /// Appends blocks through the node's own method for tests.
  @discardableResult package func seal(count: Int) throws -> BlockReference {
    _ = try node.call("fake_advance", [JSONValue(count)])
    return try head()
  }

  /// Every call that the node's verdicts tell to be in a block that no fork has dropped.
  package func includedCalls() throws -> [IncludedCall] {
    try NodeVerdicts(try node.call("fake_verdicts")).includedCalls(on: self)
  }
}
