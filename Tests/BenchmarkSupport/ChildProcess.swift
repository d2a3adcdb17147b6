import Foundation

/// A process with a socket for stdin and stdout and a file for stderr, in a process group of its own:
/// what it starts is killed with it, and a terminal's Ctrl-C reaches the driver only.
final class ChildProcess {
  /// Our end of its stdin and stdout.
  let socket: Int32
  /// Its number, and its group's.
  let identifier: pid_t
  /// How it ended, once it was reaped.
  private var status: Int32?

  /// Starts a program, which is looked for in PATH if it has no slash.
  ///
  /// - Throws: `BenchmarkError.cannotStart`.
  init(_ command: PeerCommand, errorsPath: String) throws {
    // Closed in every other process, whoever starts one meanwhile.
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw BenchmarkError.cannotStart(
        program: command.program, reason: String(cString: strerror(errno)))
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errorsPath, O_WRONLY | O_APPEND, 0)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    posix_spawnattr_setpgroup(&attributes, 0)
    // The driver ignores some signals; a worker does not inherit that.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF))
    let environment = ProcessInfo.processInfo.environment.merging(command.environment) { $1 }
    var started: pid_t = 0
    let code = Self.withCStrings([command.program] + command.arguments) { arguments in
      Self.withCStrings(environment.map { "\($0.key)=\($0.value)" }) { variables in
        posix_spawnp(&started, command.program, &actions, &attributes, arguments, variables)
      }
    }
    posix_spawn_file_actions_destroy(&actions)
    posix_spawnattr_destroy(&attributes)
    close(ends[1])
    socket = ends[0]
    identifier = started
    guard code == 0 else {
      status = 0
      throw BenchmarkError.cannotStart(
        program: command.program, reason: String(cString: strerror(code)))
    }
  }

  deinit {
    end()
    close(socket)
  }

  /// Kills it and what it started, and reaps it; afterwards its number means nothing.
  ///
  /// - Returns: How it ended: `exit code 3` or `signal 9`.
  @discardableResult func end() -> String {
    var status = self.status ?? 0
    if self.status == nil {
      kill(-identifier, SIGKILL)
      while waitpid(identifier, &status, 0) == -1, errno == EINTR {}
      self.status = status
    }
    let number = status & 0x7F
    return number == 0 ? "exit code \((status >> 8) & 0xFF)" : "signal \(number)"
  }

  private static func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    return body(copies + [nil])
  }
}
