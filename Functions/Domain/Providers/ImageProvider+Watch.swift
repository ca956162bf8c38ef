/// Following a call by looking at it.
extension ImageProvider {
    package func watch(_ call: ProviderCall, _ observe: ProviderObserver) async throws(ProviderError) -> ProviderCall {
        try await watchByPolling(call, observe)
    }

    /// Looks at a call by the observer's schedule until it has ended, again where that went wrong: looking costs nothing, and the
    /// call goes on.
    ///
    /// - Throws: an error that says the call goes on when the task is cancelled; after `PollSchedule.failures` failed looks in a row
    ///   the last of their errors; one about the call itself at once.
    package func watchByPolling(
        _ call: ProviderCall, _ observe: ProviderObserver
    ) async throws(ProviderError) -> ProviderCall {
        var call = call
        var look = 0
        var failures = 0
        var wait: Duration?
        while case .running(let progress) = call.state {
            if let progress { await observe.report(.progress(progress)) }
            look += 1
            await observe.pause(wait ?? observe.schedule.wait(before: look))
            guard !Task.isCancelled else {
                throw ProviderError(.lost, "watching the call was interrupted", call: .goesOn)
            }
            do {
                call = try await poll(call.requestID)
                (failures, wait) = (0, nil)
            } catch {
                failures += 1
                guard error.call == .goesOn, error.retryClass.isRetryable, failures <= observe.schedule.failures else {
                    throw error
                }
                wait =
                    if case .limited(let hint?) = error.retryClass {
                        min(hint, .seconds(60))
                    } else {
                        observe.schedule.longest
                    }
            }
        }
        return call
    }
}
