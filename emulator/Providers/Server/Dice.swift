/// The chances of one call: the same seed and number throw the same.
struct Dice {
    private var random: RandomSource

    init(seed: Int, call: UInt64) {
        random = RandomSource(seed: UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 &+ call)
    }

    /// Whether something that happens to `share` of the calls happens to this one.
    mutating func happens(_ share: Double) -> Bool {
        self.share < share
    }

    /// A number from 0 to, but not quite, 1.
    var share: Double {
        mutating get { Double(random.next() >> 11) / Double(UInt64(1) << 53) }
    }
}
