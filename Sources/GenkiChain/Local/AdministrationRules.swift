import GenkiCore

/// What the operator of an embedded chain does without a signature.
enum Administration: Hashable {
  /// Makes a hotkey a member; its coldkey pays.
  case register(hotkey: SS58Address, coldkey: SS58Address)
  /// Moves an amount from the coldkey of a hotkey to its stake.
  case addStake(hotkey: SS58Address, amount: UInt64)

  var hotkey: SS58Address {
    switch self {
    case .register(let hotkey, _), .addStake(let hotkey, _): hotkey
    }
  }

  /// What the block's hash covers of it.
  var payload: [UInt8] {
    var writer = ScaleWriter()
    switch self {
    case .register(let hotkey, let coldkey):
      writer.append(integer: UInt8(128))
      writer.append(hotkey.publicKey)
      writer.append(coldkey.publicKey)
    case .addStake(let hotkey, let amount):
      writer.append(integer: UInt8(129))
      writer.append(hotkey.publicKey)
      writer.append(integer: amount)
    }
    return writer.bytes
  }
}

/// The rules of registration and stake.
enum AdministrationRules {
  /// Does it, or answers with the chain's name of what it failed with.
  static func apply(_ work: Administration, block: UInt64, state: LedgerState) throws
    -> CallFailure?
  {
    switch work {
    case .register(let hotkey, let coldkey):
      try register(hotkey, coldkey: coldkey, block: block, state: state)
    case .addStake(let hotkey, let amount):
      try addStake(amount, to: hotkey, block: block, state: state)
    }
  }

  private static func register(
    _ hotkey: SS58Address, coldkey: SS58Address, block: UInt64, state: LedgerState
  ) throws -> CallFailure? {
    guard try state.neuron(of: hotkey) == nil else {
      return "HotKeyAlreadyRegisteredInSubNet"
    }
    let known = try state.hotkey(hotkey)
    guard known == nil || known?.coldkey == coldkey else { return "NonAssociatedColdKey" }
    let balance = try state.balance(of: coldkey)
    guard balance >= state.settings.burn else { return "NotEnoughBalanceToStake" }
    guard let uid = try places(block: block, state: state).first else {
      return "NoNeuronIdAvailable"
    }
    try state.setBalance(of: coldkey, to: balance - state.settings.burn)
    let stake = known?.stake ?? 0
    try state.setHotkey(hotkey, to: LedgerHotkey(coldkey: coldkey, stake: stake))
    let neuron = Neuron(
      uid: uid, hotkey: hotkey, coldkey: coldkey, stake: stake, hasValidatorPermit: false,
      lastUpdate: block, registeredAt: block)
    try state.store(LedgerNeuron(neuron: neuron), from: block)
    return nil
  }

  private static func addStake(
    _ amount: UInt64, to hotkey: SS58Address, block: UInt64, state: LedgerState
  ) throws -> CallFailure? {
    guard amount > 0 else { return "AmountTooLow" }
    guard var known = try state.hotkey(hotkey) else { return "HotKeyAccountNotExists" }
    let balance = try state.balance(of: known.coldkey)
    guard balance >= amount, known.stake <= UInt64(Int64.max) - amount else {
      return "NotEnoughBalanceToStake"
    }
    known.stake += amount
    try state.setBalance(of: known.coldkey, to: balance - amount)
    try state.setHotkey(hotkey, to: known)
    var members = try state.neurons()
    guard let index = members.firstIndex(where: { $0.neuron.hotkey == hotkey }) else { return nil }
    members[index].neuron.stake = known.stake
    // The chain grants permits at epochs only; here a first validator need not wait for one.
    let validators = topValidators(members.map(\.neuron), settings: state.settings)
    for place in members.indices {
      let isNew = validators.contains(members[place].neuron.uid)
      let gains = isNew && !members[place].neuron.hasValidatorPermit
      guard place == index || gains else { continue }
      if gains { members[place].neuron.hasValidatorPermit = true }
      try state.store(members[place], from: block)
    }
    return nil
  }

  /// The uids that stake gives a validator permit.
  static func topValidators(_ neurons: [Neuron], settings: LocalChainSettings) -> Set<UInt16> {
    let staked = neurons.filter { $0.stake > 0 && $0.stake >= settings.stakeThreshold }
    let ranked = staked.sorted { ($1.stake, $0.uid) < ($0.stake, $1.uid) }
    return Set(ranked.prefix(Int(settings.maximumValidators)).map(\.uid))
  }

  /// The uids that new members get, in this order: those that nobody has, then in a full subnet those
  /// of members that are not immune, by lowest emission, oldest registration and lowest uid.
  static func places(block: UInt64, state: LedgerState) throws -> [UInt16] {
    let limit = min(state.settings.maximumUids, LocalChainSettings.uidsLimit)
    let members = try state.neurons().map(\.neuron)
    let free = Array(UInt16(clamping: members.count)..<max(limit, UInt16(clamping: members.count)))
    let losers = members.filter {
      block - min(block, $0.registeredAt) >= state.settings.immunityPeriod
    }.sorted {
      ($0.emission, $0.registeredAt, $0.uid) < ($1.emission, $1.registeredAt, $1.uid)
    }
    return free + losers.map(\.uid)
  }
}
