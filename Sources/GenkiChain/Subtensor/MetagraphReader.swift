import GenkiCore

/// Reads members from storage: their keys, one list for all of each figure, and the weights of those
/// who may set them. Storage is used, not the runtime's functions, because every version of metadata
/// describes it and it is a tenth of the bytes.
struct MetagraphReader {
  /// Members of a subnet at most.
  static let membersMaximum = 4_096

  private let state: StateReader
  private let netuid: UInt16
  private let weightsIndex: UInt16

  init(_ state: StateReader, chain: SubtensorChain) {
    self.state = state
    netuid = chain.netuid
    weightsIndex = chain.weightsIndex
  }

  /// All members.
  func neurons() throws -> [Neuron] {
    let found = try state.value("SubnetworkN", [.netuid(netuid)])
    let count = try found?.root.unsigned(UInt16.self) ?? 0
    guard count <= Self.membersMaximum else {
      throw ChainError.damaged(
        source: state.node.name, reason: "subnet \(netuid) has \(count) members")
    }
    let uids = Array(0..<count)
    let hotkeys = try accounts(uids.map { try state.request("Keys", [.netuid(netuid), uid($0)]) })
    var neurons = try figures(of: zip(uids, hotkeys).map { ($0, $1) })
    try addWeights(to: &neurons)
    return neurons
  }

  /// One member without its weights.
  func neuron(uid: UInt16, hotkey: SS58Address) throws -> Neuron? {
    try figures(of: [(uid, hotkey)]).first
  }

  private func uid(_ uid: UInt16) -> ScaleValue { .unsigned(UInt64(uid)) }

  private func accounts(_ requests: [StateReader.Request]) throws -> [SS58Address] {
    try state.values(requests).map { value in
      guard let value else {
        throw ChainError.damaged(source: state.node.name, reason: "a member has no key")
      }
      return try value.root.accountID()
    }
  }

  /// Everything but weights, in one request for a handful of members.
  private func figures(of members: [(uid: UInt16, hotkey: SS58Address)]) throws -> [Neuron] {
    let lists: [(item: String, index: UInt16)] = [
      ("ValidatorPermit", netuid), ("LastUpdate", weightsIndex), ("Incentive", weightsIndex),
      ("Dividends", netuid), ("Consensus", netuid), ("ValidatorTrust", netuid),
      ("Emission", netuid),
    ]
    let known = lists.filter { state.has($0.item) }
    var requests = try known.map { try state.request($0.item, [.netuid($0.index)]) }
    if state.has("TaoWeight") { requests.append(try state.request("TaoWeight")) }
    let first = requests.count
    for member in members {
      let hotkey = ScaleValue.account(member.hotkey)
      requests += [
        try state.request("BlockAtRegistration", [.netuid(netuid), uid(member.uid)]),
        try state.request("Owner", [hotkey]),
        try state.request("TotalHotkeyAlpha", [hotkey, .netuid(netuid)]),
        try state.request("TotalHotkeyAlpha", [hotkey, .netuid(0)]),
      ]
    }
    let stored = try state.storedBytes(requests)
    func list<Element>(
      _ item: String, _ decode: (ValueDecoder, [UInt8], TypeID) throws -> [Element]
    ) throws -> [Element] {
      // The runtime may have dropped an item: its figure is 0 then.
      guard let place = known.firstIndex(where: { $0.item == item }), let bytes = stored[place]
      else { return [] }
      return try decode(state.decoder, bytes, requests[place].entry.value)
    }
    func shares(_ item: String) throws -> [UInt16] {
      try list(item) { try $0.uint16List($1, as: $2) }
    }
    func value(_ place: Int) throws -> ScaleValue? {
      try stored[place].map { try state.decoder.decode($0, as: requests[place].entry.value) }
    }
    let permits = try list("ValidatorPermit") { try $0.boolList($1, as: $2) }
    let updates = try list("LastUpdate") { try $0.uint64List($1, as: $2) }
    let emission = try list("Emission") { try $0.uint64List($1, as: $2) }
    let (incentive, dividends) = (try shares("Incentive"), try shares("Dividends"))
    let (consensus, trust) = (try shares("Consensus"), try shares("ValidatorTrust"))
    let weight: UInt64 =
      first > known.count ? try value(first - 1)?.root.unsigned() ?? 0 : 0
    return try members.enumerated().map { index, member in
      let uid = Int(member.uid)
      let place = first + 4 * index
      func at<Value>(_ list: [Value], _ fallback: Value) -> Value {
        list.indices.contains(uid) ? list[uid] : fallback
      }
      guard let coldkey = try value(place + 1)?.root.accountID() else {
        throw ChainError.damaged(
          source: state.node.name, reason: "hotkey \(member.hotkey) has no owner")
      }
      return Neuron(
        uid: member.uid, hotkey: member.hotkey, coldkey: coldkey,
        stake: Self.stake(
          alpha: try value(place + 2)?.root.unsigned() ?? 0,
          root: try value(place + 3)?.root.unsigned() ?? 0, weight: weight),
        hasValidatorPermit: at(permits, false), lastUpdate: at(updates, 0),
        registeredAt: try value(place)?.root.unsigned() ?? 0, incentive: at(incentive, 0),
        dividends: at(dividends, 0), consensus: at(consensus, 0), validatorTrust: at(trust, 0),
        emission: at(emission, 0))
    }
  }

  /// `alpha + root × weight / 2^64`, kept within 64 bits.
  static func stake(alpha: UInt64, root: UInt64, weight: UInt64) -> UInt64 {
    let counted = root.multipliedFullWidth(by: weight).high
    let (sum, overflow) = alpha.addingReportingOverflow(counted)
    return overflow ? .max : sum
  }

  private func addWeights(to neurons: inout [Neuron]) throws {
    // Weights stay when a permit is lost, and the owner needs none.
    let setters = neurons.indices.filter {
      neurons[$0].hasValidatorPermit || neurons[$0].lastUpdate > neurons[$0].registeredAt
    }
    let requests = try setters.map {
      try state.request("Weights", [.netuid(weightsIndex), uid(neurons[$0].uid)])
    }
    let decoder = state.decoder
    for (place, (request, bytes)) in zip(
      setters, zip(requests, try state.storedBytes(requests)))
    {
      guard let bytes else { continue }
      neurons[place].weights = try decoder.weightList(bytes, as: request.entry.value)
    }
  }
}
