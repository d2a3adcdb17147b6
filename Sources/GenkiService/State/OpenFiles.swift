import Glibc

/// How many files and connections this process may have open at once.
public enum OpenFiles {
  /// What hundreds of transfers of several files each need: a file and a connection for each.
  public static let limitWanted = 16_384

  /// Raises the limit as far as the system lets a process raise it by itself; never lowers it.
  ///
  /// - Returns: The limit in force.
  @discardableResult
  public static func raiseLimit(to wanted: Int = limitWanted) -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    let raised = raised(
      soft: Int(clamping: limit.rlim_cur), hard: Int(clamping: limit.rlim_max), wanted: wanted)
    guard raised != Int(clamping: limit.rlim_cur) else { return raised }
    let before = Int(clamping: limit.rlim_cur)
    limit.rlim_cur = rlim_t(raised)
    return setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? raised : before
  }

  /// The limit to ask for; pure.
  package static func raised(soft: Int, hard: Int, wanted: Int) -> Int {
    max(soft, min(hard, wanted))
  }
}
