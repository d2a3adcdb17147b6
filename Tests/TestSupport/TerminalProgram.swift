import Foundation

/// One of our programs at a terminal of its own: what is typed goes in, what the screen gets comes out.
public final class TerminalProgram {
  /// The terminal or the program could not be made.
  public struct Failure: Error {
    /// What was tried.
    public let what: String
    /// The system's number.
    public let code: Int32
  }

  /// `POSIX_SPAWN_SETSID`, which the headers hide: the program leads a session, and the first terminal
  /// that it opens is its own.
  private static let newSession: Int16 = 0x80
  /// `TIOCGPTN` and `TIOCSPTLCK` of linux/tty.
  private static let terminalNumber: UInt = 0x8004_5430
  private static let terminalLock: UInt = 0x4004_5431
  private static let chunkBytes = 1 << 16

  private let master: Int32
  private let screen: Int32
  private let identifier: pid_t
  private var status: Int32?
  /// The modes that the terminal had before the program began.
  private let modes: termios
  /// All that came so far.
  public private(set) var output = ""
  private var bytes: [UInt8] = []
  /// Where ``expect(_:seconds:)`` looks on.
  private var seen = 0

  /// Starts a program that lies beside the test program.
  ///
  /// - Parameters:
  ///   - errors: A file for its stderr, which is the terminal otherwise.
  ///   - environment: Variables that it gets besides, or in the place of, ours.
  public init(
    _ name: String, _ arguments: [String], errors: String? = nil,
    environment: [String: String] = [:], columns: UInt16 = 80, rows: UInt16 = 24
  ) throws {
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard master >= 0 else { throw Failure(what: "/dev/ptmx", code: errno) }
    var number: Int32 = 0
    var isLocked: Int32 = 0
    guard ioctl(master, Self.terminalNumber, &number) == 0,
      ioctl(master, Self.terminalLock, &isLocked) == 0
    else { throw Failure(what: "the terminal's number", code: errno) }
    let terminal = "/dev/pts/\(number)"
    // Open here as well, so that its modes outlive the program.
    screen = open(terminal, O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard screen >= 0 else { throw Failure(what: terminal, code: errno) }
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    var found = termios()
    tcgetattr(screen, &found)
    modes = found
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, terminal, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO)
    if let errors {
      posix_spawn_file_actions_addopen(
        &actions, STDERR_FILENO, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    } else {
      posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Self.newSession)
    let path = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: name).path
    let variables = ProcessInfo.processInfo.environment.merging(
      ["TERM": "xterm-256color", "NO_COLOR": "1"].merging(environment) { $1 }
    ) { $1 }.map { "\($0)=\($1)" }
    let words = ([path] + arguments).map { strdup($0) }
    let settings = variables.map { strdup($0) }
    defer { (words + settings).forEach { free($0) } }
    var child: pid_t = 0
    let code = posix_spawn(&child, path, &actions, &attributes, words + [nil], settings + [nil])
    guard code == 0 else { throw Failure(what: "posix_spawn", code: code) }
    identifier = child
  }

  deinit {
    if status == nil {
      kill(identifier, SIGKILL)
      waitpid(identifier, nil, 0)
    }
    close(screen)
    close(master)
  }

  /// Types bytes.
  public func type(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
      if count < 0, errno != EINTR { return }
      rest = rest.dropFirst(max(count, 0))
      // A terminal takes few bytes at once; the program shows them, which must be read.
      _ = read(milliseconds: 0)
    }
  }

  /// Waits until the terminal gets a text, behind what was waited for before; false if it does not.
  public func expect(_ text: String, seconds: Double = 60) -> Bool {
    let wanted = Array(text.utf8)
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
      if let range = bytes[seen...].firstRange(of: wanted) {
        seen = range.upperBound
        return true
      }
      guard ContinuousClock.now < deadline, read(milliseconds: 100) else { return false }
    }
  }

  /// Waits for the program's end, and returns the exit code, or 128 + the signal that ended it; nil if it
  /// does not end.
  public func end(seconds: Double = 60) -> Int32? {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while status == nil, ContinuousClock.now < deadline {
      var found: Int32 = 0
      _ = read(milliseconds: 20)
      guard waitpid(identifier, &found, WNOHANG) == identifier else { continue }
      status = found & 0x7F == 0 ? found >> 8 & 0xFF : 128 + found & 0x7F
    }
    _ = read(milliseconds: 0)
    return status
  }

  /// Sends a signal.
  public func send(_ signal: Int32) { kill(identifier, signal) }

  /// Whether the terminal's modes are those that the program found.
  public var isAsBefore: Bool {
    var now = termios()
    tcgetattr(screen, &now)
    return now.c_lflag == modes.c_lflag && now.c_iflag == modes.c_iflag
      && now.c_oflag == modes.c_oflag && now.c_cflag == modes.c_cflag
  }

  /// Reads what has come; false when the terminal is gone.
  private func read(milliseconds: Int32) -> Bool {
    var ready = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    guard poll(&ready, 1, milliseconds) > 0 else { return true }
    var chunk = [UInt8](repeating: 0, count: Self.chunkBytes)
    let count = Foundation.read(master, &chunk, chunk.count)
    guard count > 0 else { return count < 0 && errno == EINTR }
    bytes += chunk[..<count]
    output = String(decoding: bytes, as: UTF8.self)
    return true
  }
}
