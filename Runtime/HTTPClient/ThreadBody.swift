import Glibc

/// What a new thread runs, in a box that fits through `pthread_create`.
final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    private init(_ run: @escaping @Sendable () -> Void) { self.run = run }

    /// Starts a thread of its own for `run`.
    static func start(_ run: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { raw in
                // Signals are the business of other threads; a write to a closed connection must not raise SIGPIPE here.
                var signals = sigset_t()
                sigfillset(&signals)
                pthread_sigmask(SIG_BLOCK, &signals, nil)
                Unmanaged<ThreadBody>.fromOpaque(raw!).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(ThreadBody(run)).toOpaque())
        if code != 0 { fatalError("pthread_create failed: \(String(cString: strerror(code)))") }
        pthread_detach(thread)
    }
}
