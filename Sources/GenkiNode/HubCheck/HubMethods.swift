import Foundation
import GenkiCore
import GenkiRPC
import GenkiService
import Synchronization

/// The method of both daemons that looks at the hub.
///
/// The hub is asked on the caller's own thread, for one caller at a time: hubs count such questions.
public struct HubMethods: Sendable {
  private let section: HubSection
  private let wallet: WalletSection
  private let stateFolder: String
  private let isValidator: Bool
  private let publication: @Sendable () -> HubPublication?
  private let isBusy = Busy()

  /// Whether somebody asks at this moment.
  private final class Busy: Sendable {
    let flag = Mutex(false)
  }

  /// - Parameter publication: What would be published next.
  public init(
    _ section: HubSection, wallet: WalletSection, stateFolder: String, isValidator: Bool,
    publication: @escaping @Sendable () -> HubPublication?
  ) {
    self.section = section
    self.wallet = wallet
    self.stateFolder = stateFolder
    self.isValidator = isValidator
    self.publication = publication
  }

  /// All of them.
  public var endpoints: [RPCEndpoint] { [check] }

  private static let finding = JSONSchema.object(
    [
      "name": .string(), "ok": .boolean, "warning": .boolean, "message": .string(),
      "details": .object([:], additionalProperties: true),
    ], required: ["name", "ok", "warning", "message"])

  private var check: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "hub.check", summary: "Whether hub, token, account and space are as a round needs them",
        details:
          "The same as check of the programs says of a Hugging Face Hub, with the token of this "
          + "process; a directory has nothing to be looked at. It changes nothing and ends within "
          + "half a minute while the hub hangs.",
        access: .read, result: .list(of: Self.finding), errors: [.busy])
    ) { _ in
      guard section.kind == .huggingface else { return ["items": []] }
      let isFree = isBusy.flag.withLock { flag in
        defer { flag = true }
        return !flag
      }
      guard isFree else {
        throw RPCFailure(
          name: .busy, message: "somebody else asks the hub at this moment",
          data: ["advice": "try again in some seconds"])
      }
      defer { isBusy.flag.withLock { $0 = false } }
      var check = EnvironmentCheck()
      HubCheck(
        section, wallet: wallet, stateFolder: stateFolder,
        environment: ProcessInfo.processInfo.environment, isValidator: isValidator,
        publication: publication()
      ).look(&check)
      return ["items": .array(check.findings.map(\.json))]
    }
  }
}
