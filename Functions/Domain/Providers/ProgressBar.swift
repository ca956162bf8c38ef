/// Progress as models log it: bars such as ` 40%|████      | 2/5`.
enum ProgressBar {
    /// The last percentage in a log, from 0 to 1; nil when there is none.
    static func fraction(in log: String) -> Double? {
        guard let sign = log.lastIndex(of: "%") else { return nil }
        let digits = log[..<sign].reversed().prefix { $0.isASCII && $0.isNumber }.reversed()
        guard let percent = Int(String(digits)), (0...100).contains(percent) else { return nil }
        return Double(percent) / 100
    }
}
