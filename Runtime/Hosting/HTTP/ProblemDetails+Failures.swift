import FunctionRuntime

/// What an `InvocationFailure` looks like to an HTTP client.
extension ProblemDetails {
    /// - Parameter options: Say whether a crash is shown with its last lines.
    package init(_ failure: InvocationFailure, function: String, _ options: HTTPOptions) {
        switch failure {
        case .function(let failure):
            self.init(failure)
        case .crashed(let report, _):
            self.init(
                status: 502, title: "The function crashed", code: "crashed",
                detail: options.showsCrashes
                    ? report.description : "The function ended in the middle of the call. Its log says why.")
        case .deadline:
            self.init(
                status: 504, title: Failure.Code.timeout.title, code: Failure.Code.timeout.rawValue,
                detail: "\(function) did not answer in time.")
        case .canceled:
            self.init(
                status: 499, title: Failure.Code.canceled.title, code: Failure.Code.canceled.rawValue,
                detail: "The call was canceled.")
        case .unavailable(let reason):
            self.init(unavailable: reason, function: function, options)
        }
    }

    init(_ failure: Failure) {
        self.init(
            status: failure.code.status, title: failure.code.title, code: failure.code.rawValue,
            detail: failure.message,
            errors: failure.errors.map { ($0.field, $0.message) }, headers: failure.headers.map { ($0.name, $0.value) })
    }

    private init(unavailable reason: InvocationFailure.Unavailability, function: String, _ options: HTTPOptions) {
        let detail =
            switch reason {
            case .queueFull: "\(function) has more calls waiting than it may have. Try again soon."
            case .waitedTooLong: "\(function) had no free process in time. Try again soon."
            case .cannotStart(let message):
                options.showsCrashes
                    ? "\(function) does not start: \(message)" : "\(function) does not start. Its log says why."
            case .stopping: "The host is stopping. Try again soon."
            }
        self.init(
            status: 503, title: Failure.Code.unavailable.title, code: Failure.Code.unavailable.rawValue, detail: detail,
            headers: [("retry-after", "1")])
    }
}
