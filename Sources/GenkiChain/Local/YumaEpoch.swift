/// One epoch of Yuma consensus (version 2), in double precision: within one unit of 65,535 of the
/// chain's fixed point.
///
/// A pure function of what the members and their weights are.
package struct YumaEpoch {
  /// What the epoch reads of one member; its place in the list is its uid.
  package struct Member {
    package var stake: Double
    package var lastUpdate: UInt64
    package var registeredAt: UInt64
    package var hasPermit: Bool
    package var weights: [UidWeight] = []
    package var bonds: [UidWeight] = []
    /// The block of its oldest commit to weights that can still be revealed.
    package var oldestCommit: UInt64?

    package init(
      stake: Double, lastUpdate: UInt64, registeredAt: UInt64, hasPermit: Bool,
      weights: [UidWeight] = [], bonds: [UidWeight] = [], oldestCommit: UInt64? = nil
    ) {
      self.stake = stake
      self.lastUpdate = lastUpdate
      self.registeredAt = registeredAt
      self.hasPermit = hasPermit
      self.weights = weights
      self.bonds = bonds
      self.oldestCommit = oldestCommit
    }
  }

  /// The numbers that the network sets.
  package struct Parameters {
    package var tempo: UInt64 = 360
    package var activityCutoff: UInt64 = 5000
    /// Of 65,535.
    package var kappa: UInt16 = 32767
    /// Of 1,000,000.
    package var bondsMovingAverage: UInt64 = 900_000
    /// Of 65,535.
    package var bondsPenalty: UInt16 = 65535
    package var stakeThreshold: Double = 0
    package var maximumValidators = 128
    package var emission: UInt64 = 1_000_000_000

    package init() {}
  }

  /// What the epoch gives one member.
  package struct Result: Equatable {
    package var incentive = 0.0
    package var dividends = 0.0
    package var consensus = 0.0
    package var validatorTrust = 0.0
    package var serverEmission: UInt64 = 0
    package var validatorEmission: UInt64 = 0
    package var hasPermit = false
    package var bonds: [UidWeight] = []

    /// A share as the chain stores it.
    static func stored(_ share: Double) -> UInt16 {
      UInt16(clamping: Int(max(0, min(1, share)) * 65535))
    }
  }

  private let block: UInt64
  private let members: [Member]
  private let parameters: Parameters
  private var count: Int { members.count }

  /// The results of all members, in their order.
  package static func run(block: UInt64, members: [Member], parameters: Parameters) -> [Result] {
    guard !members.isEmpty else { return [] }
    return YumaEpoch(block: block, members: members, parameters: parameters).results()
  }

  private func results() -> [Result] {
    let stake = normalised(members.map { $0.stake >= parameters.stakeThreshold ? $0.stake : 0 })
    let active = normalised(
      zip(members, stake).map { member, stake in
        let isInactive = member.lastUpdate + parameters.activityCutoff < block
        return isInactive || !member.hasPermit ? 0 : stake
      })
    let weights = self.weights()
    let consensus = (0..<count).map { column in median(weights.map { $0[column] }, stake: active) }
    let clipped = weights.map { row in zip(row, consensus).map { min($0, $1) } }
    var rank = [Double](repeating: 0, count: count)
    for (row, stake) in zip(clipped, active) where stake > 0 {
      for column in 0..<count { rank[column] += stake * row[column] }
    }
    let incentive = normalised(rank)
    let bonds = self.bonds(weights: weights, clipped: clipped, active: active)
    let dividends = normalised(
      bonds.map { row in zip(row, incentive).reduce(0) { $0 + $1.0 * $1.1 } })
    let emission = self.emission(
      incentive: incentive, dividends: dividends, active: active, stake: stake)
    let permits = newPermits(stake)
    let stored = scaledBonds(bonds)
    return (0..<count).map { uid in
      Result(
        incentive: incentive[uid], dividends: dividends[uid], consensus: consensus[uid],
        validatorTrust: clipped[uid].reduce(0, +), serverEmission: emission.server[uid],
        validatorEmission: emission.validator[uid], hasPermit: permits.contains(uid),
        bonds: permits.contains(uid) ? stored[uid] : [])
    }
  }

  /// The weights that count, each row with the sum 1 or 0: only of validators, not of oneself, not
  /// of members that came after the weights or after the oldest commit.
  private func weights() -> [[Double]] {
    members.enumerated().map { uid, member in
      var row = [Double](repeating: 0, count: count)
      guard member.hasPermit else { return row }
      for entry in member.weights where Int(entry.uid) < count && Int(entry.uid) != uid {
        let registeredAt = members[Int(entry.uid)].registeredAt
        guard member.lastUpdate > registeredAt, member.oldestCommit ?? .max >= registeredAt else {
          continue
        }
        row[Int(entry.uid)] = Double(entry.weight)
      }
      return normalised(row)
    }
  }

  /// The largest weight that more than the minority's stake reaches from below.
  private func median(_ column: [Double], stake: [Double]) -> Double {
    let rows = zip(column, stake).filter { $0.1 > 0 }.sorted { $0.0 < $1.0 }
    let minority = rows.reduce(0) { $0 + $1.1 } * (1 - Double(parameters.kappa) / 65535)
    var sum = 0.0
    for (weight, stake) in rows {
      sum += stake
      if sum > minority { return weight }
    }
    return rows.last?.0 ?? 0
  }

  /// The moving average of bonds, each column with the sum 1 or 0.
  private func bonds(weights: [[Double]], clipped: [[Double]], active: [Double]) -> [[Double]] {
    let penalty = Double(parameters.bondsPenalty) / 65535
    let alpha = 1 - Double(min(parameters.bondsMovingAverage, 1_000_000)) / 1_000_000
    let lastTempo = block - min(block, parameters.tempo)
    var old = members.map { member in
      var row = [Double](repeating: 0, count: count)
      for entry in member.bonds where Int(entry.uid) < count {
        guard members[Int(entry.uid)].registeredAt < lastTempo else { continue }
        row[Int(entry.uid)] = Double(entry.weight)
      }
      return row
    }
    normaliseColumns(&old)
    var new = (0..<count).map { row in
      zip(weights[row], clipped[row]).map { active[row] * ($0 + penalty * ($1 - $0)) }
    }
    normaliseColumns(&new)
    var average = zip(new, old).map { new, old in
      zip(new, old).map { alpha * $0 + (1 - alpha) * $1 }
    }
    normaliseColumns(&average)
    return average
  }

  /// Bonds as they are stored: the largest of every column is 65,535, zeros are left out.
  private func scaledBonds(_ bonds: [[Double]]) -> [[UidWeight]] {
    let largest = (0..<count).map { column in bonds.map { $0[column] }.max() ?? 0 }
    return bonds.map { row in
      row.enumerated().compactMap { column, bond in
        let share = largest[column] > 0 ? Result.stored(bond / largest[column]) : 0
        return share > 0 ? UidWeight(uid: UInt16(clamping: column), weight: share) : nil
      }
    }
  }

  private func emission(
    incentive: [Double], dividends: [Double], active: [Double], stake: [Double]
  ) -> (server: [UInt64], validator: [UInt64]) {
    let total = incentive.reduce(0, +) + dividends.reduce(0, +)
    func rao(_ share: Double) -> UInt64 {
      UInt64(max(0, min(share, 1)) * Double(min(parameters.emission, 1 << 62)))
    }
    guard total > 0 else {
      // Nobody has ranked anybody: validators share it by stake.
      let shares = active.contains { $0 > 0 } ? active : stake
      return (stake.map { _ in 0 }, shares.map(rao))
    }
    return (incentive.map { rao($0 / total) }, dividends.map { rao($0 / total) })
  }

  private func newPermits(_ stake: [Double]) -> Set<Int> {
    let ranked = stake.indices.filter { stake[$0] > 0 }
      .sorted { (stake[$1], $0) < (stake[$0], $1) }
    return Set(ranked.prefix(parameters.maximumValidators))
  }

  private func normalised(_ values: [Double]) -> [Double] {
    let sum = values.reduce(0, +)
    return sum > 0 ? values.map { $0 / sum } : values
  }

  private func normaliseColumns(_ rows: inout [[Double]]) {
    for column in 0..<count {
      let sum = rows.reduce(0) { $0 + $1[column] }
      guard sum > 0 else { continue }
      for row in rows.indices { rows[row][column] /= sum }
    }
  }
}
