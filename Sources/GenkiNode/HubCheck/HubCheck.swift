import Foundation
import GenkiConsole
import GenkiCore
import GenkiHTTP
import GenkiHub
import GenkiService
import GenkiStore

/// Looks at everything that a daemon needs of a Hugging Face Hub, and changes nothing there.
///
/// Two questions are asked at most, each within a known time whatever the hub does: who we are, and
/// whether the next repository is there.
public struct HubCheck: Sendable {
  /// Seconds for one question.
  public static let questionSeconds = 10.0

  let section: HubSection
  let account: (name: String, source: String)
  let opener: HubOpener
  let isValidator: Bool
  let publication: HubPublication?
  private let stateFolder: String
  private let secondsMaximum: Double
  private let freeBytes: @Sendable (String) throws -> Int

  /// - Parameters:
  ///   - stateFolder: The daemon's, which may not be there yet.
  ///   - environment: The process's environment.
  ///   - publication: What would be published next; nil if nothing is.
  ///   - secondsMaximum: For one question.
  ///   - freeBytes: How much may be written below a folder.
  public init(
    _ section: HubSection, wallet: WalletSection, stateFolder: String,
    environment: [String: String], isValidator: Bool, publication: HubPublication?,
    secondsMaximum: Double = HubCheck.questionSeconds,
    freeBytes: @escaping @Sendable (String) throws -> Int = { try StateFolder.freeBytes(at: $0) }
  ) {
    self.section = section
    account =
      section.account.map { ($0, "hub.account") } ?? (wallet.name, "wallet.name")
    opener = HubOpener(section, environment: environment)
    self.isValidator = isValidator
    self.publication = publication
    self.stateFolder = stateFolder
    self.secondsMaximum = secondsMaximum
    self.freeBytes = freeBytes
  }

  /// Adds what is found.
  public func look(_ check: inout EnvironmentCheck) {
    let token = lookAtToken(&check)
    // A token that cannot be read keeps nobody from seeing whether the hub answers.
    let hub = openHub(token ?? nil, &check)
    let greeting = hub.flatMap { lookAtEndpoint($0, isSecret: token ?? nil != nil, &check) }
    if let token, let token, let greeting { lookAtAccount(greeting, token, &check) }
    check.grade("hub space") { try space() }
    guard let publication else { return }
    lookAtRepository(publication, greeting == nil ? nil : hub, &check)
    lookAtUpload(publication, &check)
  }

  // MARK: Token

  /// Where the token comes from; nil if it cannot be used, some nil if there is none.
  private func lookAtToken(_ check: inout EnvironmentCheck) -> HubToken?? {
    let name = "hub token"
    do {
      guard let token = try opener.token() else {
        if publication == nil {
          check.note(name, "there is none: public repositories are read without one", .good)
        } else {
          check.note(
            name,
            "there is none, and nothing can be published: put one that may write into a file of mode "
              + "0600 and name it in hub.token_file, or load the systemd credential "
              + "\(HubTokenOpener.credentialName), which only the unit itself sees", .failed)
        }
        return .some(nil)
      }
      if let mode = token.exposedMode {
        check.note(
          name,
          "it comes from \(token.source), whose mode \(String(mode, radix: 8)) lets others than its "
            + "owner read it: chmod 600 \(token.source)", .warning)
      } else {
        check.note(name, "it comes from \(token.source)", .good)
      }
      return token
    } catch let error as any ReportableError {
      check.note(name, error.description, .failed)
    } catch {
      check.note(name, "\(error)", .failed)
    }
    return nil
  }

  // MARK: Endpoint

  private func openHub(_ token: HubToken?, _ check: inout EnvironmentCheck) -> HuggingFaceHub? {
    do {
      return try opener.open(account: account.name, token: token, secondsMaximum: secondsMaximum)
    } catch let error as HTTPError {
      check.note("hub endpoint", "\(opener.endpointSource): \(error)", .failed)
    } catch let error as HubError {
      check.note(
        "hub account", "\(error.what): \(error.why); name a user or organization in hub.account",
        .failed)
    } catch {
      check.note("hub endpoint", "\(error)", .failed)
    }
    return nil
  }

  /// What the hub says to us; nil if there is none.
  private func lookAtEndpoint(
    _ hub: HuggingFaceHub, isSecret: Bool, _ check: inout EnvironmentCheck
  ) -> HubGreeting? {
    let name = "hub endpoint"
    let address = "\(hub.source) (\(opener.endpointSource))"
    let start = ContinuousClock.now
    do {
      let greeting = try hub.greeting()
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      if case .later(let reason) = greeting {
        check.note(name, "\(address) wants to be left alone for a while: \(reason)", .warning)
      } else if isSecret, hub.isOverheard {
        check.note(
          name, "\(address) answers, but http shows the token to whoever listens: use https",
          .warning)
      } else {
        check.note(
          name, "\(address) answers after \(HumanUnits.duration(seconds: seconds))", .good)
      }
      return greeting
    } catch let error as any ReportableError {
      check.note(
        name,
        "\(address) does not answer as a hub: \(error.why); look at the address, the network, the "
          + "proxy variables and hub.ca_file", .failed)
    } catch {
      check.note(name, "\(address): \(error)", .failed)
    }
    return nil
  }

  // MARK: Account

  private func lookAtAccount(
    _ greeting: HubGreeting, _ token: HubToken, _ check: inout EnvironmentCheck
  ) {
    let name = "hub account"
    let own = "\(account.name.quoted()) (\(account.source))"
    switch greeting {
    case .known(let identity):
      let role = identity.role.map { "role \($0.quoted(limit: 40))" } ?? "of an unknown kind"
      let owner = "the token belongs to \(identity.name.quoted()), \(role)"
      guard publication != nil else {
        check.note(name, "\(owner); nothing is published, so reading is enough", .good)
        return
      }
      if let problem = identity.problem(writingTo: account.name) {
        check.note(
          name,
          "\(problem): bring a token that may write to \(own), or name the token's own account in "
            + "hub.account", .failed)
      } else {
        check.note(name, "\(owner), and may write to \(own)", .good)
      }
    case .unknownToken:
      check.note(
        name,
        "the hub does not know the token of \(token.source): make one in the account's settings "
          + "there and put it in its place", .failed)
    case .anonymous: break
    case .later(let reason), .silent(let reason):
      check.note(
        name,
        "the hub does not say whose the token is (\(reason)): genki-minerd hub whoami asks again",
        .warning)
    }
  }

  // MARK: Space

  private func space() throws -> (String, EnvironmentCheck.Grade) {
    let folder = section.cachePath ?? "\(stateFolder)/\(PrivateFolder.models.rawValue)"
    let free = try freeBytes(EnvironmentCheck.existing(above: folder))
    return HubSpace(
      folder: folder, freeBytes: max(0, free - DiskSpace.headroomBytes),
      usedBytes: ModelCache.bytesUsed(folder: folder), quotaBytes: section.cacheBytesMaximum,
      need: neededBytes.map {
        ($0, "a round's base\(isValidator ? " and one model" : "")")
      }
    ).finding
  }

  /// What the newest round's base takes, and for a validator one of its models; nil before the first.
  private var neededBytes: Int? {
    guard let known = Store.newestRound(path: StateFolder.database(in: stateFolder)) else {
      return nil
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: known.folder)) ?? []
    let files = try? HubPublication.sizes(
      of: names.map { HubFile(name: $0, path: "\(known.folder)/\($0)") })
    let base = (files ?? []).reduce(0) { $0 + ($1.bytes ?? 0) }
    return base + (isValidator ? known.document.rules.submissionBytesMaximum : 0)
  }
}
