import Foundation
import GenkiCore
import GenkiService
import TestSupport
import Testing

/// The unit files; `deploy/test-systemd` runs them for real.
@Suite struct UnitTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "systemd")

  private static let hasAnalyzer = FileManager.default.isExecutableFile(
    atPath: "/usr/bin/systemd-analyze")

  @Test(
    .enabled(if: hasAnalyzer, "systemd-analyze is not installed"),
    arguments: DaemonRole.allCases)
  func exposureIsAtMostOnePointFive(role: DaemonRole) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/systemd-analyze")
    let unit = Self.folder.appending(path: "\(role.program).service").path
    process.arguments = ["security", "--offline=true", "--no-pager", "--threshold=15", unit]
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test(arguments: DaemonRole.allCases)
  func theUnitsFoldersAreThoseThatTheConfigurationExpects(role: DaemonRole) throws {
    let unit = try TextFile.readString(
      Self.folder.appending(path: "\(role.program).service").path, sizeLimit: 1 << 16)
    let lines = Set(unit.split(separator: "\n").map(String.init))
    for line in [
      "ExecStart=/usr/bin/\(role.program) run", "StateDirectory=genki-\(role.rawValue)",
      "RuntimeDirectory=genki-\(role.rawValue)", "UMask=0007", "Type=notify",
      "ReadWritePaths=\(DefaultPaths.systemSharedFolder)", "SupplementaryGroups=genki genki-read",
      "RestartPreventExitStatus=64 77 \(ErrorKind.configuration.rawValue)",
    ] { #expect(lines.contains(line), "\(line)") }
    #expect(role.stateExample == "/var/lib/genki-\(role.rawValue)")
    let shared = try TextFile.readString(
      Self.folder.appending(path: "genki-tmpfiles.conf").path, sizeLimit: 1 << 16)
    #expect(shared.contains("d \(DefaultPaths.systemSharedFolder) 2770 root genki -"))
  }
}
