/// What a stand-in writes in place of a model: a title, keywords and a sentence made of the words it was given. The same words make
/// the same text.
struct Wording: Sendable {
    /// The words that carry the meaning, in their order, each once.
    let keywords: [String]
    private let words: [String]

    /// Words that join others and carry nothing by themselves.
    private static let small: Set = [
        "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "in", "into", "is", "it", "its", "of", "on",
        "or", "over", "that", "the", "this", "to", "under", "was", "were", "with",
    ]
    private static let titleLength = 6

    init(_ text: String) {
        func isInWord(_ character: Character) -> Bool {
            character.isLetter || character.isNumber || character == "'" || character == "-"
        }
        words = text.split { !isInWord($0) }.map { String($0) }.filter { $0.contains { $0.isLetter || $0.isNumber } }
        var seen: Set<String> = []
        keywords = words.map { $0.lowercased() }.filter { !Self.small.contains($0) && seen.insert($0).inserted }
    }

    /// Up to six words, as a title is written; without the small ones at its ends.
    var title: String {
        var chosen = words.drop { Self.small.contains($0.lowercased()) }.prefix(Self.titleLength)
        while let last = chosen.last, Self.small.contains(last.lowercased()) { chosen.removeLast() }
        if chosen.isEmpty { return "Untitled" }
        return chosen.map { word in
            Self.small.contains(word.lowercased()) ? word.lowercased() : word.prefix(1).uppercased() + word.dropFirst()
        }.joined(separator: " ")
    }

    /// One sentence about the same.
    var sentence: String {
        guard let first = keywords.first else { return "A picture without a description." }
        let rest = keywords.dropFirst().prefix(5)
        let things = rest.isEmpty ? first : "\(([first] + rest.dropLast()).joined(separator: ", ")) and \(rest.last!)"
        return "A picture of \(things)."
    }
}
