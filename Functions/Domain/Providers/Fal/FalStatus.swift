internal import JSON

/// What the queue says about a request. There is no status for a failure: that is a completion with an error, or shows in the result.
enum FalStatus: Sendable {
    /// Waiting or drawing; progress from 0 to 1 where the model logs it.
    case running(progress: Double?)
    case completed(failure: FalRefusal?)

    /// - Returns: nil when it is no status. One of a word that is not known counts as running.
    init?(_ status: JSON) {
        guard let word = status["status"]?.string else { return nil }
        guard word == "COMPLETED" else {
            self = .running(progress: Self.progress(status["logs"]))
            return
        }
        let error = status["error"]?.string
        let type = status["error_type"]?.string
        let failed = error != nil || type != nil
        self = .completed(failure: failed ? FalRefusal(message: error, type: type) : nil)
    }

    /// What the last line says that has a progress bar.
    private static func progress(_ logs: JSON?) -> Double? {
        for line in (logs?.array ?? []).reversed() {
            if let progress = line["message"]?.string.flatMap(ProgressBar.fraction) { return progress }
        }
        return nil
    }
}
