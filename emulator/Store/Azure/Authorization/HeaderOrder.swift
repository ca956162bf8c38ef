/// The orders in which clients sort headers before they sign them.
///
/// The documentation says lexicographically; the service sorts as a dictionary does, and the clients that know this do as
/// well. Names of metadata are where it shows: a hyphen counts only where nothing else differs, and an underscore comes
/// before digits. A signature over either order is right.
enum HeaderOrder: CaseIterable {
    case bytes, dictionary

    /// - Parameters: names in lower case.
    func precedes(_ left: String, _ right: String) -> Bool {
        switch self {
        case .bytes: left.precedes(right)
        case .dictionary: Self.compare(Array(left.utf8), Array(right.utf8)) < 0
        }
    }

    /// From lightest to heaviest; what is not among them counts only where nothing else differs.
    private static let weights: [UInt8: Int] = Dictionary(
        uniqueKeysWithValues: "!#$%&*.^_`|~+0123456789abcdefghijklmnopqrstuvwxyz".utf8.enumerated().map { ($1, $0 + 2) }
    )
    /// What counts only then.
    private static let faintWeights: [UInt8: Int] = [UInt8(ascii: "'"): 2, UInt8(ascii: "-"): 3]
    /// Lighter than everything: a name that ends comes first.
    private static let end = 1

    private static func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
        for (level, weights) in [weights, faintWeights].enumerated() {
            var (i, j) = (0, 0)
            while true {
                // Where a faint character stands on one side alone, the side without it comes first.
                if level == 1, i != j { return i > j ? -1 : 1 }
                let first = i < left.count ? weights[left[i]] ?? 0 : end
                let second = j < right.count ? weights[right[j]] ?? 0 : end
                if first == end && second == end { break }
                if first == second {
                    (i, j) = (i + 1, j + 1)
                } else if first == 0 {
                    i += 1
                } else if second == 0 {
                    j += 1
                } else {
                    return first - second
                }
            }
        }
        return 0
    }
}
