/// How a daemon's two sockets are called.
public enum RPCSocketPath {
  private static let ending = ".sock"

  /// The readers' socket that lies beside an operators' socket: `rpc-read.sock` beside `rpc.sock`,
  /// `miner-read.sock` beside `miner.sock`.
  public static func readers(beside path: String) -> String {
    guard path.hasSuffix(ending) else { return path + "-read" }
    return path.dropLast(ending.count) + "-read" + ending
  }
}
